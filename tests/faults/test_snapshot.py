"""F-06, F-24: the configuration in a worker, when services die and when keys are revoked."""

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from accounts.actors import CLI
from accounts.selectors.access import access_of_master
from accounts.services.keys import IssuedKey, issue_key, revoke_key
from accounts.tenancy import tenant_scope
from gateway.ops.ports import free_port
from gateway.publish import publisher
from tests import services
from tests.conftest import close_connections
from tests.faults.bounds import FACTOR
from tests.faults.gateway_process import Gateway, Reply, running, serving
from tests.faults.installation import wait_until

pytestmark = pytest.mark.faults

COLD_START_S: Final = 3.0
REACHED_S: Final = 1.0
WITHOUT_MESSAGES_S: Final = 2.0
NODE: Final = "node-1"


@pytest.fixture
def database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield
        close_connections()
        services.reset_database()


def issue() -> IssuedKey:
    access = access_of_master(tenant_choice="default")
    with tenant_scope(tenant_id=access.the_tenant().pk):
        return issue_key(actor=CLI, access=access, fields={"name": "ci"})


def revoke(issued: IssuedKey) -> None:
    access = access_of_master(tenant_choice="default")
    with tenant_scope(tenant_id=access.the_tenant().pk):
        revoke_key(actor=CLI, access=access, key_id=f"key_{issued.key.public_id}")


def models(gateway: Gateway, issued: IssuedKey) -> Reply:
    return gateway.get("/v1/models", f"Authorization: Bearer {issued.value}")


def ready(gateway: Gateway) -> Any:
    return msgspec.json.decode(gateway.get("/ready").body)


def node(tmp_path: Path, **changes: str) -> Mapping[str, str]:
    return {"VAR_DIR": str(tmp_path), "NODE_ID": NODE, **changes}


@contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def url_at(port: int) -> str:
    return f"postgresql://x:y@127.0.0.1:{port}/z"


# --- F-06 -----------------------------------------------------------------------------------------


@pytest.fixture
def copy(database: None, tmp_path: Path) -> tuple[Path, IssuedKey]:
    """The copy that a worker left on disk, with a key in it."""
    issued = issue()
    path = tmp_path / "snapshot" / f"{NODE}.bin"
    with running(environment=node(tmp_path)) as gateway:
        assert models(gateway, issued).statuses == [200]
        wait_until(path.is_file, within_s=10 * FACTOR)
    return path, issued


@pytest.mark.parametrize("postgresql", ["refuses", "is silent"])
def test_a_start_without_postgresql_serves_known_keys_from_the_copy(
    copy: tuple[Path, IssuedKey], tmp_path: Path, postgresql: str
) -> None:
    _, issued = copy
    with silent_server() as port:
        url = url_at(port if postgresql == "is silent" else free_port())
        began = time.monotonic()
        edge = node(tmp_path, DATABASE_URL=url, SERVE_ROLE="edge")
        with running(environment=edge) as gateway:
            assert models(gateway, issued).statuses == [200]
            assert time.monotonic() - began <= COLD_START_S * FACTOR
            report = ready(gateway)
            assert report["status"] == "degraded"
            assert report["components"]["snapshot"] == "ok"
            assert report["components"]["postgres"] == "unreachable"


def test_the_command_of_a_deployment_starts_without_postgresql_too(
    copy: tuple[Path, IssuedKey], tmp_path: Path
) -> None:
    _, issued = copy
    port = free_port()
    edge = node(
        tmp_path,
        DATABASE_URL=url_at(free_port()),
        SERVE_ROLE="edge",
        PORT=str(port),
        DRAIN_READY_DELAY_S="0",
    )
    began = time.monotonic()
    command = [sys.executable, "-m", "gateway", "serve"]
    with serving(command, port=port, environment=edge) as process:
        gateway = Gateway(port=port, worker_pid=process.pid)
        assert models(gateway, issued).statuses == [200]
        assert time.monotonic() - began <= COLD_START_S * FACTOR


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("tampered", "was changed"),
        ("expired", "older than SNAPSHOT_MAX_AGE_S"),
        ("missing", "there is no copy on disk"),
    ],
)
def test_a_start_with_nothing_to_trust_gets_no_traffic_and_says_why(
    copy: tuple[Path, IssuedKey], tmp_path: Path, damage: str, why: str
) -> None:
    path, issued = copy
    changes = {"DATABASE_URL": url_at(free_port())}
    if damage == "tampered":
        found = bytearray(path.read_bytes())
        found[len(found) // 2] ^= 1
        path.write_bytes(found)
    elif damage == "expired":
        changes["SNAPSHOT_MAX_AGE_S"] = "1"
        wait_until(lambda: time.time_ns() / 1e9 - path.stat().st_mtime > 1, within_s=5)
    else:
        path.unlink()
    with running(environment=node(tmp_path, **changes)) as gateway:
        assert gateway.get("/ready").statuses == [503]
        report = ready(gateway)
        assert report["status"] == "not_ready"
        assert why in report["components"]["snapshot"]
        assert models(gateway, issued).statuses != [200]


# --- F-24 -----------------------------------------------------------------------------------------


class Load:
    """Clients that use a key without a pause; when each request began, and how it was answered."""

    def __init__(self, gateway: Gateway, issued: IssuedKey, *, clients: int = 4) -> None:
        self.answers: list[tuple[float, int]] = []
        self._gateway, self._issued = gateway, issued
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._use) for _ in range(clients)]

    def _use(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            [status] = models(self._gateway, self._issued).statuses
            self.answers.append((began, status))

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def refused_since(self, moment: float) -> bool:
        since = [status for began, status in list(self.answers) if began >= moment]
        return bool(since) and set(since) == {401}


def test_no_request_succeeds_after_a_revocation_has_reached_the_workers(
    database: None, tmp_path: Path
) -> None:
    issued = issue()
    with running(environment=node(tmp_path)) as gateway, Load(gateway, issued) as load:
        wait_until(lambda: len(load.answers) >= 20, within_s=30)
        assert {status for _, status in load.answers} == {200}
        revoke(issued)
        assert publisher().wait_for_workers()
        reached = time.monotonic() + REACHED_S * FACTOR
        wait_until(lambda: load.refused_since(time.monotonic() - 0.2), within_s=REACHED_S * FACTOR)
        # What changes later, in the same shards of the same worker, does not bring it back.
        others = [issue() for _ in range(5)]
        wait_until(lambda: models(gateway, others[-1]).statuses == [200], within_s=10)
        wait_until(lambda: any(began > reached for began, _ in load.answers), within_s=30)
    assert {status for began, status in load.answers if began > reached} == {401}


@pytest.mark.parametrize("lost", ["messages", "postgresql for a moment"])
def test_a_revocation_arrives_without_messages_and_after_a_broken_connection(
    database: None, tmp_path: Path, lost: str
) -> None:
    issued = issue()
    changes = {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"} if lost == "messages" else {}
    with running(environment=node(tmp_path, **changes)) as gateway, Load(gateway, issued) as load:
        wait_until(lambda: len(load.answers) >= 20, within_s=30)
        if lost != "messages":
            end_connections_of_workers()
        revoke(issued)
        revoked_at = time.monotonic()
        wait_until(
            lambda: load.refused_since(time.monotonic() - 0.2),
            within_s=WITHOUT_MESSAGES_S * FACTOR + 0.2,
        )
        late = revoked_at + WITHOUT_MESSAGES_S * FACTOR
    assert {status for began, status in load.answers if began > late} <= {401}


def end_connections_of_workers() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user"
            " AND query LIKE '%config_versions%' AND pid <> pg_backend_pid()"
        )
