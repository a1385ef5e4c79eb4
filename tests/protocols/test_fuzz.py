"""Whatever arrives, from a client or from a vendor, is read or refused, and soon."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.codec import Frame, Head
from protocols.errors import DecodeError, FrameTooLarge, ProtocolError
from protocols.ir import Dialect
from protocols.native import encodable
from protocols.registry import CLIENT_CODECS, EMBEDDINGS_CODECS, NATIVE, UPSTREAM_CODECS
from tests.protocols.fuzzed import (
    ASKED,
    BOUND_S,
    CAP,
    HEAD,
    MEMO,
    SMALL_CAP,
    asked_everywhere,
    seconds,
    streamed,
    told_everywhere,
    watched,
)
from tests.protocols.words import NAMES, WORDS

pytestmark = pytest.mark.timeout(900)  # nightly there are many examples

DEEP: Final = 30_000
REQUESTS: Final[list[Callable[[bytes, Head], Any]]] = [
    *(codec.decode_request for codec in CLIENT_CODECS.values()),
    *(codec.decode_request for codec in EMBEDDINGS_CODECS.values()),
]
CLIENTS: Final = pytest.mark.parametrize("dialect", CLIENT_CODECS)
UPSTREAM: Final = pytest.mark.parametrize("dialect", UPSTREAM_CODECS)
EVERY: Final = pytest.mark.parametrize("dialect", NATIVE)
# What the dialects' objects are made of.
KEYS: Final = st.sampled_from(NAMES)
KINDS: Final = st.sampled_from(WORDS)
LEAVES: Final = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | KINDS
VALUES: Final = st.recursive(
    LEAVES | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)
OBJECTS: Final = st.dictionaries(KEYS, VALUES, max_size=6)
EVENTS: Final = st.lists(
    st.tuples(
        KINDS | st.sampled_from(["messageStart", "contentBlockStart", "contentBlockDelta"]),
        OBJECTS,
        st.integers(0, 2),
    ),
    max_size=6,
)
HOSTILE: Final = pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b'{"a":' * DEEP,
        b'{"messages":[{"role":"user","content":%b%b}]}' % (b"[" * DEEP, b"]" * DEEP),
        b'{"choices":[{"message":{"content":%b%b}}]}' % (b"[" * DEEP, b"]" * DEEP),
        b'{"messages":[%b]}' % b",".join([b'{"role":"user","content":"a"}'] * 5_000),
        b'{"content":[%b]}' % b",".join([b'{"type":"text","text":"a"}'] * 5_000),
        b'{"input":[%b]}' % b",".join([b"1"] * 100_000),
        b'{"input":"%b"}' % (b"\\u0041" * 200_000),
        b'{"messages":[],"stop":"%b"}' % (b"\\\\" * 500_000),
        b'{"messages":[],"n":%b}' % (b"9" * 200_000),
        b'{"usage":{"prompt_tokens":%b},"choices":[{}]}' % (b"9" * 200_000),
        b'{"messages":"\\ud800"}',
        b'{"messages":[{"role":"\x00"}]}',
        b"\xef\xbb\xbf{}",
        b"\x00" * 1_000_000,
        b'{"%b":1}' % (b"k" * 1_000_000),
        b"<html><body>502 Bad Gateway</body></html>",
        b"",
        b"[]",
        b"null",
    ],
)


def nested(opening: bytes, closing: bytes) -> bytes:
    return b'{"messages":[{"role":"user","content":%b%b}]}' % (opening * 200, closing * 200)


# --- what clients send ----------------------------------------------------------------------------


@pytest.mark.parametrize("decode", REQUESTS)
@given(body=OBJECTS.map(msgspec.json.encode) | st.binary(max_size=256))
def test_a_body_is_read_or_refused(decode: Callable[[bytes, Head], Any], body: bytes) -> None:
    assert seconds(partial(decode, body, HEAD), ProtocolError) < BOUND_S


@pytest.mark.parametrize("decode", REQUESTS)
@given(items=st.lists(OBJECTS, max_size=4), beside=OBJECTS)
def test_messages_are_read_or_refused(
    decode: Callable[[bytes, Head], Any], items: list[object], beside: dict[str, object]
) -> None:
    told = dict.fromkeys(("messages", "input", "contents"), items)
    body = msgspec.json.encode({**beside, **told})
    assert seconds(partial(decode, body, HEAD), ProtocolError) < BOUND_S


@HOSTILE
@pytest.mark.parametrize("decode", REQUESTS)
def test_a_hostile_body_is_read_or_refused(
    decode: Callable[[bytes, Head], Any], body: bytes
) -> None:
    assert seconds(partial(decode, body, HEAD), ProtocolError) < BOUND_S


@pytest.mark.parametrize("decode", REQUESTS)
@pytest.mark.parametrize(
    "body",
    [
        nested(b'[{"type":"tool_result","tool_use_id":"c","content":', b"}]"),
        nested(b'[{"type":"document","source":{"type":"content","content":', b"}}]"),
        nested(b'[{"type":"thinking","thinking":', b"}]"),
    ],
)
def test_what_is_nested_is_read_or_refused(
    decode: Callable[[bytes, Head], Any], body: bytes
) -> None:
    assert seconds(partial(decode, body, HEAD), ProtocolError) < BOUND_S


# --- what is made of it ---------------------------------------------------------------------------


@CLIENTS
@given(blocks=st.lists(OBJECTS, max_size=3), beside=OBJECTS)
def test_what_was_read_can_be_asked_in_every_dialect(
    dialect: Dialect, blocks: list[object], beside: dict[str, object]
) -> None:
    message = {**beside, "role": "user", "content": blocks, "parts": blocks}
    told = {name: [message] for name in ("messages", "input", "contents")}
    read = partial(
        asked_everywhere, dialect, msgspec.json.encode({**beside, **told, "max_tokens": 9})
    )
    assert seconds(read, ProtocolError) < BOUND_S * len(UPSTREAM_CODECS)


@UPSTREAM
@given(blocks=st.lists(OBJECTS, max_size=3), beside=OBJECTS)
def test_what_was_answered_can_be_told_in_every_dialect(
    dialect: Dialect, blocks: list[object], beside: dict[str, object]
) -> None:
    body = answer_of(dialect, blocks, beside)
    assert seconds(partial(told_everywhere, dialect, body), DecodeError) < BOUND_S * len(ASKED)


# --- what vendors send ----------------------------------------------------------------------------


@UPSTREAM
@given(body=OBJECTS.map(msgspec.json.encode) | st.binary(max_size=256))
def test_an_answer_is_read_or_no_answer(dialect: Dialect, body: bytes) -> None:
    read = partial(UPSTREAM_CODECS[dialect].decode_response, body, MEMO)
    assert seconds(read, DecodeError) < BOUND_S


@UPSTREAM
@given(blocks=st.lists(OBJECTS, max_size=4), beside=OBJECTS)
def test_an_answer_of_odd_blocks_is_read_or_no_answer(
    dialect: Dialect, blocks: list[object], beside: dict[str, object]
) -> None:
    body = answer_of(dialect, blocks, beside)
    read = partial(UPSTREAM_CODECS[dialect].decode_response, body, MEMO)
    assert seconds(read, DecodeError) < BOUND_S


def answer_of(dialect: Dialect, blocks: list[object], beside: dict[str, object]) -> bytes:
    """In every dialect at once."""
    message = {**beside, "content": blocks, "role": "assistant"}
    body = {
        **beside,
        "content": blocks,
        "choices": [{"message": message, "index": 0}, {"message": beside}],
        "output": blocks if dialect == "openai.responses" else {"message": message},
        "candidates": [{"content": {"parts": blocks}, **beside}],
    }
    return msgspec.json.encode(body)


@UPSTREAM
@HOSTILE
def test_a_hostile_answer_is_read_or_no_answer(dialect: Dialect, body: bytes) -> None:
    read = partial(UPSTREAM_CODECS[dialect].decode_response, body, MEMO)
    assert seconds(read, DecodeError) < BOUND_S


@UPSTREAM
@given(told=EVENTS)
def test_a_stream_of_odd_events_is_read_in_order(
    dialect: Dialect, told: list[tuple[str, dict[str, object], int]]
) -> None:
    frames = []
    for kind, said, index in told:
        places = dict.fromkeys(("index", "output_index", "contentBlockIndex"), index)
        choice = {"index": 0, "delta": {"tool_calls": [said], **said}, "finish_reason": None}
        candidate = {"content": {"parts": [said]}, "index": index}
        event = {**said, **places, "type": kind, "choices": [choice], "candidates": [candidate]}
        data = msgspec.json.encode(event)
        frames.append(Frame(data=data, raw=data, event=kind, exception=kind == "error"))
    assert seconds(partial(streamed, dialect, frames), DecodeError) < BOUND_S


@UPSTREAM
@HOSTILE
def test_a_hostile_event_is_read_or_no_event(dialect: Dialect, body: bytes) -> None:
    frames = [Frame(data=body, raw=body, event=kind) for kind in (None, "contentBlockDelta")]
    assert seconds(partial(streamed, dialect, frames), DecodeError) < BOUND_S


@EVERY
@given(body=OBJECTS.map(msgspec.json.encode) | st.binary(max_size=256), status=st.integers(0, 999))
def test_nothing_in_an_answer_that_is_forwarded_raises(
    dialect: Dialect, body: bytes, status: int
) -> None:
    native = NATIVE[dialect]

    def read() -> None:
        native.usage(body)
        native.tier(body)
        native.error_in_success(body)
        problem = native.problem(status, body, None)
        assert problem.message == encodable(problem.message)
        native.encode_error(problem, "req_1")
        native.error_event(problem, "req_1")

    assert seconds(read) < BOUND_S


@EVERY
@given(chunks=st.lists(st.binary(max_size=120), max_size=8), cap=st.sampled_from([SMALL_CAP, CAP]))
def test_any_bytes_are_cut_into_frames_that_can_be_read(
    dialect: Dialect, chunks: list[bytes], cap: int
) -> None:
    assert seconds(partial(watched, dialect, chunks, cap), DecodeError, FrameTooLarge) < BOUND_S


@EVERY
@given(told=st.lists(OBJECTS.map(msgspec.json.encode), max_size=5))
def test_events_of_known_words_are_watched(dialect: Dialect, told: list[bytes]) -> None:
    chunks = [b"event: error\ndata: %b\n\n" % each for each in told]
    assert seconds(partial(watched, dialect, chunks, CAP), DecodeError, FrameTooLarge) < BOUND_S


@EVERY
@HOSTILE
def test_a_hostile_stream_is_cut_and_watched(dialect: Dialect, body: bytes) -> None:
    for chunks in ([body, b"\n\n"], [b"data: ", body, b"\n\n"]):
        assert seconds(partial(watched, dialect, chunks, CAP), DecodeError, FrameTooLarge) < BOUND_S
