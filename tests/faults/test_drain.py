"""F-83: a server that is told to stop finishes what it has begun, and refuses nobody before."""

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest
from pytest_django import DjangoDbBlocker

from gateway.ops.outcome import Exit
from gateway.ops.ports import free_port
from gateway.spool.frames import End, Outcome
from tests import services
from tests.clients.management import SETTINGS, Management
from tests.clients.stack import Stack
from tests.conftest import close_connections
from tests.contracts.tree import ROOT
from tests.faults.bounds import FACTOR
from tests.faults.callers import LAST_CHUNK, Caller
from tests.faults.evil_dialects import said
from tests.faults.gateway_process import Gateway
from tests.faults.installation import wait_until
from tests.faults.referee import Referee
from tests.gateway.spool.written import frames_of

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

STREAMS: Final = 200
EVENTS: Final = 60
READY_DELAY_S: Final = 1
UP_WITHIN_S: Final = 20


@contextmanager
def serve(**settings: str) -> Iterator[tuple["subprocess.Popen[bytes]", Stack]]:
    """`switchyard serve` itself, with the services of the suite."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **SETTINGS, "PORT": str(port), "VAR_DIR": folder, **settings}
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_until(lambda: status_of(url, "/ready") == httpx.codes.OK, within_s=UP_WITHIN_S)
            with Management(url) as management:
                gateway = Gateway(port=port, worker_pid=process.pid)
                yield process, Stack(gateway=gateway, management=management, key=management.key())
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def served(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> Iterator[tuple["subprocess.Popen[bytes]", Stack]]:
    settings = {"DRAIN_READY_DELAY_S": str(READY_DELAY_S), "DRAIN_MAX_S": "60"}
    with serve(SPOOL_DIR=str(tmp_path), **settings) as started:
        yield started
    with django_db_blocker.unblock():
        close_connections()
        services.reset_database()


def status_of(url: str, path: str) -> int:
    try:
        with httpx.Client(trust_env=False, timeout=5) as client:
            return client.get(f"{url}{path}").status_code
    except httpx.HTTPError:
        return 0


def recorded(spool: Path) -> list[Outcome]:
    """What became of the exchanges of a server that has ended, in the order of their ends."""
    frames = [frame for node in spool.iterdir() for frame in frames_of(node)]
    return [frame.outcome for frame in frames if isinstance(frame, End) and frame.outcome.final]


def test_two_hundred_streams_outlive_the_order_to_stop(
    served: tuple["subprocess.Popen[bytes]", Stack], referee: Referee, tmp_path: Path
) -> None:
    process, stack = served
    stack.vendor("steady", url=referee.url)
    streams = [
        Caller(stack, model=f"steady.evil-paced-{EVENTS}-50", stream=True) for _ in range(STREAMS)
    ]
    streams[-1].until(said(0).encode())
    process.send_signal(signal.SIGTERM)
    told_at = time.monotonic()
    # Until the balancer has noticed, whoever still comes is served.
    wait_until(lambda: status_of(stack.url, "/ready") == 503, within_s=READY_DELAY_S)
    late = Caller(stack, model="steady.fine", stream=True)
    assert b"data: [DONE]" in late.to_the_end()
    read_all(streams, within_s=20 * FACTOR)
    whole = "".join(said(number) for number in range(EVENTS))
    assert [text_of(stream) == whole for stream in streams] == [True] * STREAMS
    assert process.wait(20 * FACTOR) == Exit.OK
    assert time.monotonic() - told_at >= READY_DELAY_S
    outcomes = [(outcome.status, outcome.terminated) for outcome in recorded(tmp_path)]
    assert outcomes == [("ok", "complete")] * (STREAMS + 1)
    for stream in (*streams, late):
        stream.close()


def test_a_stream_that_outlasts_the_drain_is_ended_in_its_dialect(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, referee: Referee, tmp_path: Path
) -> None:
    settings = {"DRAIN_READY_DELAY_S": "0", "DRAIN_MAX_S": "2", "SPOOL_DIR": str(tmp_path)}
    with serve(**settings) as (process, stack):
        stack.vendor("endless", url=referee.url)
        caller = Caller(stack, model="endless.evil-paced-5000-100", stream=True)
        caller.until(said(2).encode())
        process.send_signal(signal.SIGTERM)
        received = caller.to_the_end(within_s=10 * FACTOR)
        assert received.count(b'"error"') == 1
        assert b"[DONE]" not in received
        assert received.endswith(LAST_CHUNK)
        assert process.wait(20 * FACTOR) == Exit.OK
        caller.close()
        [outcome] = recorded(tmp_path)
        assert (outcome.status, outcome.terminated) == ("interrupted", "drained")
    with django_db_blocker.unblock():
        close_connections()
        services.reset_database()


def text_of(stream: Caller) -> str:
    """Every token in its order; nothing when the stream is not whole."""
    received = stream.received.decode()
    if not received.endswith(LAST_CHUNK.decode()) or "data: [DONE]" not in received:
        return received[-300:]
    return "".join(part.partition('"')[0] for part in received.split('"content":"')[2:])


def read_all(streams: list[Caller], *, within_s: float) -> None:
    """All of them at once, for all are being written at once."""
    deadline = time.monotonic() + within_s
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            stream.socket.settimeout(0)
            selector.register(stream.socket, selectors.EVENT_READ, stream)
        while selector.get_map():
            assert time.monotonic() < deadline, f"{len(selector.get_map())} streams go on"
            for key, _ in selector.select(timeout=1):
                stream = key.data
                part = stream.socket.recv(65_536)
                stream.received += part
                if not part or stream.received.endswith(LAST_CHUNK):
                    selector.unregister(stream.socket)
