"""Fields nobody has invented yet, within what is modelled: as at the top of requests (PR-22)."""

import copy
from typing import Any, Final

import msgspec
import pytest

from protocols.codec import Head
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from tests.protocols.corpus.exchanges import target_of

HEAD: Final = Head(model="m")
PNG: Final = "iVBORw0KGgo="
URL: Final = f"data:image/png;base64,{PNG}"
SCHEMA: Final = {"type": "object", "properties": {"x": {"type": "string"}}}
GRAMMAR: Final = {"syntax": "lark", "definition": "start: WORD"}
FUNCTION: Final = {"name": "look", "parameters": SCHEMA}
Place = tuple[str | int, ...]
BODIES: Final[dict[Dialect, dict[str, Any]]] = {
    "openai.chat": {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look."},
                    {"type": "image_url", "image_url": {"url": URL}},
                ],
            },
            {
                "role": "assistant",
                "content": [{"type": "refusal", "refusal": "no"}],
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "look", "arguments": "{}"},
                    }
                ],
            },
            {
                "role": "tool",
                "tool_call_id": "call_1",
                "content": [{"type": "text", "text": "seen"}],
            },
        ],
        "tools": [
            {"type": "function", "function": FUNCTION},
            {
                "type": "custom",
                "custom": {"name": "free", "format": {"type": "grammar", "grammar": GRAMMAR}},
            },
        ],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "n", "schema": SCHEMA},
        },
    },
    "openai.responses": {
        "input": [
            {"role": "user", "content": [{"type": "input_image", "image_url": URL}]},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "ok", "annotations": []}],
            },
            {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"},
            {
                "type": "function_call_output",
                "call_id": "call_1",
                "output": [{"type": "input_text", "text": "seen"}],
            },
        ],
        "tools": [
            {"type": "function", **FUNCTION, "strict": False},
            {"type": "custom", "name": "free", "format": {"type": "grammar", **GRAMMAR}},
        ],
        "text": {"verbosity": "low"},
    },
    "anthropic.messages": {
        "max_tokens": 9000,
        "messages": [
            {
                "role": "user",
                "content": [
                    {
                        "type": "document",
                        "citations": {"enabled": True},
                        "source": {"type": "text", "media_type": "text/plain", "data": "told"},
                    },
                    {
                        "type": "document",
                        "source": {"type": "content", "content": [{"type": "text", "text": "in"}]},
                    },
                    {
                        "type": "document",
                        "citations": {"enabled": True},
                        "source": {"type": "content", "content": [{"type": "text", "text": "in"}]},
                    },
                    {
                        "type": "search_result",
                        "source": "s",
                        "title": "t",
                        "content": [{"type": "text", "text": "found"}],
                    },
                ],
            },
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "call_1", "name": "look", "input": {}}],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "call_1",
                        "content": [
                            {"type": "text", "text": "seen"},
                            {
                                "type": "image",
                                "source": {
                                    "type": "base64",
                                    "media_type": "image/png",
                                    "data": PNG,
                                },
                            },
                        ],
                    }
                ],
            },
        ],
        "tools": [{"name": "look", "input_schema": SCHEMA}],
        "tool_choice": {"type": "tool", "name": "look"},
        "metadata": {"user_id": "u"},
        "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": SCHEMA}},
    },
    "gemini.generate": {
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "Look."},
                    {"inlineData": {"mimeType": "image/png", "data": PNG}},
                ],
            },
            {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {}}}]},
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "look", "response": {"output": "seen"}}}],
            },
        ],
        "tools": [{"functionDeclarations": [{"name": "look", "parametersJsonSchema": SCHEMA}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        "generationConfig": {"temperature": 0.5},
    },
    "bedrock.converse": {
        "messages": [
            {
                "role": "user",
                "content": [
                    {
                        "document": {
                            "format": "txt",
                            "name": "doc",
                            "source": {"text": "told"},
                            "citations": {"enabled": True},
                        }
                    },
                    {"guardContent": {"text": {"text": "guarded"}}},
                    {
                        "searchResult": {
                            "source": "s",
                            "title": "t",
                            "content": [{"text": "found"}],
                        }
                    },
                ],
            },
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "call_1", "name": "look", "input": {}}}],
            },
            {
                "role": "user",
                "content": [{"toolResult": {"toolUseId": "call_1", "content": [{"text": "seen"}]}}],
            },
        ],
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": SCHEMA}}}],
            "toolChoice": {"tool": {"name": "look"}},
        },
        "inferenceConfig": {"maxTokens": 900},
        "outputConfig": {
            "textFormat": {
                "type": "json_schema",
                "structure": {"jsonSchema": {"name": "n", "schema": "{}"}},
            }
        },
    },
}
PLACES: Final[dict[Dialect, tuple[Place, ...]]] = {
    "openai.chat": (
        ("messages", 0, "content", 1, "image_url"),
        ("messages", 1, "content", 0),
        ("messages", 1, "tool_calls", 0, "function"),
        ("messages", 2, "content", 0),
        ("tools", 0, "function"),
        ("tools", 1, "custom", "format"),
        ("tools", 1, "custom", "format", "grammar"),
        ("tool_choice", "function"),
        ("response_format",),
        ("response_format", "json_schema"),
    ),
    "openai.responses": (
        ("input", 0, "content", 0),
        ("input", 1),
        ("input", 1, "content", 0),
        ("input", 2),
        ("input", 2, "content", 0),
        ("input", 3),
        ("input", 4, "output", 0),
        ("tools", 1, "format"),
        ("text",),
    ),
    "anthropic.messages": (
        ("messages", 0, "content", 0),
        ("messages", 0, "content", 0, "source"),
        ("messages", 0, "content", 0, "citations"),
        ("messages", 0, "content", 1),
        ("messages", 0, "content", 1, "source"),
        ("messages", 0, "content", 1, "source", "content", 0),
        ("messages", 0, "content", 2, "source", "content", 0),
        ("messages", 0, "content", 3),
        ("messages", 2, "content", 0, "content", 0),
        ("messages", 2, "content", 0, "content", 1),
        ("messages", 2, "content", 0, "content", 1, "source"),
        ("tool_choice",),
        ("metadata",),
        ("output_config",),
        ("output_config", "format"),
    ),
    "gemini.generate": (
        ("contents", 0, "parts", 1, "inlineData"),
        ("contents", 1, "parts", 0, "functionCall"),
        ("contents", 2, "parts", 0, "functionResponse"),
        ("toolConfig",),
        ("generationConfig",),
    ),
    "bedrock.converse": (
        ("messages", 0, "content", 0, "document"),
        ("messages", 0, "content", 0, "document", "citations"),
        ("messages", 0, "content", 1),
        ("messages", 0, "content", 2),
        ("messages", 2, "content", 0, "toolResult", "content", 0),
        ("toolConfig", "tools", 0, "toolSpec", "inputSchema"),
        ("toolConfig",),
        ("inferenceConfig",),
        ("outputConfig",),
        ("outputConfig", "textFormat"),
        ("outputConfig", "textFormat", "structure"),
        ("outputConfig", "textFormat", "structure", "jsonSchema"),
    ),
}


CASES: Final = [(dialect, place) for dialect, places in PLACES.items() for place in places]


def with_canary(dialect: Dialect, place: Place) -> bytes:
    body: Any = copy.deepcopy({"model": "m", **BODIES[dialect]})
    found = body
    for step in place:
        found = found[step]
    found["canary"] = {"sings": True}
    return msgspec.json.encode(body)


@pytest.mark.parametrize(("dialect", "place"), CASES)
def test_a_field_within_stays_in_its_own_dialect(dialect: Dialect, place: Place) -> None:
    body = with_canary(dialect, place)
    asked = CLIENT_CODECS[dialect].decode_request(body, HEAD)
    sent = UPSTREAM_CODECS[dialect].encode_request(asked, target_of(dialect), "attempt")
    found: Any = msgspec.json.decode(sent.body)
    for step in place:
        found = found[step]
    assert found["canary"] == {"sings": True}
    assert sent.losses == ()


@pytest.mark.parametrize(("dialect", "place"), CASES)
def test_a_field_within_is_told_as_lost_in_another_dialect(dialect: Dialect, place: Place) -> None:
    asked = CLIENT_CODECS[dialect].decode_request(with_canary(dialect, place), HEAD)
    for other, codec in UPSTREAM_CODECS.items():
        if other != dialect:
            sent = codec.encode_request(asked, target_of(other), "attempt")
            assert "other:canary" in {loss.code for loss in sent.losses}, other
            assert b"canary" not in sent.body, other
