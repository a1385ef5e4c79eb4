from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.ops.configuration import Configuration, load_configuration
from gateway.ops.logins import rights_of, with_login
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.provide_logins import provide_logins, run
from tests import services

DATABASE = f"switchyard_test_provided_{services.worker()}"
APP, OWNER = f"{DATABASE}_app", f"{DATABASE}_owner"


def configured(**changes: Any) -> Configuration:
    loaded = load_configuration()
    return replace(loaded, values={**loaded.values, **changes})


@pytest.fixture
def administrator() -> Iterator[str]:
    url = services.superuser_url()
    if url is None:
        pytest.skip("the server given by DATABASE_URL makes no superusers for tests")
    url = f"{url.rpartition('/')[0]}/postgres"
    yield url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        for login in (APP, OWNER):
            connection.execute(f"DROP ROLE IF EXISTS {login}")


def url_of(administrator: str, *, name: str, password: str) -> str:
    url = with_login(administrator, name=name, password=password)
    return f"{url.rpartition('/')[0]}/{DATABASE}"


def test_the_owner_makes_tables_and_the_runtime_login_owns_nothing(administrator: str) -> None:
    app = url_of(administrator, name=APP, password="one")
    owner = url_of(administrator, name=OWNER, password="two")
    said = provide_logins(administrator=administrator, app_url=app, owner_url=owner)
    assert said == f"Database {DATABASE}: owner {OWNER}, runtime login {APP}"
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE TABLE made (id int)")
    rights = rights_of(app)
    assert not any((rights.superuser, rights.bypasses_row_security, rights.creates_roles))
    with (
        psycopg.connect(app) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE other (id int)")


def test_again_with_other_passwords_the_old_ones_are_refused(administrator: str) -> None:
    for password in ("before", "after"):
        provide_logins(
            administrator=administrator,
            app_url=url_of(administrator, name=APP, password=password),
            owner_url=url_of(administrator, name=OWNER, password=password),
        )
    psycopg.connect(url_of(administrator, name=APP, password="after")).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url_of(administrator, name=APP, password="before"))


def test_without_both_urls_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="DATABASE_OWNER_URL not set") as failed:
        run(Namespace(as_file=str(tmp_path / "url")), configured(DATABASE_OWNER_URL=""))
    assert failed.value.status == Exit.USAGE


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://postgres:x@127.0.0.1:1/postgres\n", encoding="utf-8")
    changes = dict.fromkeys(
        ("DATABASE_URL", "DATABASE_OWNER_URL"), "postgresql://a:b@127.0.0.1:1/c"
    )
    with pytest.raises(CommandFailed, match="Connection refused") as failed:
        run(Namespace(as_file=str(file)), configured(**changes))
    assert failed.value.status == Exit.UNAVAILABLE
