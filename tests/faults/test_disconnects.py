"""F-09: whoever leaves takes the vendor's call along, in every phase and in every way."""

import math
import os
import socket
import time
from pathlib import Path
from typing import Final

import msgspec
import pytest

from gateway.edge.accounting.counting import BYTES_PER_TOKEN
from gateway.spool.frames import End
from gateway.spool.paths import node_dir
from tests.clients.stack import Stack
from tests.faults.bounds import FACTOR
from tests.faults.callers import CLIENTS, Caller, How
from tests.faults.evil_dialects import said
from tests.faults.installation import wait_until
from tests.faults.referee import Referee
from tests.faults.remains import Remains
from tests.gateway.spool.written import frames_of

pytestmark = pytest.mark.faults

QUIET_S: Final = 0.1
LOADED_S: Final = 0.5
CROWD: Final = 40
ARRIVED_WITHIN_S: Final = 10
WAYS: Final[tuple[How, ...]] = ("fin", "rst", "half")
PAIRS: Final = [(asks, speaks) for asks in CLIENTS for speaks in CLIENTS if asks != speaks]
# What the vendor does, whether a stream is asked for, and what the client has seen when it leaves.
PHASES: Final = {
    "whole answer": ("evil-hang", False, b""),
    "before headers": ("evil-hang", True, b""),
    "before the first token": ("evil-hang-after-0", True, b""),
    "mid-stream": ("evil-paced-1000-20", True, b"tok00003"),
    "before the last event": ("evil-hang-after-5", True, b"tok00004"),
}

# How many events it had before the gateway heard of its leaving.
SENT: Final = {
    "whole answer": (0, 0),
    "before headers": (0, 0),
    "before the first token": (0, 0),
    "mid-stream": (4, 4 + 50 * QUIET_S * FACTOR),
    "before the last event": (5, 5),
}


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """A client of one dialect leaves a vendor of another."""

    asks: str
    speaks: str
    phase: str
    how: How


@pytest.fixture(scope="module")
def stack(bare_stack: Stack, referee: Referee) -> Stack:
    for kind in CLIENTS:
        bare_stack.vendor(kind, kind=kind, url=referee.url)
    return bare_stack


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kind", CLIENTS)
def test_the_vendor_s_side_is_closed_at_once(
    stack: Stack, referee: Referee, kind: str, phase: str, how: How
) -> None:
    left_and_written_down(stack, referee, Leaving(asks=kind, speaks=kind, phase=phase, how=how))


@pytest.mark.parametrize("phase", ["whole answer", "mid-stream"])
@pytest.mark.parametrize(("asks", "speaks"), PAIRS)
def test_it_is_closed_where_it_is_translated_too(
    stack: Stack, referee: Referee, asks: str, speaks: str, phase: str
) -> None:
    """Each way of leaving in turn."""
    how = WAYS[(PAIRS.index((asks, speaks)) + len(phase)) % len(WAYS)]
    left_and_written_down(stack, referee, Leaving(asks=asks, speaks=speaks, phase=phase, how=how))


def left_and_written_down(stack: Stack, referee: Referee, leaving: Leaving) -> None:
    """At once, once, with the tokens of what was sent, and nothing of it is left."""
    remains = Remains(stack, referee)
    before = len(ends(stack))
    gaps = left_behind(stack, referee, leaving, count=1)
    assert max(gaps) <= QUIET_S * FACTOR
    remains.check()
    wait_until(lambda: len(ends(stack)) > before, within_s=FACTOR)
    [end] = ends(stack)[before:]
    assert (end.outcome.final, end.outcome.status) == (True, "canceled")
    assert end.outcome.terminated == "client_closed"
    assert end.errand.lane == ("native" if leaving.asks == leaving.speaks else "translation")
    assert end.tokens.in_fresh > 0
    least, most = SENT[leaving.phase]
    assert letters(least) <= end.tokens.out_text <= letters(most)


def ends(stack: Stack) -> list[End]:
    """Of this gateway's key, whoever else writes on this node; the old ones first."""
    folder = node_dir(Path(os.environ["VAR_DIR"]) / "spool", socket.gethostname())
    found = [
        frame
        for frame in frames_of(folder, live=True)
        if isinstance(frame, End) and frame.subject.key_id == stack.key.id
    ]
    return sorted(found, key=lambda end: end.started_us)


def letters(events: float) -> float:
    """What so many events are counted as, for their words are long."""
    return math.ceil(events * len(said(0)) / BYTES_PER_TOKEN)


@pytest.mark.parametrize("phase", PHASES)
def test_a_crowd_that_leaves_at_once_is_gone_at_once(
    stack: Stack, referee: Referee, phase: str
) -> None:
    remains = Remains(stack, referee)
    beside = [
        Caller(stack, model="chat.evil-paced-60-20", kind="chat", stream=True) for _ in range(CROWD)
    ]
    leaving = Leaving(asks="chat", speaks="chat", phase=phase, how="rst")
    gaps = left_behind(stack, referee, leaving, count=CROWD)
    assert max(gaps) <= LOADED_S * FACTOR
    for caller in beside:
        assert b"data: [DONE]" in caller.to_the_end()
        caller.close()
    remains.check()


def left_behind(stack: Stack, referee: Referee, leaving: Leaving, *, count: int) -> list[float]:
    """Seconds from each client's leaving to the vendor's hearing of it."""
    model, stream, mark = PHASES[leaving.phase]
    referee.forget()
    callers = [
        Caller(stack, model=f"{leaving.speaks}.{model}", kind=leaving.asks, stream=stream)
        for _ in range(count)
    ]
    wait_until(lambda: arrived(referee, model) == count, within_s=ARRIVED_WITHIN_S)
    for caller in callers:
        if mark:
            caller.until(mark)
    last_left_at = max([caller.leave(leaving.how) for caller in callers])
    heard = [seen for seen in referee.when_all_gone(count, within_s=5) if seen.model == model]
    for caller in callers:
        caller.close()
    assert time.monotonic() >= last_left_at
    return [(seen.gone_at or 0) - last_left_at for seen in heard]


def arrived(referee: Referee, model: str) -> int:
    return sum(seen.model == model for seen in referee.requests())
