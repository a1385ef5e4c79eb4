"""Each cap of an answer, reached and exceeded by one byte: what happens, and what it costs.

Of requests: `stages/test_decode` (tools, messages, answers), `tests/protocols/test_json_limits`
(depth, numbers), `tests/faults/test_guard_bodies` (size), `test_fetching` (files); of answers that
are no streams, and of headers: `upstream_contract/test_refusals`.
"""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from gateway.edge.egress.upstream import TooLarge
from gateway.edge.passages.passage import (
    EVENT_CAP_BYTES,
    MEDIA_EVENT_CAP_BYTES,
    STREAM_CAP_BYTES,
    Passage,
)
from protocols.errors import FrameTooLarge
from protocols.framing.aws import write_event
from protocols.ir import Dialect
from protocols.registry import NATIVE
from tests.gateway.edge.dialects import DIALECTS, frames

MEMORY_MAX_BYTES: Final = 40 * 1_048_576
NETWORK_BYTES: Final = 65_536


@contextmanager
def little_memory() -> Iterator[None]:
    """However much comes."""
    tracemalloc.start()
    try:
        yield
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most <= MEMORY_MAX_BYTES


def event_of(dialect: Dialect, size: int) -> bytes:
    """One that nobody knows, of exactly so many bytes."""
    if dialect == "bedrock.converse":
        return write_event("x", b"x" * (size - len(write_event("x", b""))))
    return b'data: {"x":"' + b"x" * (size - 16) + b'"}\n\n'


def begun(dialect: Dialect, *, cap: int) -> tuple[Passage, int]:
    """A stream that has said something, and in how many bytes."""
    passage, fed = Passage(NATIVE[dialect], hide_usage=False, cap=cap), 0
    for frame in frames(dialect):
        fed += len(frame)
        if passage.feed(frame):
            return passage, fed
    raise AssertionError("no content")


def pieces(data: bytes) -> Iterator[bytes]:
    return (data[at : at + NETWORK_BYTES] for at in range(0, len(data), NETWORK_BYTES))


def fed(passage: Passage, data: bytes) -> int:
    """How many bytes went on."""
    return sum(len(passage.feed(piece)) for piece in pieces(data))


@pytest.mark.parametrize("cap", [EVENT_CAP_BYTES, MEDIA_EVENT_CAP_BYTES])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_event_is_as_long_as_its_cap_and_no_longer(dialect: Dialect, cap: int) -> None:
    fits, exceeds = event_of(dialect, cap), event_of(dialect, cap + 1)
    assert (len(fits), len(exceeds)) == (cap, cap + 1)
    with little_memory():
        passage, _ = begun(dialect, cap=cap)
        assert fed(passage, fits) == cap
    with little_memory(), pytest.raises(FrameTooLarge):
        fed(passage, exceeds)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stream_is_as_long_as_its_cap_and_no_longer(dialect: Dialect) -> None:
    size = EVENT_CAP_BYTES
    event = event_of(dialect, size)
    passage, before = begun(dialect, cap=size)
    with little_memory():
        for _ in range((STREAM_CAP_BYTES - before) // size):
            assert passage.feed(event) == event
        rest = (STREAM_CAP_BYTES - before) % size
        assert passage.feed(event_of(dialect, rest))
        with pytest.raises(TooLarge):
            passage.feed(b"\n")
