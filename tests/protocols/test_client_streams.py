"""Streams to clients are in the order their dialect promises, whatever the vendor's was."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import ir
from protocols.ir import Dialect, Event
from protocols.registry import CLIENT_CODECS, NATIVE
from tests.protocols.answers import Answer, answers
from tests.protocols.client_streams import faults_of_stream, signs_of_life
from tests.protocols.test_official_sdks import EVENTS

DIALECTS: Final = tuple(sorted(CLIENT_CODECS))
ASKED: Final = msgspec.Raw(b'{"include_usage":true}')
# What says nothing that is missed, or nothing that is wrong to say again.
PIECES: Final = (
    *(b'"content":"', b'"reasoning_content":', b'"arguments":', b'"usage":'),
    *(b"_delta", b".delta", b"contentBlockDelta"),
)


def request(dialect: Dialect) -> ir.Request:
    extra = {"stream_options": ASKED} if dialect == "openai.chat" else None
    return ir.Request(dialect=dialect, model="m", messages=(), stream=True, extra=extra)


def told(dialect: Dialect, events: Sequence[Event]) -> list[bytes]:
    encoder = CLIENT_CODECS[dialect].event_encoder(request(dialect))
    body = b"".join(map(encoder.feed, events)) + encoder.close()
    frames: list[bytes] = NATIVE[dialect].splitter(cap=1 << 24).feed(body)
    assert b"".join(frames) == body
    return frames


@pytest.mark.parametrize("dialect", DIALECTS)
@given(answer=answers(interleaved=True))
def test_any_answer_is_told_in_order(dialect: Dialect, answer: Answer) -> None:
    assert faults_of_stream(dialect, b"".join(told(dialect, answer.events))) == []


@pytest.mark.parametrize("dialect", DIALECTS)
@given(answer=answers(interleaved=True), data=st.data())
def test_an_answer_that_breaks_off_is_told_in_order(
    dialect: Dialect, answer: Answer, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(answer.events) - 1))
    broken = [*answer.events[:cut], ir.Failed(kind="overloaded", message="Too many guests.")]
    assert faults_of_stream(dialect, b"".join(told(dialect, broken))) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_signs_of_life_are_heard_and_are_no_faults(dialect: Dialect) -> None:
    alive, frames = NATIVE[dialect].keepalive, told(dialect, EVENTS)
    body = alive + alive.join(frames)
    assert faults_of_stream(dialect, body) == []
    assert signs_of_life(dialect, body) == len(frames)


def test_an_array_is_read_as_events_are() -> None:
    frames = told("gemini.generate", EVENTS)
    chunks = b",\r\n".join(frame.removeprefix(b"data: ").strip() for frame in frames)
    assert faults_of_stream("gemini.generate", b"\n[" + chunks + b"]") == []
    assert faults_of_stream("gemini.generate", b"[" + chunks) != []


# --- the reader is strict -------------------------------------------------------------------------


def without(frames: list[bytes], at: int) -> list[bytes]:
    return frames[:at] + frames[at + 1 :]


def twice(frames: list[bytes], at: int) -> list[bytes]:
    return [*frames[: at + 1], *frames[at:]]


def swapped(frames: list[bytes], at: int) -> list[bytes]:
    return [*frames[: at - 1], frames[at], frames[at - 1], *frames[at + 1 :]]


@pytest.mark.parametrize("change", [without, twice])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_event_that_is_missing_or_told_twice_is_noticed(
    dialect: Dialect, change: Callable[[list[bytes], int], list[bytes]]
) -> None:
    frames = told(dialect, EVENTS)
    noticed = 0
    for at, frame in enumerate(frames):
        if faults_of_stream(dialect, b"".join(change(frames, at))):
            noticed += 1
        elif dialect != "gemini.generate":  # whose parts stand alone
            assert any(piece in frame for piece in PIECES), frame
    assert noticed >= (1 if dialect == "gemini.generate" else 5)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_last_event_is_the_last(dialect: Dialect) -> None:
    frames = told(dialect, EVENTS)
    assert faults_of_stream(dialect, b"".join(swapped(frames, len(frames) - 1)))
    assert faults_of_stream(dialect, b"".join(frames)[:-1])
    assert faults_of_stream(dialect, b"")


def sse(*said: dict[str, Any]) -> bytes:
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (each["type"].encode(), msgspec.json.encode(each))
        for each in said
    )


@pytest.mark.parametrize(
    ("dialect", "body", "word"),
    [
        ("openai.chat", b"data: {}\r\n\r\n", "ends within"),
        ("openai.chat", b": ping\n\ndata: [DONE]\n\n", "no event"),
        ("openai.chat", b'data: {"error":{}}\n\ndata: [DONE]\n\n', "goes on"),
        ("anthropic.messages", b'event: ping\ndata: {"type":"ping"}\n\n', "begins with ping"),
        ("anthropic.messages", b'event: a\ndata: {"type":"b"}\n\n', "says it is"),
        ("anthropic.messages", sse({"type": "message_stop"}), "message_delta"),
        ("openai.responses", sse({"type": "response.completed"}), "lacks"),
        ("gemini.generate", b": keepalive\n\n", "no event"),
        ("gemini.generate", b'data: {"error":{}}\n\n', "fails with"),
        ("gemini.generate", b"data: 7\n\n", "no object"),
        ("bedrock.converse", b"data: {}\n\n", "within a message"),
    ],
)
def test_what_is_wrong_is_said(dialect: Dialect, body: bytes, word: str) -> None:
    assert any(word in fault for fault in faults_of_stream(dialect, body))


def test_a_thought_that_is_nothing_but_its_seal_is_told_whole() -> None:
    """Claude by Converse tells first that there is one, and then what."""
    seal = ir.Seal(origin="anthropic", signature="sealed")
    later: list[Event]
    known, unknown = ir.Thinking(redacted=True, seal=seal), ir.Thinking(redacted=True)
    for block, *later in ((known,), (unknown, ir.Sealed(index=0, seal=seal))):
        thought: list[Event] = [
            ir.BlockStarted(index=0, block=block),
            *later,
            ir.BlockEnded(index=0),
        ]
        frames = told("anthropic.messages", [EVENTS[0], *thought, EVENTS[-1]])
        assert faults_of_stream("anthropic.messages", b"".join(frames)) == []
        assert b'"content_block":{"type":"redacted_thinking","data":"sealed"}' in frames[1]
    # One that has lost its seal is none.
    frames = told("anthropic.messages", [EVENTS[0], *thought[:1], *thought[-1:], *EVENTS[5:]])
    assert faults_of_stream("anthropic.messages", b"".join(frames)) == []
    assert not any(b"redacted" in frame for frame in frames)
