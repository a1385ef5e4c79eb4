"""Single programs against servers of the operator's own."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from gateway.ops.logins import with_login
from gateway.ops.outcome import Exit
from gateway.ops.ports import free_port
from tests import services
from tests.contracts.tree import ROOT
from tests.faults.bounds import FACTOR
from tests.faults.installation import clean_environment, run, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def one_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Settings of somebody who has a new server and its administrator's URL."""
    folder = tmp_path_factory.mktemp("own")
    with services.new_cluster() as cluster:
        url = with_login(
            cluster.url(owner=False, database="postgres"),
            name="postgres",
            password=cluster.passwords.superuser,
        )
        yield clean_environment(
            VAR_DIR=str(folder / "var"),
            DATABASE_URL=url,
            REDIS_URL=os.environ["REDIS_URL"],
            CACHE_REDIS_URL=os.environ["CACHE_REDIS_URL"],
            PORT=str(free_port()),
            DRAIN_READY_DELAY_S="2",
            **services.SECRETS,
        )


@pytest.fixture(scope="module")
def migrated(one_url: dict[str, str]) -> dict[str, str]:
    """The same after `migrate` has said what to set."""
    done = run("migrate", environment=one_url)
    assert done.returncode == Exit.OK, done.stderr
    said = done.stdout.partition("Two logins were made.")[2]
    urls = dict(line.split("=", 1) for line in said.splitlines() if "_URL=" in line)
    assert set(urls) == {"DATABASE_URL", "DATABASE_OWNER_URL"}
    return {**one_url, **urls}


def test_migrate_makes_the_two_logins_and_neither_may_make_others(migrated: dict[str, str]) -> None:
    for name, login in (
        ("DATABASE_URL", "switchyard_app"),
        ("DATABASE_OWNER_URL", "switchyard_owner"),
    ):
        with psycopg.connect(migrated[name]) as connection:
            row = connection.execute(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles"
                " WHERE rolname = current_user"
            ).fetchone()
        assert row == (login, False, False, False)
    assert run("check", environment=migrated).returncode == Exit.OK


def test_a_second_migrate_with_the_one_url_names_what_exists(
    one_url: dict[str, str], migrated: dict[str, str]
) -> None:
    again = run("migrate", environment=one_url)
    assert again.returncode == Exit.USAGE
    assert "switchyard_app and switchyard_owner exists already" in again.stderr
    assert run("migrate", environment=migrated).returncode == Exit.OK


def test_a_login_that_may_not_create_roles_is_told_the_sql(migrated: dict[str, str]) -> None:
    done = run("migrate", environment={**migrated, "DATABASE_OWNER_URL": ""})
    assert done.returncode == Exit.USAGE
    assert "CREATE ROLE switchyard_owner" in done.stderr


@pytest.mark.parametrize("program", ["serve", "worker", "beat", "shipper"])
def test_no_program_starts_as_a_superuser(
    one_url: dict[str, str], migrated: dict[str, str], program: str
) -> None:
    assert one_url["DATABASE_URL"] != migrated["DATABASE_URL"]
    done = run(program, environment=one_url)
    assert done.returncode == Exit.USAGE
    assert "The runtime login postgres is a superuser" in done.stderr


def test_serve_drains_before_it_ends(migrated: dict[str, str]) -> None:
    base = f"http://127.0.0.1:{migrated['PORT']}"
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve"], cwd=ROOT, env=migrated, start_new_session=True
    )
    try:
        with httpx.Client(base_url=base, timeout=5, trust_env=False) as client:
            wait_until(lambda: ready_status(client) == httpx.codes.OK, within_s=20 * FACTOR)
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: ready_status(client) == 503, within_s=1.5 * FACTOR)
            assert client.get("/health").status_code == httpx.codes.OK
        assert process.wait(20 * FACTOR) == Exit.OK
        assert not list((Path(migrated["VAR_DIR"]) / "run").glob("drain-*"))
    finally:
        process.kill()
        process.wait()


def ready_status(client: httpx.Client) -> int:
    try:
        return client.get("/ready").status_code
    except httpx.HTTPError:
        return 0


def test_up_does_not_go_on_with_another_key(migrated: dict[str, str], tmp_path: Path) -> None:
    prepare = [sys.executable, "-m", "gateway.ops.embedded.prepare", str(tmp_path / "report")]
    other = {**migrated, "SWITCHYARD_KEK": base64.b64encode(bytes(32)).decode()}
    first, second = (
        subprocess.run(
            prepare, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        for environment in (migrated, other)
    )
    assert first.returncode == Exit.OK, first.stderr
    assert second.returncode == Exit.USAGE
    assert "is needed and not among the configured ones" in second.stderr


def test_up_starts_no_service_that_is_given(migrated: dict[str, str]) -> None:
    environment = {**migrated, "PORT": str(free_port())}
    started = run("up", "--detach", environment=environment)
    try:
        assert "Stop: make down" in started.stdout, started.stderr
        pids = {path.stem for path in (Path(migrated["VAR_DIR"]) / "run").glob("*.pid")}
        assert pids == {"shipper", "worker", "beat", "serve"}
    finally:
        assert run("down", environment=environment).returncode == Exit.OK
