"""Official SDKs whose model speaks another dialect than they do: nothing of it is to be seen.

The vendors are `switchyard mock`, called as a vendor of one dialect each.
"""

from typing import Any, Final

import anthropic
import msgspec
import openai
import pytest
from anthropic import Anthropic
from openai import AzureOpenAI, OpenAI

from tests.clients.foreign import CITIES, GREETING, PICTURE, limited, others, vendors
from tests.clients.kept import Keep
from tests.clients.stack import Stack
from tests.clients.tools import ANTHROPIC_WEATHER, SCHEMA, WEATHER, answer_of_tool

__all__ = ["vendors"]

HELLO: Final[Any] = [{"role": "user", "content": GREETING}]
TIME: Final[Any] = {"name": "get_time", "description": "The time in a city.", "parameters": SCHEMA}
ANTHROPIC_TIME: Final[Any] = {"name": "get_time", "input_schema": SCHEMA}


@pytest.fixture(params=["openai", "azure"])
def chat(request: pytest.FixtureRequest, vendors: Stack, keep: Keep) -> OpenAI:
    """As it is, and as it talks to Azure: the model is in the path there."""
    key = vendors.key.value
    if request.param == "azure":
        return keep(azure_of(vendors, key))
    return keep(OpenAI(base_url=f"{vendors.url}/v1", api_key=key, max_retries=0))


def azure_of(stack: Stack, key: str) -> AzureOpenAI:
    return AzureOpenAI(
        azure_endpoint=stack.url, api_key=key, api_version="2024-10-21", max_retries=0
    )


@pytest.fixture
def messages(vendors: Stack, keep: Keep) -> Anthropic:
    return keep(Anthropic(base_url=vendors.url, api_key=vendors.key.value, max_retries=0))


# --- the openai SDK, Chat -------------------------------------------------------------------------

FOREIGN_TO_CHAT: Final = others("chat")


@pytest.mark.parametrize("vendor", FOREIGN_TO_CHAT)
def test_chat_has_its_answer(chat: OpenAI, vendor: str) -> None:
    model = f"{vendor}.mock-echo"
    raw = chat.chat.completions.with_raw_response.create(model=model, messages=HELLO)
    answer = raw.parse()
    assert answer.choices[0].message.content == GREETING
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == model
    assert answer.id == f"chatcmpl-{raw.headers['x-switchyard-request-id'].removeprefix('req_')}"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert raw.headers["x-switchyard-target"] == f"{vendor}/mock-echo"
    assert "x-switchyard-degraded" not in raw.headers


@pytest.mark.parametrize("vendor", FOREIGN_TO_CHAT)
def test_chat_streams(chat: OpenAI, vendor: str) -> None:
    events = list(
        chat.chat.completions.create(
            model=f"{vendor}.mock-lorem",
            messages=HELLO,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    text = "".join(event.choices[0].delta.content or "" for event in events if event.choices)
    assert len(text.split()) == 60
    assert [e.choices[0].finish_reason for e in events if e.choices][-1] == "stop"
    assert events[-1].usage is not None
    assert events[-1].usage.completion_tokens > 50


@pytest.mark.parametrize("vendor", FOREIGN_TO_CHAT)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_chat_calls_tools_in_two_turns(chat: OpenAI, vendor: str, *, stream: bool) -> None:
    said: list[Any] = [{"role": "user", "content": CITIES}]
    asked: Any = {
        "model": f"{vendor}.mock-tools",
        "tools": [{"type": "function", "function": tool} for tool in (WEATHER, TIME)],
    }
    if stream:
        with chat.chat.completions.stream(messages=said, **asked) as events:
            events.until_done()
            first: Any = events.get_final_completion()
    else:
        first = chat.chat.completions.create(messages=said, **asked)
    calls = first.choices[0].message.tool_calls
    assert first.choices[0].finish_reason == "tool_calls"
    assert {call.function.name for call in calls} == {"get_weather", "get_time"}
    said.append(
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.function.name, "arguments": call.function.arguments},
                }
                for call in calls
            ],
        }
    )
    said += [
        {
            "role": "tool",
            "tool_call_id": call.id,
            "content": answer_of_tool(call.function.arguments),
        }
        for call in calls
    ]
    second = chat.chat.completions.create(messages=said, **asked)
    assert second.choices[0].finish_reason == "stop"
    assert "21 degrees" in str(second.choices[0].message.content)


@pytest.mark.parametrize("vendor", FOREIGN_TO_CHAT)
def test_chat_shows_pictures(chat: OpenAI, vendor: str) -> None:
    picture = {"url": f"data:image/png;base64,{PICTURE}"}
    said: Any = [{"role": "user", "content": [{"type": "image_url", "image_url": picture}]}]
    answer = chat.chat.completions.create(model=f"{vendor}.mock-vision", messages=said)
    assert "image/png" in str(answer.choices[0].message.content)


@pytest.mark.parametrize("vendor", FOREIGN_TO_CHAT)
def test_chat_has_objects_of_a_schema(chat: OpenAI, vendor: str) -> None:
    schema = {**SCHEMA, "additionalProperties": False}
    form: Any = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
    answer = chat.chat.completions.create(
        model=f"{vendor}.mock-json", messages=HELLO, response_format=form
    )
    assert isinstance(msgspec.json.decode(str(answer.choices[0].message.content))["city"], str)


@pytest.mark.parametrize("vendor", FOREIGN_TO_CHAT)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_chat_hears_of_a_vendor_s_limit_as_of_its_own(
    chat: OpenAI, vendors: Stack, mock_url: str, vendor: str, *, stream: bool
) -> None:
    model = limited(
        vendors, mock_url, vendor=vendor, name=f"{type(chat).__name__}-{stream}".lower()
    )
    with pytest.raises(openai.RateLimitError) as raised:
        chat.chat.completions.create(model=model, messages=HELLO, stream=stream)
    assert raised.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("vendor", FOREIGN_TO_CHAT)
def test_chat_hears_that_a_stream_broke_off(chat: OpenAI, vendor: str) -> None:
    model = f"{vendor}.mock-lorem;fail=500;fail_at=text_delta"
    with pytest.raises(openai.APIError):
        list(chat.chat.completions.create(model=model, messages=HELLO, stream=True))


# --- the anthropic SDK, Messages ------------------------------------------------------------------

FOREIGN_TO_MESSAGES: Final = others("messages")


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


@pytest.mark.parametrize("vendor", FOREIGN_TO_MESSAGES)
def test_messages_have_their_answer(messages: Anthropic, vendor: str) -> None:
    model = f"{vendor}.mock-echo"
    raw = messages.messages.with_raw_response.create(model=model, max_tokens=64, messages=HELLO)
    answer = raw.parse()
    assert (text_of(answer), answer.stop_reason) == (GREETING, "end_turn")
    assert answer.model == model
    assert answer.id == f"msg_{raw.headers['x-switchyard-request-id'].removeprefix('req_')}"
    assert answer.usage.output_tokens > 0
    assert raw.headers["x-switchyard-target"] == f"{vendor}/mock-echo"


@pytest.mark.parametrize("vendor", FOREIGN_TO_MESSAGES)
def test_messages_stream(messages: Anthropic, vendor: str) -> None:
    asked: Any = {"model": f"{vendor}.mock-lorem", "max_tokens": 500, "messages": HELLO}
    with messages.messages.stream(**asked) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len("".join(pieces).split()) == 60
    assert (text_of(final), final.stop_reason) == ("".join(pieces), "end_turn")
    assert final.usage.output_tokens > 50


@pytest.mark.parametrize("vendor", FOREIGN_TO_MESSAGES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_messages_call_tools_in_two_turns(
    messages: Anthropic, vendor: str, *, stream: bool
) -> None:
    said: list[Any] = [{"role": "user", "content": CITIES}]
    asked: Any = {
        "model": f"{vendor}.mock-tools",
        "max_tokens": 500,
        "tools": [ANTHROPIC_WEATHER, ANTHROPIC_TIME],
    }
    if stream:
        with messages.messages.stream(messages=said, **asked) as events:
            first: Any = events.get_final_message()
    else:
        first = messages.messages.create(messages=said, **asked)
    assert first.stop_reason == "tool_use"
    calls = [block for block in first.content if block.type == "tool_use"]
    assert {call.name for call in calls} == {"get_weather", "get_time"}
    said.append({"role": "assistant", "content": [b.model_dump() for b in first.content]})
    results = [
        {
            "type": "tool_result",
            "tool_use_id": call.id,
            "content": answer_of_tool(msgspec.json.encode(call.input).decode()),
        }
        for call in calls
    ]
    said.append({"role": "user", "content": results})
    second = messages.messages.create(messages=said, **asked)
    assert second.stop_reason == "end_turn"
    assert "21 degrees" in text_of(second)


@pytest.mark.parametrize("vendor", FOREIGN_TO_MESSAGES)
def test_messages_show_pictures(messages: Anthropic, vendor: str) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    said: Any = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    answer = messages.messages.create(model=f"{vendor}.mock-vision", max_tokens=200, messages=said)
    assert "image/png" in text_of(answer)


@pytest.mark.parametrize("vendor", FOREIGN_TO_MESSAGES)
def test_messages_are_counted_for_any_model(messages: Anthropic, vendor: str) -> None:
    raw = messages.messages.with_raw_response.count_tokens(
        model=f"{vendor}.mock-echo", messages=HELLO
    )
    assert raw.parse().input_tokens > 4
    # Of these only a vendor of Chat does not count itself.
    assert ("x-switchyard-estimated" in raw.headers) == (vendor == "chat")


@pytest.mark.parametrize("vendor", FOREIGN_TO_MESSAGES)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_messages_hear_of_a_vendor_s_limit_as_of_their_own(
    messages: Anthropic, vendors: Stack, mock_url: str, vendor: str, *, stream: bool
) -> None:
    model = limited(vendors, mock_url, vendor=vendor, name=f"messages-{stream}".lower())
    with pytest.raises(anthropic.RateLimitError) as raised:
        messages.messages.create(model=model, max_tokens=9, messages=HELLO, stream=stream)
    assert raised.value.response.headers["retry-after"] == "7"
    body: Any = raised.value.body
    assert body["error"]["type"] == "rate_limit_error"


@pytest.mark.parametrize("vendor", FOREIGN_TO_MESSAGES)
def test_messages_hear_that_a_stream_broke_off(messages: Anthropic, vendor: str) -> None:
    model = f"{vendor}.mock-lorem;fail=500;fail_at=text_delta"
    with pytest.raises(anthropic.APIStatusError):
        list(messages.messages.create(model=model, max_tokens=500, messages=HELLO, stream=True))
