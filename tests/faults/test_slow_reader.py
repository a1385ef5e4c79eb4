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
SAME_TIMES: Final = 15
SETTLED_WITHIN_S: Final = 15.0
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
    before = settled_bytes(stack)
    slow = Caller(stack, model=f"flood.evil-big-stream-{STREAM_MB}", stream=True)
    slow.until(b"tok00000")
    most = 0
    began = time.monotonic()
    while time.monotonic() - began < STALL_S:
        most = max(most, stack.gateway.rss_bytes())
        time.sleep(0.05)  # memory has no event; the highest of many samples counts
    (seen,) = referee.requests()
    assert seen.sent_bytes <= IN_FLIGHT
    assert seen.gone_at is None
    assert most - before <= MOST_GROWN
    assert count_to_the_end(slow) >= (STREAM_MB - 1) * MB
    slow.close()
    assert stack.gateway.rss_bytes() - before <= MOST_GROWN


def settled_bytes(stack: Stack) -> int:
    """Memory once nothing else is under way: the configuration is copied to disk after a change."""
    sizes = [stack.gateway.rss_bytes()]
    until = time.monotonic() + SETTLED_WITHIN_S
    while len(set(sizes[-SAME_TIMES:])) > 1 or len(sizes) < SAME_TIMES:
        assert time.monotonic() < until, sizes
        time.sleep(0.1)  # memory has no event; SAME_TIMES samples alike are the condition
        sizes.append(stack.gateway.rss_bytes())
    return sizes[-1]


def count_to_the_end(caller: Caller) -> int:
    count, last = len(caller.received), b""
    while part := caller.socket.recv(MB):
        count, last = count + len(part), (last + part)[-100:]
        if last.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"):
            return count
    raise AssertionError(last)
