"""Fields nobody has invented yet: unchanged in their own dialect, told as lost in any other."""

import copy
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

from protocols.codec import Head
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from tests.protocols.corpus.equal import canonical, missing
from tests.protocols.corpus.exchanges import target_of

NAMES: Final = [f"canary{number:02}x" for number in range(50)]
HEAD: Final = Head(model="m")
SCHEMA: Final = {"type": "object", "properties": {"canary": {"type": "string"}}}
CALL: Final = {"name": "look", "arguments": "{}"}
BODIES: Final[dict[Dialect, dict[str, Any]]] = {
    "openai.chat": {
        "model": "m",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Look."}]},
            {
                "role": "assistant",
                "tool_calls": [{"id": "call_1", "type": "function", "function": CALL}],
            },
            {"role": "tool", "tool_call_id": "call_1", "content": "seen"},
        ],
        "tools": [{"type": "function", "function": {"name": "look", "parameters": SCHEMA}}],
    },
    "openai.responses": {
        "model": "m",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Look."}]},
            {"type": "function_call", "call_id": "call_1", **CALL},
            {"type": "function_call_output", "call_id": "call_1", "output": "seen"},
        ],
        "tools": [{"type": "function", "name": "look", "parameters": SCHEMA, "strict": False}],
    },
    "anthropic.messages": {
        "model": "m",
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Look."}]},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "call_1", "name": "look", "input": {}}],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "seen"}],
            },
        ],
        "tools": [{"name": "look", "input_schema": SCHEMA}],
    },
    "gemini.generate": {
        "contents": [
            {"role": "user", "parts": [{"text": "Look."}]},
            {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {}}}]},
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "look", "response": {"output": "seen"}}}],
            },
        ],
        "tools": [{"functionDeclarations": [{"name": "look", "parametersJsonSchema": SCHEMA}]}],
    },
    "bedrock.converse": {
        "messages": [
            {"role": "user", "content": [{"text": "Look."}]},
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "call_1", "name": "look", "input": {}}}],
            },
            {
                "role": "user",
                "content": [{"toolResult": {"toolUseId": "call_1", "content": [{"text": "seen"}]}}],
            },
        ],
        "toolConfig": {"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": SCHEMA}}}]},
    },
}
CELLS: Final = [(one, other) for one in BODIES for other in BODIES if one != other]


def places(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body, its messages, the first block of the first, and what declares a tool."""
    yield body
    messages = body.get("messages") or body.get("input") or body["contents"]
    yield from messages
    yield (messages[0].get("content") or messages[0]["parts"])[0]
    tool = (body.get("tools") or body["toolConfig"]["tools"])[0]
    declared = tool.get("toolSpec") or tool.get("functionDeclarations")
    yield declared[0] if isinstance(declared, list) else declared or tool


def with_canaries(dialect: Dialect) -> bytes:
    body = copy.deepcopy(BODIES[dialect])
    found = list(places(body))
    for number, name in enumerate(NAMES):
        found[number % len(found)][name] = {"sings": number}
    return msgspec.json.encode(body)


@pytest.mark.parametrize("dialect", BODIES)
def test_unknown_fields_stay_where_they_are_in_their_own_dialect(dialect: Dialect) -> None:
    body = with_canaries(dialect)
    asked = CLIENT_CODECS[dialect].decode_request(body, HEAD)
    sent = UPSTREAM_CODECS[dialect].encode_request(asked, target_of(dialect), "attempt")
    assert sent.losses == ()
    before, after = canonical(body, dialect), canonical(sent.body, dialect)
    before.pop("model", None)  # the target's
    assert missing(before, after) == []


@pytest.mark.parametrize(("dialect", "other"), CELLS)
def test_each_unknown_field_is_told_as_lost_in_another_dialect(
    dialect: Dialect, other: Dialect
) -> None:
    asked = CLIENT_CODECS[dialect].decode_request(with_canaries(dialect), HEAD)
    sent = UPSTREAM_CODECS[other].encode_request(asked, target_of(other), "attempt")
    told = {loss.code for loss in sent.losses}
    assert sorted({f"other:{name}" for name in NAMES} - told) == []
    assert b"sings" not in sent.body
