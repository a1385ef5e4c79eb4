"""F-50, F-51, F-55: slow and endless senders."""

import time
from collections.abc import Iterator
from itertools import repeat

import pytest

from tests.faults.bounds import FACTOR
from tests.faults.gateway_process import Gateway, read_all, running, send_all
from tests.faults.reading_app import BODY_MAX_BYTES, WINDOW_S

pytestmark = pytest.mark.faults

MB = 1024 * 1024
HEADER_TIMEOUT_S = 1.0
DRIPPERS = 50
CHUNKED = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
# What the kernel holds on both sides of a loopback connection, on top of what the gateway reads.
IN_FLIGHT_BYTES = 16 * MB


@pytest.fixture(scope="module")
def reader() -> Iterator[Gateway]:
    timeout_ms = int(HEADER_TIMEOUT_S * 1000)
    with running("tests.faults.reading_app:application", header_timeout_ms=timeout_ms) as started:
        yield started


def test_an_endless_body_ends_at_the_limit_and_costs_no_memory(reader: Gateway) -> None:
    reader.send(CHUNKED + CHUNK * 16 + b"0\r\n\r\n", patience_s=0.5)
    before = reader.rss_bytes()
    reply = reader.send(CHUNKED, *repeat(CHUNK, 3200))
    assert reply.statuses == [413]
    assert reply.closed
    assert reply.sent_bytes <= BODY_MAX_BYTES + IN_FLIGHT_BYTES
    assert reader.rss_bytes() - before <= 40 * MB


def test_a_body_of_the_full_size_passes(reader: Gateway) -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    parts = repeat(b"a" * 65_536, BODY_MAX_BYTES // 65_536)
    reply = reader.send(head % BODY_MAX_BYTES, *parts)
    assert reply.statuses == [200]
    assert reply.body.endswith(str(BODY_MAX_BYTES).encode())


def test_a_body_announced_too_large_is_refused_before_it_comes(reader: Gateway) -> None:
    reply = reader.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 33554433\r\n\r\n")
    assert reply.statuses == [413]
    assert reply.closed
    assert reply.sent_bytes < 100


@pytest.mark.parametrize(
    ("start", "drop", "within_s", "statuses"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X: y\r\n", HEADER_TIMEOUT_S, ([], [408])),
        (
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\n",
            b"a",
            WINDOW_S,
            ([408],),
        ),
    ],
    ids=["headers", "bodies"],
)
def test_drippers_are_let_go_and_delay_nobody(
    reader: Gateway, start: bytes, drop: bytes, within_s: float, statuses: tuple[list[int], ...]
) -> None:
    alone_s = max(honest_s(reader) for _ in range(20))
    began = time.monotonic()
    drippers = [reader.connect() for _ in range(DRIPPERS)]
    try:
        for dripper in drippers:
            send_all(dripper, [start])
        beside: list[float] = []
        while time.monotonic() - began < within_s * 0.9:
            for dripper in drippers:
                send_all(dripper, [drop])
            beside.append(honest_s(reader))
            time.sleep(0.05)
        replies = [read_all(dripper, patience_s=within_s * FACTOR) for dripper in drippers]
    finally:
        for dripper in drippers:
            dripper.close()
    assert time.monotonic() - began <= 12 * within_s * FACTOR / 10
    assert all(reply.closed for reply in replies)
    assert all(reply.statuses in statuses for reply in replies)
    assert max(beside) <= max(2 * alone_s, 0.02) * FACTOR


def honest_s(reader: Gateway) -> float:
    began = time.monotonic()
    assert reader.get("/").statuses == [200]
    return time.monotonic() - began


def test_a_steady_trickle_ends_with_its_allowance() -> None:
    environment = {"ALLOWANCE_S": "2"}
    within_s = 2.5  # the allowance, and a moment to say so
    with running("tests.faults.reading_app:application", environment=environment) as quick:
        with quick.connect() as connection:
            began = time.monotonic()
            head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n"
            send_all(connection, [head])
            while (
                send_all(connection, [b"a" * 400]) and time.monotonic() - began < within_s * FACTOR
            ):
                time.sleep(0.1)
            reply = read_all(connection, patience_s=1)
        assert reply.statuses == [408]
        assert time.monotonic() - began <= within_s * FACTOR


def test_a_client_that_leaves_inside_its_body_leaves_nothing_behind(reader: Gateway) -> None:
    for _ in range(50):
        with reader.connect() as connection:
            head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nabc"
            send_all(connection, [head])
    assert reader.get("/").statuses == [200]
