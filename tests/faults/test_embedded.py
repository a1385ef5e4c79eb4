"""The embedded installation, killed in every place."""

import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from gateway import env
from gateway.ops.outcome import Exit
from gateway.ops.ports import free_port
from tests.faults.bounds import FACTOR
from tests.faults.installation import (
    CHILDREN,
    Installation,
    all_gone,
    clean_environment,
    run,
    running,
    wait_until,
)

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]


@contextmanager
def open_folder() -> Iterator[Path]:
    """Not below pytest's own folder, which is closed to the account PostgreSQL runs as for root."""
    with tempfile.TemporaryDirectory(prefix="switchyard-faults-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.fixture(scope="module")
def shared() -> Iterator[Installation]:
    with open_folder() as folder, running(folder) as installation:
        yield installation
        assert installation.signal(signal.SIGINT) == Exit.OK
        stopped = [line for line in installation.said().splitlines() if "Stopping" in line]
        assert stopped == [f"Stopping {name}" for name in reversed(CHILDREN)]


@pytest.fixture
def own_folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_comes_back(shared: Installation, name: str) -> None:
    wait_until(shared.whole, within_s=10 * FACTOR)
    before = shared.child(name)
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)
    wait_until(lambda: shared.child(name) not in {None, before}, within_s=2 * FACTOR)
    wait_until(shared.whole, within_s=10 * FACTOR)


def test_a_second_start_is_refused_with_the_pid_of_the_first(shared: Installation) -> None:
    second = run("up", environment={**shared.environment, "PORT": str(free_port())})
    assert second.returncode == Exit.BUSY
    assert shared.process is not None
    assert f"pid {shared.process.pid}" in second.stderr


def test_a_taken_port_is_named(shared: Installation, own_folder: Path) -> None:
    other = clean_environment(VAR_DIR=str(own_folder / "var"), PORT=str(shared.port))
    second = run("up", environment=other)
    assert second.returncode == Exit.BUSY
    assert second.stderr == f"Port {shared.port} is in use (PORT={shared.port})\n"


def test_the_block_names_console_api_and_how_to_stop(shared: Installation) -> None:
    said = shared.said()
    base = f"http://localhost:{shared.port}"
    assert f"Console {base}/setup?token=" in said
    assert f"API {base}/v1" in said
    assert f"were made in {shared.var}/secrets.env" in said


def test_commands_beside_the_running_installation_find_it(shared: Installation) -> None:
    assert run("check", environment=shared.environment).returncode == Exit.OK
    assert run("check", "--live", environment=shared.environment).returncode == Exit.OK
    users = run("users", "list", "--json", environment=shared.environment)
    assert users.stdout == "[]\n"


def test_no_session_of_the_product_is_a_superuser(shared: Installation) -> None:
    for owner in (False, True):
        with psycopg.connect(shared.database_url(owner=owner)) as connection:
            attributes = connection.execute(
                "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles"
                " WHERE rolname = current_user"
            ).fetchone()
            assert attributes == (False, False, False)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE TEMP TABLE t (x text); COPY t FROM PROGRAM 'id'")


def test_the_runtime_login_sees_no_row_without_a_tenant(shared: Installation) -> None:
    with psycopg.connect(shared.database_url()) as connection:
        assert connection.execute("SELECT count(*) FROM tenants").fetchone() == (0,)


@pytest.mark.parametrize(
    ("name", "policy", "persistence"),
    [("REDIS_URL", "noeviction", "yes"), ("CACHE_REDIS_URL", "allkeys-lru", "no")],
)
def test_only_the_cache_may_forget(
    shared: Installation, name: str, policy: str, persistence: str
) -> None:
    url = env.read_env_file(shared.var / "embedded.env")[name]
    with redis.Redis.from_url(url, decode_responses=True) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": policy}
        assert client.config_get("appendonly") == {"appendonly": persistence}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_secrets_are_closed_to_others(shared: Installation) -> None:
    for name in ("secrets.env", "embedded.env", "owner.env", "valkey-state/valkey.conf"):
        assert stat.S_IMODE((shared.var / name).stat().st_mode) == 0o600


@pytest.mark.parametrize(("name", "knows"), [("worker", True), ("beat", False), ("serve", False)])
def test_only_what_tends_tables_knows_the_owner_s_login(
    shared: Installation, name: str, *, knows: bool
) -> None:
    # A service killed by another test may have taken this child along; it is on its way back.
    wait_until(lambda: shared.child(name) is not None, within_s=10 * FACTOR)
    child = shared.child(name)
    assert child is not None
    environment = Path(f"/proc/{child.pid}/environ").read_text(encoding="utf-8").split("\0")
    given = [line for line in environment if line.startswith("DATABASE_OWNER_URL=postgres")]
    assert bool(given) == knows


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_is_clean(own_folder: Path) -> None:
    with running(own_folder) as installation:
        family = installation.family()
        assert len(family) > len(CHILDREN)
        installation.signal(signal.SIGKILL)
        wait_until(lambda: all_gone(family), within_s=3 * FACTOR)
    started = run("up", "--detach", environment=installation.environment)
    assert "Stop: make down" in started.stdout, started.stderr
    assert "left over" not in (installation.var / "log/supervisor.log").read_text(encoding="utf-8")
    assert installation.ready()
    stopped = run("down", environment=installation.environment)
    assert stopped.stdout == "Stopped\n"
    assert not installation.ready()
    assert run("down", environment=installation.environment).stdout == "Nothing is running\n"
