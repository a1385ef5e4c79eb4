"""Whatever arrives, from a client or from a vendor, is read or refused, and soon."""

import gc
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from time import thread_time
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.codec import Frame, Head, Memo
from protocols.errors import DecodeError, FrameTooLarge, ProtocolError
from protocols.extras import bare_event, bare_response
from protocols.ir import Dialect, Request
from protocols.native import encodable
from protocols.registry import CLIENT_CODECS, EMBEDDINGS_CODECS, NATIVE, UPSTREAM_CODECS
from protocols.stream import Collector, Grammar
from tests.protocols.corpus.exchanges import target_of

pytestmark = pytest.mark.timeout(900)  # nightly there are many examples

BOUND_S: Final = 0.1 * 5  # machines of the suite are slow
HEAD: Final = Head(model="m")
MEMO: Final = Memo(
    seed="s", names={"a": "b"}, custom=frozenset({"custom"}), schema_tool="json_output"
)
CAP: Final = 1 << 20
SMALL_CAP: Final = 64
DEEP: Final = 30_000
REQUESTS: Final[list[Callable[[bytes, Head], Any]]] = [
    *(codec.decode_request for codec in CLIENT_CODECS.values()),
    *(codec.decode_request for codec in EMBEDDINGS_CODECS.values()),
]
# A question in each dialect, by a client who hears the answer.
ASKED: Final = {
    dialect: Request(dialect=dialect, model="m", messages=()) for dialect in CLIENT_CODECS
}
CLIENTS: Final = pytest.mark.parametrize("dialect", CLIENT_CODECS)
UPSTREAM: Final = pytest.mark.parametrize("dialect", UPSTREAM_CODECS)
EVERY: Final = pytest.mark.parametrize("dialect", NATIVE)
# What the dialects' objects are made of.
KEYS: Final = st.sampled_from(
    [
        *("messages", "model", "role", "content", "type", "text", "system", "stream", "error"),
        *("tool", "function", "tools", "name", "id", "input", "tool_calls", "arguments", "index"),
        *("image_url", "url", "source", "data", "thinking", "signature", "usage", "delta"),
        *("tool_use_id", "citations", "cache_control", "ttl", "choices", "message", "refusal"),
        *("tool_choice", "stop", "n", "metadata", "file", "input_audio", "output_config", "format"),
        *("response_format", "finish_reason", "logprobs", "annotations", "reasoning_content"),
        *("reasoning", "reasoning_details", "custom", "audio", "stop_reason", "content_block"),
        *("partial_json", "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens"),
        *("output", "item", "item_id", "output_index", "content_index", "summary", "call_id"),
        *("response", "status", "incomplete_details", "encrypted_content", "part", "instructions"),
        *("candidates", "parts", "contents", "functionCall", "functionResponse", "args", "thought"),
        *("thoughtSignature", "inlineData", "mimeType", "fileData", "fileUri", "finishReason"),
        *("usageMetadata", "promptTokenCount", "promptFeedback", "blockReason", "generationConfig"),
        *("thinkingConfig", "functionDeclarations", "toolConfig", "groundingMetadata"),
        *("contentBlockIndex", "start", "toolUse", "toolUseId", "toolResult", "reasoningContent"),
        *("stopReason", "inputTokens", "outputTokens", "cachePoint", "document", "bytes", "json"),
        *("toolSpec", "inputSchema", "inferenceConfig", "additionalModelRequestFields", "image"),
        *("=part", "=finish_reason", "=parameters", "=functions", "=reasoning", "=stop", "=url"),
        *("reasoningText", "redactedContent", "citationsContent", "guardContent", "message_id"),
    ]
)
KINDS: Final = st.sampled_from(
    [
        *("text", "user", "assistant", "system", "tool", "function", "custom", "base64", "auto"),
        *("tool_use", "tool_result", "thinking", "redacted_thinking", "document", "image_url"),
        *("ephemeral", "json_schema", "char_location", "model", "stop", "tool_calls", "length"),
        *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop", "text_delta", "input_json_delta", "thinking_delta"),
        *("signature_delta", "citations_delta", "error", "ping", "end_turn", "server_tool_use"),
        *("response.created", "response.output_item.added", "response.output_item.done"),
        *("response.output_text.delta", "response.function_call_arguments.delta"),
        *("response.reasoning_summary_text.delta", "response.completed", "response.failed"),
        *("response.content_part.added", "message", "function_call", "function_call_output"),
        *("input_text", "output_text", "custom_tool_call", "completed", "incomplete", "reasoning"),
        *("STOP", "MAX_TOKENS", "AUDIO", "png", "us.anthropic"),
    ]
)
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


def seconds(read: Callable[[], Any], *allowed: type[Exception]) -> float:
    """Without the garbage collector's, who goes through all that the tests before have left."""
    gc.disable()
    try:
        began = thread_time()
        with suppress(*allowed):
            read()
        return thread_time() - began
    finally:
        gc.enable()


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


def asked_everywhere(dialect: Dialect, body: bytes) -> None:
    asked = CLIENT_CODECS[dialect].decode_request(body, HEAD)
    for other, codec in UPSTREAM_CODECS.items():
        try:
            sent = codec.encode_request(asked, target_of(other), "seed")
        except ProtocolError as error:
            raise AssertionError(f"{other} refuses what was read: {error}") from error
        msgspec.json.decode(sent.body)


@UPSTREAM
@given(blocks=st.lists(OBJECTS, max_size=3), beside=OBJECTS)
def test_what_was_answered_can_be_told_in_every_dialect(
    dialect: Dialect, blocks: list[object], beside: dict[str, object]
) -> None:
    body = answer_of(dialect, blocks, beside)
    assert seconds(partial(told_everywhere, dialect, body), DecodeError) < BOUND_S * len(ASKED)


def told_everywhere(dialect: Dialect, body: bytes) -> None:
    answer = UPSTREAM_CODECS[dialect].decode_response(body, MEMO)
    for asked in ASKED.values():
        known = answer if asked.dialect == dialect else bare_response(answer)
        try:
            told = CLIENT_CODECS[asked.dialect].encode_response(known, asked)
        except ProtocolError as error:
            raise AssertionError(f"{asked.dialect} cannot tell it: {error}") from error
        msgspec.json.decode(told.body)


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


def streamed(dialect: Dialect, frames: Iterable[Frame]) -> None:
    """What comes out obeys the grammar, can be collected, and told in every dialect."""
    decoder = UPSTREAM_CODECS[dialect].event_decoder(MEMO)
    events = [*(event for frame in frames for event in decoder.feed(frame)), *decoder.close()]
    grammar, collector = Grammar(), Collector()
    for event in events:
        grammar.feed(event)
        collector.feed(event)
    grammar.close()
    assert grammar.faults == []
    collector.response()
    for asked in ASKED.values():
        encoder = CLIENT_CODECS[asked.dialect].event_encoder(asked)
        known = events if asked.dialect == dialect else [*map(bare_event, events)]
        assert isinstance(b"".join([*map(encoder.feed, known), encoder.close()]), bytes)


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


def watched(dialect: Dialect, chunks: Iterable[bytes], cap: int) -> None:
    native = NATIVE[dialect]
    splitter, observer = native.splitter(cap=cap), native.observer(hide_usage=True)
    for chunk in chunks:
        for raw in splitter.feed(chunk):
            native.is_meaningful(raw)
            native.frame(raw)
            observer.feed(raw)
    rest = splitter.close()
    if rest and (last := native.completed(rest)):
        native.frame(last)
        observer.feed(last)
