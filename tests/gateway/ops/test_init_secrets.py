import base64
import stat
from argparse import Namespace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gateway import env
from gateway.cli import main
from gateway.ops.configuration import load_configuration
from gateway.ops.init_secrets import Servers, init_secrets, run
from gateway.ops.outcome import CommandFailed, Exit

SERVERS = Servers(postgres="db:5432", redis="state:6379", cache="lru:6379", database="books")


def contents(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): path.read_text(encoding="utf-8").strip()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    written = init_secrets(tmp_path, servers=SERVERS)
    first = contents(tmp_path)
    assert set(written) == set(first)
    assert init_secrets(tmp_path, servers=SERVERS) == []
    assert contents(tmp_path) == first


@pytest.mark.parametrize("lost", ["app/DATABASE_URL", "postgres/url", "redis/password.conf"])
def test_a_run_that_was_interrupted_goes_on(tmp_path: Path, lost: str) -> None:
    init_secrets(tmp_path, servers=SERVERS)
    first = contents(tmp_path)
    (tmp_path / lost).unlink()
    assert init_secrets(tmp_path, servers=SERVERS) == [lost]
    assert contents(tmp_path) == first


def test_urls_carry_the_password_their_server_has(tmp_path: Path) -> None:
    init_secrets(tmp_path, servers=SERVERS)
    found = contents(tmp_path)
    app, owner = urlsplit(found["app/DATABASE_URL"]), urlsplit(found["owner/DATABASE_OWNER_URL"])
    assert (app.username, app.hostname, app.path) == ("switchyard_app", "db", "/books")
    assert (owner.username, owner.path) == ("switchyard_owner", "/books")
    assert urlsplit(found["postgres/url"]).password == found["postgres/password"]
    for name in ("app/REDIS_URL", "app/CACHE_REDIS_URL"):
        assert f"requirepass {urlsplit(found[name]).password}" == found["redis/password.conf"]
    assert len({app.password, owner.password, found["postgres/password"]}) == 3


def test_the_settings_accept_what_was_made(tmp_path: Path) -> None:
    init_secrets(tmp_path, servers=SERVERS)
    files = {f"{path.name}_FILE": str(path) for path in (tmp_path / "app").iterdir()}
    values = env.parse(env.read_given(environment=files, dotenv=None))
    assert values["DATABASE_URL"].startswith("postgresql://switchyard_app:")
    assert values["SECRET_KEY"]
    assert len(base64.b64decode(values["SWITCHYARD_KEK"], validate=True)) == 32


def test_the_product_s_own_files_are_closed_to_others(tmp_path: Path) -> None:
    init_secrets(tmp_path, servers=SERVERS)
    for name in contents(tmp_path):
        closed = name.startswith(("app/", "owner/"))
        mode = stat.S_IMODE((tmp_path / name).stat().st_mode)
        assert mode == (0o600 if closed else 0o644), name
        folder = stat.S_IMODE((tmp_path / name).parent.stat().st_mode)
        assert folder == (0o700 if closed else 0o755), name


def test_the_command_names_files_and_never_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init-secrets", str(tmp_path)]) == Exit.OK
    said = capsys.readouterr().out
    assert "app/SWITCHYARD_KEK\n" in said
    assert not [value for value in contents(tmp_path).values() if value in said]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    arguments = Namespace(
        directory=str(tmp_path / "file"), postgres="a:1", redis="b:1", cache="c:1", database="d"
    )
    with pytest.raises(CommandFailed, match=r"file/app: Not a directory") as failed:
        run(arguments, load_configuration())
    assert failed.value.status == Exit.USAGE
