"""Whatever arrives, a codec reads it or refuses it, and soon."""

from collections.abc import Callable
from contextlib import suppress
from time import thread_time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.codec import Head
from protocols.errors import ProtocolError
from protocols.registry import CLIENT_CODECS, EMBEDDINGS_CODECS

BOUND_S = 0.1 * 5  # machines of the suite are slow
HEAD = Head(model="m")
DECODERS: list[Callable[[bytes, Head], Any]] = [
    *(codec.decode_request for codec in CLIENT_CODECS.values()),
    *(codec.decode_request for codec in EMBEDDINGS_CODECS.values()),
]
WORDS = st.sampled_from(
    [
        *("messages", "model", "role", "content", "type", "text", "user", "assistant", "system"),
        *("tool", "function", "tools", "name", "id", "input", "tool_calls", "arguments"),
        *("image_url", "url", "source", "data", "base64", "thinking", "signature", "tool_result"),
        *("tool_use_id", "tool_use", "citations", "cache_control", "ephemeral", "ttl"),
        *("tool_choice", "stop", "n", "metadata", "file", "input_audio", "output_config", "format"),
        *("json_schema", "response_format", "char_location", "custom"),
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)
BODIES = st.dictionaries(WORDS, VALUES, max_size=6).map(msgspec.json.encode)
DEEP = 30_000


def judged(decode: Callable[[bytes, Head], Any], body: bytes) -> float:
    began = thread_time()
    with suppress(ProtocolError):
        decode(body, HEAD)
    return thread_time() - began


@pytest.mark.parametrize("decode", DECODERS)
@given(body=BODIES)
def test_a_body_of_known_words_is_read_or_refused(
    decode: Callable[[bytes, Head], Any], body: bytes
) -> None:
    assert judged(decode, body) < BOUND_S


@pytest.mark.parametrize("decode", DECODERS)
@given(messages=st.lists(st.dictionaries(WORDS, VALUES, max_size=5), max_size=4))
def test_messages_of_known_words_are_read_or_refused(
    decode: Callable[[bytes, Head], Any], messages: list[object]
) -> None:
    body = msgspec.json.encode({"messages": messages, "input": messages})
    assert judged(decode, body) < BOUND_S


@pytest.mark.parametrize("decode", DECODERS)
@given(body=st.binary(max_size=256))
def test_any_bytes_are_read_or_refused(decode: Callable[[bytes, Head], Any], body: bytes) -> None:
    assert judged(decode, body) < BOUND_S


def nested(opening: bytes, closing: bytes, times: int) -> bytes:
    return b'{"messages":[{"role":"user","content":%b%b}]}' % (opening * times, closing * times)


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b'{"a":' * DEEP,
        nested(b"[", b"]", DEEP),
        nested(b'[{"type":"tool_result","tool_use_id":"c","content":', b"}]", 200),
        nested(b'[{"type":"document","source":{"type":"content","content":', b"}}]", 200),
        nested(b'[{"type":"thinking","thinking":', b"}]", 200),
        b'{"messages":[%b]}' % b",".join([b'{"role":"user","content":"a"}'] * 5_000),
        b'{"input":[%b]}' % b",".join([b"1"] * 100_000),
        b'{"input":"%b"}' % (b"\\u0041" * 200_000),
        b'{"messages":[],"stop":"%b"}' % (b"\\\\" * 500_000),
        b'{"messages":[],"n":%b}' % (b"9" * 200_000),
        b'{"messages":"\\ud800"}',
        b'{"messages":[{"role":"\x00"}]}',
        b"\xef\xbb\xbf{}",
        b"\x00" * 1_000_000,
        b'{"%b":1}' % (b"k" * 1_000_000),
    ],
)
def test_a_hostile_body_is_read_or_refused(
    decode: Callable[[bytes, Head], Any], body: bytes
) -> None:
    assert judged(decode, body) < BOUND_S
