"""What came in Chat goes out in Chat."""

from typing import Any

import msgspec
import pytest

from protocols.codec import Head
from protocols.openai_chat.codec import ChatCodec
from tests.protocols.chat_requests import (
    body,
    sent,
    target,
)

CODEC = ChatCodec()

CHAT: dict[str, Any] = {
    "model": "upstream",
    "messages": [
        {"role": "developer", "content": "d", "name": "n"},
        {"role": "user", "content": [], "odd": 1},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}, "odd": 1},
                {
                    "type": "image_url",
                    "image_url": {"url": "https://x/i.png", "detail": "low", "odd": 1},
                    "cache_control": {"type": "ephemeral", "ttl": "1h"},
                },
                {"type": "image_url", "image_url": "gs://x/i.png"},
                {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                {"type": "input_audio", "input_audio": "AAAA"},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "AAAA"}},
                {"type": "file", "file": {"file_data": "https://x/a.pdf"}},
                {"type": "document_url", "document_url": "https://x"},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True},
                {"type": "text", "text": "a"},
            ],
            "reasoning": "well",
            "refusal": "no",
            "audio": {"id": "audio_1"},
            "name": "bot",
            "reasoning_details": [{"type": "x"}],
            "tool_calls": [
                {
                    "id": "c.1",
                    "type": "function",
                    "function": {"name": "f.g", "arguments": "{", "odd": 1},
                    "extra_content": {"google": {"thought_signature": "s"}},
                },
                {"id": "c2", "type": "custom", "custom": {"name": "patch", "input": "free"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c.1", "name": "f.g", "content": "42", "odd": 1},
        {
            "role": "tool",
            "tool_call_id": "c2",
            "content": [{"type": "image_url", "image_url": {"url": "https://x/i.png"}}],
        },
        {"role": "tool", "tool_call_id": "never called", "content": ""},
        {"role": "assistant", "content": None},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "f.g",
                "description": "d",
                "parameters": {"type": "object"},
                "strict": True,
                "odd": 1,
            },
            "cache_control": {"type": "ephemeral"},
        },
        {"type": "custom", "custom": {"name": "patch", "description": "d", "format": {"a": 1}}},
        {"type": "web_search", "odd": 1},
    ],
    "tool_choice": {
        "type": "allowed_tools",
        "allowed_tools": {
            "mode": "required",
            "tools": [
                {"type": "function", "function": {"name": "f.g"}},
                {"type": "custom", "custom": {"name": "patch"}},
            ],
        },
    },
    "parallel_tool_calls": False,
    "response_format": {
        "type": "json_schema",
        "json_schema": {
            "name": "n",
            "description": "d",
            "schema": {"a": 1},
            "strict": False,
            "odd": 1,
        },
    },
    "reasoning_effort": "weird",
    "temperature": 0,
    "top_p": 1,
    "top_k": 5,
    "seed": 3,
    "presence_penalty": 0,
    "frequency_penalty": 0.5,
    "logprobs": True,
    "top_logprobs": 2,
    "max_completion_tokens": 7,
    "n": 2,
    "stop": ["1", "2", "3", "4", "5"],
    "verbosity": "low",
    "prompt_cache_key": "k",
    "service_tier": "weird",
    "user": "u" * 99,
    "modalities": ["text", "audio"],
    "metadata": {"a": "b"},
    "store": True,
    "stream": True,
    "stream_options": {"include_usage": True, "include_obfuscation": False},
    "logit_bias": {"5": 1},
    "audio": {"voice": "v"},
}


def test_a_request_in_chat_goes_on_as_it_came() -> None:
    request = CODEC.decode_request(msgspec.json.encode(CHAT), Head())
    encoded = sent(request, target(vendor="gemini"))  # whose signature is in it
    assert msgspec.json.decode(encoded.body) == CHAT
    assert encoded.losses == ()
    assert CODEC.decode_request(encoded.body, Head()) == request


@pytest.mark.parametrize(
    "said",
    [
        {"tool_choice": "none"},
        {"tool_choice": "weird"},
        {"tool_choice": "any"},
        {"safety_identifier": "s"},
        {"safety_identifier": "s", "user": "u"},
        {"tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"tool_choice": {"type": "custom", "custom": {"name": "f"}}, "tools": [
            {"type": "custom", "custom": {"name": "f"}}]},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "text"}},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
        {"response_format": {"type": "weird"}},
        {"parallel_tool_calls": True},
        {"stop": "x"},
        {"max_tokens": 5},
        {"function_call": "auto", "functions": [{"name": "f", "odd": 1}]},
        {"function_call": {"name": "f"}, "functions": [{"name": "f"}], "tools": [
            {"type": "function", "function": {"name": "g"}}]},
        {"function_call": "weird"},
    ],
)  # fmt: skip
def test_other_spellings_of_chat_go_on_too(said: dict[str, Any]) -> None:
    chat = {"model": "upstream", "messages": [], **said}
    request = CODEC.decode_request(msgspec.json.encode(chat), Head())
    assert body(request) == chat


def test_what_was_said_before_tools_goes_on_too() -> None:
    chat = {
        "model": "upstream",
        "messages": [
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}},
            {"role": "function", "name": "f", "content": "42"},
        ],
    }
    request = CODEC.decode_request(msgspec.json.encode(chat), Head())
    told = body(request)["messages"]
    assert told[0]["function_call"] == {"name": "f", "arguments": "{}"}
    assert told[1] == {"role": "function", "name": "f", "content": "42"}


def test_an_older_name_of_the_limit_is_used_where_the_newer_is_refused() -> None:
    new = {"model": "m", "messages": [], "max_completion_tokens": 5}
    request = CODEC.decode_request(msgspec.json.encode(new), Head())
    assert body(request, target("max_completion_tokens"))["max_tokens"] == 5
    old = {"model": "m", "messages": [], "max_tokens": 5}
    request = CODEC.decode_request(msgspec.json.encode(old), Head())
    assert body(request, target("max_tokens"))["max_completion_tokens"] == 5


SIGNED: Any = {"google": {"thought_signature": "s"}}
USER: Any = {"role": "user", "content": "Hi"}
CALLED: Any = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("carried", "left"),
    [
        (SIGNED, None),
        ({**SIGNED, "odd": 1}, {"odd": 1}),
        ({"google": {"odd": 1}}, {"google": {"odd": 1}}),
        ({"google": None}, {"google": None}),
        ({"odd": 1}, {"odd": 1}),
        ("odd", "odd"),
    ],
)
def test_what_stands_beside_a_message_goes_on_without_a_seal_of_googles(
    carried: Any, left: Any
) -> None:
    said = {"role": "assistant", "content": "a", "extra_content": carried}
    asked = msgspec.json.encode({"model": "m", "messages": [USER, said]})
    request = CODEC.decode_request(asked, Head())
    told = sent(request)
    _, turn = msgspec.json.decode(told.body)["messages"]
    assert turn == {"role": "assistant", "content": "a"} | ({"extra_content": left} if left else {})
    assert [loss.code for loss in told.losses] == (["seal"] if carried != left else [])


@pytest.mark.parametrize("vendor", ["google", "gemini", "vertex", "openai", "somebody"])
def test_a_call_s_seal_of_googles_goes_to_google_alone(vendor: str) -> None:
    said = {"role": "assistant", "tool_calls": [{**CALLED, "extra_content": SIGNED}]}
    asked = msgspec.json.encode({"model": "m", "messages": [USER, said]})
    told = sent(CODEC.decode_request(asked, Head()), target(vendor=vendor))
    _, turn = msgspec.json.decode(told.body)["messages"]
    is_google = vendor in {"google", "gemini", "vertex"}
    assert turn["tool_calls"][0].get("extra_content") == (SIGNED if is_google else None)
    assert [loss.code for loss in told.losses] == ([] if is_google else ["seal"])
