"""F-53: a client that does not read costs a buffer, not a stream's worth of memory."""

import time
from typing import Final

import pytest

from tests.clients.stack import Stack
from tests.faults.callers import Caller
from tests.faults.referee import Referee

pytestmark = pytest.mark.faults

MB: Final = 1024 * 1024
STREAM_MB: Final = 60
STALL_S: Final = 2.0
MOST_GROWN: Final = 5 * MB
# What kernels hold for two loopback connections, and what the gateway has read ahead.
IN_FLIGHT: Final = 20 * MB


@pytest.fixture(scope="module")
def stack(bare_stack: Stack, referee: Referee) -> Stack:
    bare_stack.vendor("flood", url=referee.url)
    return bare_stack


def test_a_reader_that_stops_stops_the_vendor(stack: Stack, referee: Referee) -> None:
    warm = Caller(stack, model="flood.evil-big-stream-4", stream=True)
    assert warm.to_the_end().endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
    warm.close()
    referee.forget()
    before = stack.gateway.rss_bytes()
    slow = Caller(stack, model=f"flood.evil-big-stream-{STREAM_MB}", stream=True)
    slow.until(b"tok00000")
    most = 0
    began = time.monotonic()
    while time.monotonic() - began < STALL_S:
        most = max(most, stack.gateway.rss_bytes())
        time.sleep(0.05)
    (seen,) = referee.requests()
    assert seen.sent_bytes <= IN_FLIGHT
    assert seen.gone_at is None
    assert most - before <= MOST_GROWN
    assert count_to_the_end(slow) >= (STREAM_MB - 1) * MB
    slow.close()
    assert stack.gateway.rss_bytes() - before <= MOST_GROWN


def count_to_the_end(caller: Caller) -> int:
    count, last = len(caller.received), b""
    while part := caller.socket.recv(MB):
        count, last = count + len(part), (last + part)[-100:]
        if last.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"):
            return count
    raise AssertionError(last)
