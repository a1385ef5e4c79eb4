import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import env
from gateway.ops.configuration import Configuration, load_configuration
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.reference_docs import reference_files
from gateway.setting_kinds import PARSERS
from gateway.setting_table import SETTINGS
from tests.contracts.tree import ROOT

SHOW_OPTIONS = """
from gateway.settings import DATABASES
for alias in ("default", "owner"):
    options = DATABASES[alias]["OPTIONS"]
    pool = options.get("pool", {})
    print(options["sslmode"], options["connect_timeout"], pool.get("max_size"))
"""


def test_three_bad_values_are_told_in_three_lines_and_end_with_status_2() -> None:
    bad = {"PORT": "eighty", "LOG_REQUESTS": "maybe", "DATABASE_URL": "mysql://somewhere"}
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "check"],
        cwd=ROOT,
        env={**os.environ, **bad},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == Exit.USAGE
    assert done.stderr.splitlines() == [
        "PORT='eighty': expected a port from 1 to 65535",
        "LOG_REQUESTS='maybe': expected true or false",
        "DATABASE_URL=***: expected a URL starting with postgres:// or postgresql://",
    ]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("bool", "On", True),
        ("bool", "0", False),
        ("size", "256m", 268_435_456),
        ("size", "1024", 1024),
        ("list", " a, b ,", ("a", "b")),
        ("ports", "443, 8443", (443, 8443)),
        ("address", "localhost", "127.0.0.1"),
        ("address", "::1", "::1"),
        ("origin", "https://gateway.example:8443/", "https://gateway.example:8443"),
        ("email_url", "smtp+tls://a:b@mail.example:587", "smtp+tls://a:b@mail.example:587"),
        ("log_level", "WARNING", "warning"),
        ("days", "63", 63),
    ],
)
def test_a_value_is_read_in_the_form_operators_write(kind: str, text: str, value: object) -> None:
    assert PARSERS[kind](text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "-1"),
        ("int", "²"),
        ("port", "0"),
        ("ports", "443,0"),
        ("address", "gateway.example"),
        ("size", "lots"),
        ("size", "٣m"),
        ("cidrs", "10.0.0.0/99"),
        ("redis_url", "x"),
        ("redis_url", "redis://cache:port/0"),
        ("postgres_url", "postgresql://a:b@server:port/c"),
        ("origin", "https://"),
        ("origin", "https://gateway.example/below"),
        ("origin", "https://gateway.example?x=1"),
        ("origin", "https://user@gateway.example"),
        ("email_url", "pigeon://loft"),
        ("days", "62"),
        ("days", "-100"),
    ],
)
def test_a_value_of_another_kind_is_refused(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"^(an?|true|bytes|networks|ports|scheme)\b"):
        PARSERS[kind](text)


def test_a_short_secret_is_named_without_being_shown() -> None:
    with pytest.raises(env.BadSettings) as bad:
        env.parse({"MASTER_API_KEY": "too-short"})
    assert bad.value.findings == ["MASTER_API_KEY=***: expected 32 characters or more, got 9"]


def test_windows_are_not_kept_for_longer_than_their_records() -> None:
    assert env.parse({"RECORD_RETENTION_DAYS": "63", "WINDOW_RETENTION_DAYS": "63"})
    with pytest.raises(env.BadSettings) as bad:
        env.parse({"RECORD_RETENTION_DAYS": "90"})
    assert bad.value.findings == [
        "RECORD_RETENTION_DAYS=90: expected no fewer than WINDOW_RETENTION_DAYS, which is 100"
    ]


def test_an_unknown_name_is_told_with_the_nearest_one() -> None:
    assert env.unknown_names({"SWITCHYARD_KEY_PEPER": "x", "PATH": "/"}) == [
        "SWITCHYARD_KEY_PEPER is not a setting; the nearest is SWITCHYARD_KEY_PEPPER"
    ]


def test_the_environment_wins_over_dotenv_and_an_empty_value_hides_it(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("PORT=9001\nHOST=0.0.0.0\nPUBLIC_URL=https://a.example\n", encoding="utf-8")
    given = env.read_given(environment={"PORT": "9002", "PUBLIC_URL": ""}, dotenv=dotenv)
    values = env.parse(given)
    assert (values["PORT"], values["HOST"], values["PUBLIC_URL"]) == (9002, "0.0.0.0", "")  # noqa: S104


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("x" * 40 + "\n", encoding="utf-8")
    given = env.read_given(environment={"MASTER_API_KEY_FILE": str(secret)}, dotenv=None)
    assert given["MASTER_API_KEY"] == "x" * 40


def test_a_file_that_dotenv_names_does_not_win_over_the_environment(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file", encoding="utf-8")
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"SECRET_KEY_FILE={tmp_path / 'key'}\n", encoding="utf-8")
    assert env.read_given(environment={}, dotenv=dotenv)["SECRET_KEY"] == "from the file"
    given = env.read_given(environment={"SECRET_KEY": "said now"}, dotenv=dotenv)
    assert given["SECRET_KEY"] == "said now"


def test_secret_files_that_cannot_be_read_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    environment = {
        "SECRET_KEY_FILE": str(tmp_path / "bytes"),
        "METRICS_TOKEN_FILE": str(tmp_path / "absent"),
    }
    with pytest.raises(env.BadSettings) as bad:
        env.read_given(environment=environment, dotenv=None)
    assert bad.value.findings == [
        f"SECRET_KEY_FILE='{tmp_path}/bytes': expected text in UTF-8",
        f"METRICS_TOKEN_FILE='{tmp_path}/absent': No such file or directory",
    ]


def test_what_a_database_url_says_of_the_connection_reaches_django() -> None:
    url = "postgresql://a:b@server/c?sslmode=verify-full"
    shown = subprocess.run(
        [sys.executable, "-c", SHOW_OPTIONS],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url, "DATABASE_OWNER_URL": url},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.split() == ["verify-full", "5", "10", "verify-full", "5", "None"]


def test_what_up_made_fills_what_nobody_gave(tmp_path: Path) -> None:
    (tmp_path / "embedded.env").write_text(
        "DATABASE_URL=postgresql://embedded/x\nREDIS_URL=redis://embedded/0\n"
        "CACHE_REDIS_URL=redis://embedded/1\n",
        encoding="utf-8",
    )
    environment = {"VAR_DIR": str(tmp_path), "DATABASE_URL": ""}
    read = env.read_environment(environment=environment, dotenv=None)
    assert read["DATABASE_URL"] == "postgresql://embedded/x"
    assert read["CACHE_REDIS_URL"] == "redis://embedded/1"


def test_a_server_of_ones_own_replaces_every_address_of_the_embedded_one(tmp_path: Path) -> None:
    (tmp_path / "embedded.env").write_text(
        "REDIS_URL=redis://embedded/0\nCACHE_REDIS_URL=redis://embedded/1\n", encoding="utf-8"
    )
    environment = {"VAR_DIR": str(tmp_path), "REDIS_URL": "redis://mine/0"}
    read = env.read_environment(environment=environment, dotenv=None)
    assert read["REDIS_URL"] == "redis://mine/0"
    assert "CACHE_REDIS_URL" not in read


@pytest.fixture
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for row in SETTINGS:
        monkeypatch.delenv(row.name, raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setattr("gateway.ops.configuration.DOTENV", tmp_path / ".env")
    return tmp_path


def test_every_value_says_where_it_comes_from(
    nothing_given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nothing_given / ".env").write_text("LOG_LEVEL=debug\n", encoding="utf-8")
    (nothing_given / "secrets.env").write_text("SECRET_KEY=made\n", encoding="utf-8")
    monkeypatch.setenv("HOST", "::1")
    configuration = load_configuration(flags={"PORT": "9003"})
    names = ("PORT", "HOST", "LOG_LEVEL", "SECRET_KEY", "WORKERS")
    assert [configuration.source(name) for name in names] == [
        "flag",
        "environment",
        ".env",
        "switchyard up",
        "default",
    ]


def test_a_secret_file_that_is_missing_is_told_by_name(
    nothing_given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY_FILE", str(nothing_given / "absent"))
    with pytest.raises(CommandFailed, match="absent") as failed:
        load_configuration()
    assert failed.value.status == Exit.USAGE


def test_children_get_the_configuration_as_their_environment(nothing_given: Path) -> None:
    (nothing_given / "secrets.env").write_text("SECRET_KEY=made\n", encoding="utf-8")
    configuration: Configuration = load_configuration(flags={"PORT": "9004"})
    environment = configuration.environment()
    assert environment["SECRET_KEY"] == "made"
    assert environment["PORT"] == "9004"
    assert environment["VAR_DIR"] == str(nothing_given.resolve())


@pytest.mark.parametrize("path", reference_files())
def test_generated_references_are_committed_as_generated(path: Path) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == reference_files()[path], (
        "run: switchyard settings-docs"
    )
