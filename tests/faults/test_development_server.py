"""The same application under Daphne, which has no lifespan: the first request starts things."""

import os
import signal
from collections.abc import Iterator

import msgspec
import pytest
from pytest_django import DjangoDbBlocker
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from gateway.ops.embedded.processes import look_up
from tests import services
from tests.conftest import close_connections
from tests.faults.bounds import FACTOR
from tests.faults.gateway_process import Gateway, development_server
from tests.faults.installation import all_gone, descendants, wait_until

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def daphne(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Gateway]:
    # A file that changes while the suite runs must not restart the server under a test.
    with development_server("--noreload") as started:
        yield started
    with django_db_blocker.unblock():
        close_connections()
        services.reset_database()


def test_it_becomes_ready(daphne: Gateway) -> None:
    reply = daphne.get("/ready")
    assert reply.statuses == [200]
    assert msgspec.json.decode(reply.body)["status"] == "ready"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/static/admin/css/base.css", 200), ("/api/v1/keys", 401), ("/health/../login", 400)],
)
def test_every_surface_answers(daphne: Gateway, path: str, status: int) -> None:
    assert daphne.get(path).statuses == [status]


@pytest.mark.parametrize("header", ["Host: evil", "Authorization: Bearer a"])
def test_the_guard_stands_here_too(daphne: Gateway, header: str) -> None:
    assert daphne.get("/api/v1/keys", header, header).statuses == [400]


def test_the_reloading_process_ends_with_the_one_that_watches() -> None:
    with development_server() as started:
        family = [known for pid in descendants(started.worker_pid) if (known := look_up(pid))]
        assert family
        os.kill(started.worker_pid, signal.SIGKILL)
        wait_until(lambda: all_gone(family), within_s=3 * FACTOR)


def test_a_socket_opens_and_asks_to_sign_in(daphne: Gateway) -> None:
    headers = {"Origin": "http://localhost"}
    url = f"ws://127.0.0.1:{daphne.port}/ws/console/"
    with connect(url, additional_headers=headers, proxy=None) as opened:
        with pytest.raises(ConnectionClosed):
            opened.recv(timeout=FACTOR)
        assert opened.close_code == 4401
