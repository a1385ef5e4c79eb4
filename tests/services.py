"""Pytest plugin: a real PostgreSQL and two Valkeys, up before Django's settings load.

Laws: one server of each for a run, a database and a Redis index per xdist worker; what the
environment gives wins; a developer's `.env` never decides what the suite proves; nothing outlives
the run.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from gateway.ops.embedded.account import may_enter, popen_arguments, postgres_account
from gateway.ops.embedded.binaries import find_postgres, find_valkey, reachable_postgres
from gateway.ops.embedded.postgres import Passwords, PostgresCluster, server_environment
from gateway.ops.embedded.processes import leash
from gateway.ops.embedded.valkey import ValkeyServer
from gateway.ops.logins import OWNER_LOGIN, with_login
from gateway.ops.ports import free_port
from gateway.setting_table import SETTINGS

HOME: Final = "TEST_SERVICES_HOME"
OWN_SERVER: Final = "TEST_SERVICES_OWN_SERVER"
PROJECT: Final = Path(__file__).resolve().parents[1]
PASSWORD: Final = "test-only"
FAST_AND_FORGETFUL: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}
SECRETS: Final = {
    "SECRET_KEY": "test-only-secret-key-of-fifty-characters-0123456789",
    "SWITCHYARD_KEK": "dGVzdC1vbmx5LWtleS1lbmNyeXB0aW9uLWtleS0zMmI=",
    "SWITCHYARD_KEY_PEPPER": "test-only-pepper-of-thirty-two-characters",
    "METRICS_TOKEN": "test-only-metrics-token",
}
TEMPLATE: Final = "switchyard_test_template"
READY_S: Final = 30.0
POLL_S: Final = 0.01


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    # A wrapper, for it runs before every other plugin's hook: pytest-django's loads the settings.
    if HOME not in os.environ:
        _RUN.start()
    _choose_own_database_and_index()
    return (yield)


def pytest_unconfigure() -> None:
    _RUN.stop()


class Run:
    """What the controlling process has started; empty in xdist's workers."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._home: Path | None = None

    def start(self) -> None:
        home = Path(tempfile.mkdtemp(prefix="switchyard-test-"))
        home.chmod(0o711)
        self._home = home
        atexit.register(self.stop)
        os.environ[HOME] = str(home)
        os.environ["VAR_DIR"] = str(home / "var")
        for name, value in SECRETS.items():
            os.environ.setdefault(name, value)
        if not os.environ.get("DATABASE_URL"):
            self._start_postgres(home)
        if not os.environ.get("REDIS_URL"):
            self._start_valkeys(home)
        for row in SETTINGS:
            os.environ.setdefault(row.name, row.default)

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGQUIT if process is self._processes[0] else signal.SIGKILL)
            process.wait()
        self._processes.clear()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None

    def _start_postgres(self, home: Path) -> None:
        cluster = plan_cluster(home)
        self._processes.append(start_cluster(cluster, log=home / "postgres.log"))
        with cluster.connect_as_superuser() as connection:
            connection.execute(f"ALTER ROLE {OWNER_LOGIN} CREATEDB")
        os.environ["DATABASE_URL"] = cluster.url(owner=False)
        os.environ["DATABASE_OWNER_URL"] = cluster.url(owner=True)
        os.environ[OWN_SERVER] = "yes"

    def _start_valkeys(self, home: Path) -> None:
        program = find_valkey(redis_bin=os.environ.get("REDIS_BIN", ""))
        for role, name in (("state", "REDIS_URL"), ("cache", "CACHE_REDIS_URL")):
            server = ValkeyServer(
                role="state" if role == "state" else "cache",
                program=program,
                folder=home / f"valkey-{role}",
                port=free_port(),
                password=PASSWORD,
            )
            server.configure()
            log = home / f"valkey-{role}.log"
            with log.open("wb") as stream:
                self._processes.append(
                    subprocess.Popen(
                        server.command(),
                        stdout=stream,
                        stderr=stream,
                        process_group=0,
                        preexec_fn=leash(signal.SIGKILL),  # noqa: PLW1509 - no thread runs yet
                    )
                )
            _wait_for(server.accepts, log=log)
            os.environ[name] = server.url()


_RUN: Final = Run()


def plan_cluster(home: Path) -> PostgresCluster:
    account = postgres_account(name=os.environ.get("EMBEDDED_PG_USER") or "nobody")
    found = find_postgres(pg_bin=os.environ.get("PG_BIN", ""))
    return PostgresCluster(
        binaries=reachable_postgres(found, account=account, shelter=_shelter(home)),
        data=home / "postgres",
        port=free_port(),
        account=account,
        passwords=Passwords(superuser=PASSWORD, owner=PASSWORD, app=PASSWORD),
        overrides=FAST_AND_FORGETFUL,
    )


def start_cluster(
    cluster: PostgresCluster, *, log: Path, logins: bool = True
) -> "subprocess.Popen[bytes]":
    cluster.initialise(durable=False)
    with log.open("wb") as stream:
        process = subprocess.Popen(
            cluster.command(),
            env=server_environment(),
            cwd="/",
            stdout=stream,
            stderr=stream,
            process_group=0,
            preexec_fn=leash(signal.SIGQUIT),  # noqa: PLW1509 - no thread forks meanwhile
            **popen_arguments(cluster.account),
        )
    _wait_for(cluster.accepts, log=log)
    if logins:
        cluster.provide_logins()
    return process


@contextlib.contextmanager
def new_cluster() -> Iterator[PostgresCluster]:
    """A server of its own without the two logins, for tests of what makes them."""
    with tempfile.TemporaryDirectory(prefix="switchyard-cluster-") as name:
        home = Path(name)
        home.chmod(0o711)
        cluster = plan_cluster(home)
        process = start_cluster(cluster, log=home / "postgres.log", logins=False)
        try:
            yield cluster
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait()


def _shelter(home: Path) -> Path:
    """Copies of the server's programs are kept between runs, where the machine allows it."""
    shelter = Path("/var/lib/switchyard/tests")
    if os.geteuid() != 0:
        return home
    shelter.mkdir(parents=True, exist_ok=True)
    return shelter if may_enter(shelter, account=None) else home


def _wait_for(accepts: Callable[[], bool], *, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while not accepts():
        if time.monotonic() > deadline:
            pytest.exit(f"a service of the suite did not start:\n{log.read_text(errors='replace')}")
        time.sleep(POLL_S)


# --- one database and one Redis index per worker --------------------------------------------------


def worker() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def _choose_own_database_and_index() -> None:
    number = worker().removeprefix("gw")
    index = int(number) + 1 if number.isdigit() else 0
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        os.environ[name] = _with_path(os.environ[name], f"/switchyard_test_{worker()}")
    for name in ("REDIS_URL", "CACHE_REDIS_URL"):
        os.environ[name] = _with_path(os.environ[name] or os.environ["REDIS_URL"], f"/{index}")


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=path))


def superuser_url() -> str | None:
    """Of the server that this plugin started; None where the environment gave one."""
    if OWN_SERVER not in os.environ:
        return None
    return with_login(os.environ["DATABASE_URL"], name="postgres", password=PASSWORD)


def provide_database() -> None:
    """This worker's database, copied from one that was migrated once in the run."""
    home = Path(os.environ[HOME])
    with _locked(home / "template.lock"):
        ready = home / "template.ready"
        if not ready.exists():
            _make_template()
            ready.touch()
    reset_database()


def reset_database() -> None:
    """Exactly what migrations leave; no connection to the old one may be open."""
    own = sql.Identifier(f"switchyard_test_{worker()}")
    with _locked(Path(os.environ[HOME]) / "template.lock"), _administration() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(own))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(own, sql.Identifier(TEMPLATE))
        )


def _make_template() -> None:
    template = sql.Identifier(TEMPLATE)
    with _administration() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(template))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(template))
    urls = {
        name: _with_path(os.environ[name], f"/{TEMPLATE}")
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL")
    }
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "migrate"],
        check=False,
        cwd=PROJECT,
        env={**os.environ, **urls},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        pytest.exit(f"the test database cannot be migrated:\n{done.stdout}", returncode=1)


def _administration() -> psycopg.Connection[tuple[object, ...]]:
    url = _with_path(os.environ["DATABASE_OWNER_URL"], "/switchyard")
    return psycopg.connect(url, autocommit=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
