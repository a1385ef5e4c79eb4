"""The official openai SDK on Responses, whatever dialect the model speaks."""

from typing import Any, Final

import msgspec
import openai
import pytest
from openai import OpenAI, Stream
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.clients.foreign import CITIES, GREETING, PICTURE, limited, others, vendors
from tests.clients.kept import Keep
from tests.clients.stack import Stack
from tests.clients.tools import SCHEMA, WEATHER, answer_of_tool

__all__ = ["vendors"]

VENDORS: Final = others("responses")
TOOLS: Final[Any] = [
    {"type": "function", "strict": False, **tool}
    for tool in (WEATHER, {"name": "get_time", "parameters": SCHEMA})
]


@pytest.fixture
def client(vendors: Stack, keep: Keep) -> OpenAI:
    return keep(OpenAI(base_url=f"{vendors.url}/v1", api_key=vendors.key.value, max_retries=0))


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_answer(client: OpenAI, vendor: str) -> None:
    raw = client.responses.with_raw_response.create(model=f"{vendor}.mock-echo", input=GREETING)
    answer = raw.parse()
    assert (answer.output_text, answer.status) == (GREETING, "completed")
    assert answer.id == f"resp_{raw.headers['x-switchyard-request-id'].removeprefix('req_')}"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_stream(client: OpenAI, vendor: str) -> None:
    with client.responses.stream(model=f"{vendor}.mock-lorem", input=GREETING) as stream:
        events = list(stream)
        final = stream.get_final_response()
    pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert len("".join(pieces).split()) == 60
    assert final.output_text == "".join(pieces)
    assert [event.sequence_number for event in events] == list(range(len(events)))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_two_tools_in_two_turns(client: OpenAI, vendor: str, *, stream: bool) -> None:
    said: list[Any] = [{"role": "user", "content": CITIES}]
    asked: Any = {"model": f"{vendor}.mock-tools", "tools": TOOLS}
    if stream:
        with client.responses.stream(input=said, **asked) as events:
            events.until_done()
            first: Any = events.get_final_response()
    else:
        first = client.responses.create(input=said, **asked)
    calls = [item for item in first.output if item.type == "function_call"]
    assert {call.name for call in calls} == {"get_weather", "get_time"}
    said += [
        {
            "type": "function_call",
            "call_id": call.call_id,
            "name": call.name,
            "arguments": call.arguments,
        }
        for call in calls
    ]
    said += [
        {
            "type": "function_call_output",
            "call_id": call.call_id,
            "output": answer_of_tool(call.arguments),
        }
        for call in calls
    ]
    second = client.responses.create(input=said, **asked)
    assert "21 degrees" in second.output_text


@pytest.mark.parametrize("vendor", [*VENDORS, "mock"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_body_by_the_path_of_chat_is_answered_as_chat(
    client: OpenAI, vendor: str, *, stream: bool
) -> None:
    model = f"{vendor}.mock-echo" if vendor != "mock" else "mock-echo"
    body = {"model": model, "input": GREETING, "stream": stream}
    if not stream:
        answer = client.post("/chat/completions", body=body, cast_to=ChatCompletion)
        assert answer.choices[0].message.content == GREETING
        return
    events = client.post(
        "/chat/completions",
        body=body,
        cast_to=ChatCompletionChunk,
        stream=True,
        stream_cls=Stream[ChatCompletionChunk],
    )
    pieces = [event.choices[0].delta.content or "" for event in events if event.choices]
    assert "".join(pieces) == GREETING


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_picture(client: OpenAI, vendor: str) -> None:
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{PICTURE}"}
    said: Any = [{"role": "user", "content": [picture]}]
    answer = client.responses.create(model=f"{vendor}.mock-vision", input=said)
    assert "image/png" in answer.output_text


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_object_of_a_schema(client: OpenAI, vendor: str) -> None:
    schema = {**SCHEMA, "additionalProperties": False}
    form: Any = {"format": {"type": "json_schema", "name": "place", "schema": schema}}
    answer = client.responses.create(model=f"{vendor}.mock-json", input=GREETING, text=form)
    assert isinstance(msgspec.json.decode(answer.output_text)["city"], str)


@pytest.mark.parametrize("vendor", VENDORS)
def test_tokens_are_counted_for_any_model(client: OpenAI, vendor: str) -> None:
    counting = client.responses.input_tokens.with_raw_response
    told = counting.count(model=f"{vendor}.mock-echo", input=GREETING)
    assert told.parse().input_tokens > 4
    assert ("x-switchyard-estimated" in told.headers) == (vendor == "chat")


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_limit_is_told_as_openai_tells_it(
    client: OpenAI, vendors: Stack, mock_url: str, vendor: str, *, stream: bool
) -> None:
    name = f"responses-{stream}".lower()
    model = limited(vendors, mock_url, vendor=vendor, name=name)
    with pytest.raises(openai.RateLimitError) as raised:
        client.responses.create(model=model, input=GREETING, stream=stream)
    assert raised.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_conversation_that_nobody_keeps_is_refused(client: OpenAI, vendor: str) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.responses.create(
            model=f"{vendor}.mock-echo", input=GREETING, previous_response_id="resp_of_another"
        )
    assert raised.value.param == "previous_response_id"
    assert "send the full input" in raised.value.message
