"""Fields nobody has invented yet, in answers: unchanged in their own dialect, else told as lost.

Of every object in an answer, and in its stream: but for usage, which is told as each dialect
counts, for what a tool is called with, which is the client's, and for what was asked and is said
once more. What names the block of a Converse answer has no other member.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

from protocols import ir
from protocols.codec import Frame, Memo
from protocols.extras import Bared
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, NATIVE, UPSTREAM_CODECS
from tests.gateway.edge.dialects import frames
from tests.protocols.fuzzed import ASKED

MEMO: Final = Memo(seed="attempt")
NOT_SAID: Final = frozenset(
    {"usage", "usageMetadata", "args", "input", "arguments", "metrics", "metadata", "reasoning"}
)
BLOCKS: Final = frozenset({"text", "toolUse", "reasoningContent", "reasoningText"})
WHOLE: Final[dict[Dialect, dict[str, Any]]] = {
    "openai.chat": {
        "id": "1",
        "model": "m",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "reasoning_content": "Hm.",
                    "content": "Hello",
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url_citation": {"url": "https://a.example", "title": "A"},
                        }
                    ],
                    "tool_calls": [
                        {
                            "id": "call_1",
                            "type": "function",
                            "function": {"name": "look", "arguments": "{}"},
                        }
                    ],
                },
            }
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    },
    "openai.responses": {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "model": "m",
        "output": [
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "Hm."}],
            },
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [
                    {
                        "type": "output_text",
                        "text": "Hello",
                        "annotations": [
                            {"type": "url_citation", "url": "https://a.example", "title": "A"}
                        ],
                    }
                ],
            },
            {
                "type": "function_call",
                "id": "fc_1",
                "call_id": "call_1",
                "name": "look",
                "arguments": "{}",
            },
        ],
        "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
    },
    "anthropic.messages": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
            {
                "type": "text",
                "text": "Hello",
                "citations": [
                    {
                        "type": "char_location",
                        "cited_text": "a",
                        "document_index": 0,
                        "document_title": "A",
                        "start_char_index": 0,
                        "end_char_index": 1,
                    }
                ],
            },
            {"type": "tool_use", "id": "call_1", "name": "look", "input": {}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "gemini.generate": {
        "candidates": [
            {
                "content": {
                    "role": "model",
                    "parts": [
                        {"text": "Hm.", "thought": True},
                        {"text": "Hello"},
                        {"functionCall": {"name": "look", "args": {}}},
                    ],
                },
                "finishReason": "STOP",
            }
        ],
        "modelVersion": "m",
        "responseId": "1",
        "usageMetadata": {
            "promptTokenCount": 1,
            "candidatesTokenCount": 1,
            "totalTokenCount": 2,
        },
    },
    "bedrock.converse": {
        "output": {
            "message": {
                "role": "assistant",
                "content": [
                    {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
                    {"text": "Hello"},
                    {"toolUse": {"toolUseId": "call_1", "name": "look", "input": {}}},
                ],
            }
        },
        "stopReason": "tool_use",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    },
}
ANSWER: Final = ir.Response(
    id="1",
    model="m",
    content=(
        ir.Thinking(text="Hm."),
        ir.Text(text="Hello"),
        ir.ToolCall(id="call_1", name="look", arguments='{"at":"sea"}'),
    ),
    stop=ir.Stop(reason="tool_call"),
    usage=ir.Usage(input_tokens=1, output_tokens=1),
)
PAIRS: Final = [(one, other) for one in WHOLE for other in WHOLE if one != other]


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if not any(name in BLOCKS and isinstance(value[name], dict) for name in value):
            yield value
        for name, each in value.items():
            if name not in NOT_SAID:
                yield from objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects(each)


# In a stream of Responses each item is told by itself, and what was asked by the first event.
AGAIN: Final = frozenset({"output", "text"})
IN_PROGRESS: Final = "response.in_progress"


def with_canaries(value: Any, names: list[str]) -> Any:
    """One in every object; `names` grows by theirs."""
    for each in [*objects(value)]:
        names.append(f"canary{len(names):03}x")
        each[names[-1]] = {"sings": len(names)}
    return value


def whole_of(dialect: Dialect) -> tuple[bytes, list[str]]:
    names: list[str] = []
    copy = msgspec.json.decode(msgspec.json.encode(WHOLE[dialect]))
    return msgspec.json.encode(with_canaries(copy, names)), names


def stream_of(dialect: Dialect) -> tuple[list[Frame], list[str]]:
    names: list[str] = []
    told: list[Frame] = []
    for raw in frames(dialect, ANSWER):
        frame = NATIVE[dialect].frame(raw)
        if frame.data.startswith(b"{") and frame.event != IN_PROGRESS:
            said = msgspec.json.decode(frame.data)
            answer = said.get("response", {})
            again = {name: answer.pop(name) for name in AGAIN & answer.keys()}
            with_canaries(said, names)
            answer |= again
            frame = msgspec.structs.replace(frame, data=msgspec.json.encode(said))
        told.append(frame)
    return told, names


def events_of(dialect: Dialect, told: list[Frame]) -> list[ir.Event]:
    decoder = UPSTREAM_CODECS[dialect].event_decoder(MEMO)
    return [*(event for frame in told for event in decoder.feed(frame)), *decoder.close()]


@pytest.mark.parametrize("dialect", WHOLE)
def test_unknown_fields_of_an_answer_stay_in_their_own_dialect(dialect: Dialect) -> None:
    body, names = whole_of(dialect)
    answer = UPSTREAM_CODECS[dialect].decode_response(body, MEMO)
    told = CLIENT_CODECS[dialect].encode_response(answer, ASKED[dialect])
    assert [name for name in names if name.encode() not in told.body] == []
    assert {loss.code for loss in told.losses} <= {"seal"}


@pytest.mark.parametrize(("dialect", "other"), PAIRS)
def test_each_unknown_field_of_an_answer_is_told_as_lost(dialect: Dialect, other: Dialect) -> None:
    body, names = whole_of(dialect)
    bared = Bared(dialect)
    answer = bared.response(UPSTREAM_CODECS[dialect].decode_response(body, MEMO))
    told = CLIENT_CODECS[other].encode_response(answer, ASKED[other])
    codes = {loss.code for loss in bared.losses}
    assert sorted({f"other:{name}" for name in names} - codes) == []
    assert b"sings" not in told.body


@pytest.mark.parametrize("dialect", WHOLE)
def test_unknown_fields_of_a_stream_stay_in_their_own_dialect(dialect: Dialect) -> None:
    frames_, names = stream_of(dialect)
    encoder = CLIENT_CODECS[dialect].event_encoder(ASKED[dialect])
    told = b"".join([*map(encoder.feed, events_of(dialect, frames_)), encoder.close()])
    assert [name for name in names if name.encode() not in told] == []


@pytest.mark.parametrize(("dialect", "other"), PAIRS)
def test_each_unknown_field_of_a_stream_is_told_as_lost(dialect: Dialect, other: Dialect) -> None:
    frames_, names = stream_of(dialect)
    bared = Bared(dialect)
    encoder = CLIENT_CODECS[other].event_encoder(ASKED[other])
    events = map(bared.event, events_of(dialect, frames_))
    told = b"".join([*map(encoder.feed, events), encoder.close()])
    codes = {loss.code for loss in bared.losses}
    assert sorted({f"other:{name}" for name in names} - codes) == []
    assert b"sings" not in told
