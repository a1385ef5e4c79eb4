import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.ops.configuration import Configuration, Paths, load_configuration
from gateway.ops.embedded.services import plan_services, provide_folders
from gateway.ops.embedded.valkey import ValkeyServer
from gateway.ops.logins import with_login
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.ports import free_port
from tests import services

OWN = "somewhere/else"


def given(var: Path, **urls: str) -> Configuration:
    loaded = load_configuration()
    return replace(loaded, given=urls, values={**loaded.values, "VAR_DIR": var})


def test_a_folder_that_cannot_be_made_is_told_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandFailed, match=rf"VAR_DIR={tmp_path}/file/var: ") as failed:
        provide_folders(Paths(var=tmp_path / "file/var"))
    assert failed.value.status == Exit.USAGE


@pytest.mark.parametrize(
    ("urls", "postgres", "valkeys"),
    [
        ({"DATABASE_URL": OWN}, False, ["state", "cache"]),
        ({"CACHE_REDIS_URL": OWN, "DATABASE_URL": OWN}, False, ["state"]),
        ({"REDIS_URL": OWN, "DATABASE_URL": OWN}, False, []),
        ({"REDIS_URL": OWN}, True, []),
    ],
)
def test_a_url_that_is_given_stands_for_a_server_that_is_not_started(
    tmp_path: Path, urls: dict[str, str], *, postgres: bool, valkeys: list[str]
) -> None:
    tmp_path.chmod(0o711)
    planned = plan_services(given(tmp_path, **urls))
    assert (planned.postgres is not None) == postgres
    assert [valkey.role for valkey in planned.valkeys] == valkeys


def test_data_without_its_secrets_is_refused_and_nothing_new_is_made(tmp_path: Path) -> None:
    configuration = given(tmp_path)
    first = plan_services(configuration)
    assert first.postgres is not None
    first.postgres.data.mkdir()
    secrets = configuration.paths.secrets
    secrets.unlink()
    with pytest.raises(CommandFailed, match=rf"{secrets} is missing") as failed:
        plan_services(configuration)
    assert failed.value.status == Exit.USAGE
    assert not secrets.exists()


def test_a_folder_with_quotes_in_its_name_is_one_to_valkey(tmp_path: Path) -> None:
    program = plan_services(given(tmp_path, DATABASE_URL=OWN)).valkeys[0].program
    folder = tmp_path / 'a "quoted" \\ käse'
    server = ValkeyServer(
        role="cache", program=program, folder=folder, port=free_port(), password=services.PASSWORD
    )
    server.configure()
    with subprocess.Popen(server.command(), stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 10
            while not server.accepts():
                assert time.monotonic() < deadline
                time.sleep(0.02)
        finally:
            process.kill()


def test_another_login_of_the_same_server_keeps_what_the_url_says() -> None:
    url = "postgresql://admin:p%40ss@[::1]:5433/gateway?sslmode=verify-full"
    assert with_login(url, name="app", password="one") == (
        "postgresql://app:one@[::1]:5433/gateway?sslmode=verify-full"
    )
    local = "postgresql:///gateway?host=/run/postgresql"
    assert with_login(local, name="app", password="one") == (
        "postgresql://app:one@/gateway?host=/run/postgresql"
    )
