"""The official openai SDK, with only base URL and key changed.

"Cannot tell it is there": the same call is made through the gateway and straight to the vendor, and
the SDK's whole result objects are compared.
"""

from collections.abc import Callable
from typing import Any, Final

import openai
import pytest
from openai import OpenAI

from tests.clients.kept import Keep
from tests.clients.stack import Stack
from tests.clients.tools import WEATHER, answer_of_tool
from tests.faults.referee import Referee

MESSAGES: Final[Any] = [{"role": "user", "content": "Count to five."}]
NOBODY: Final = "sy-live-" + "A" * 43


@pytest.fixture
def through(stack: Stack, keep: Keep) -> OpenAI:
    return keep(OpenAI(base_url=f"{stack.url}/v1", api_key=stack.key.value, max_retries=0))


@pytest.fixture
def straight(referee: Referee, keep: Keep) -> OpenAI:
    return keep(OpenAI(base_url=f"{referee.url}/v1", api_key="sk-good", max_retries=0))


def chat(client: OpenAI, model: str) -> Any:
    return client.chat.completions.create(model=model, messages=MESSAGES).model_dump()


def stream(client: OpenAI, model: str) -> Any:
    events = client.chat.completions.create(model=model, messages=MESSAGES, stream=True)
    return [event.model_dump() for event in events]


def stream_with_usage(client: OpenAI, model: str) -> Any:
    events = client.chat.completions.create(
        model=model, messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    return [event.model_dump() for event in events]


def embeddings(client: OpenAI, model: str) -> Any:
    return client.embeddings.create(model=model, input=["one", "two"]).model_dump()


def float_embeddings(client: OpenAI, model: str) -> Any:
    made = client.embeddings.create(model=model, input="one", encoding_format="float")
    return made.model_dump()


@pytest.mark.parametrize("call", [chat, stream, stream_with_usage, embeddings, float_embeddings])
def test_results_are_the_vendor_s_own(
    through: OpenAI, straight: OpenAI, call: Callable[[OpenAI, str], Any]
) -> None:
    result = call(through, "oai.decent")
    assert result == call(straight, "decent")
    assert result


def test_the_usage_that_the_gateway_asks_for_is_not_shown(
    through: OpenAI, referee: Referee
) -> None:
    referee.forget()
    assert all(event["usage"] is None for event in stream(through, "oai.decent"))
    (seen,) = referee.requests()
    assert b'"include_usage":true' in seen.body


def test_a_vendor_s_refusal_of_the_request_arrives_unchanged(
    through: OpenAI, straight: OpenAI
) -> None:
    for status in (400, 422):
        told = []
        for client, model in ((through, "oai."), (straight, "")):
            with pytest.raises(openai.APIStatusError) as raised:
                chat(client, f"{model}evil-status-{status}")
            told.append((raised.type, raised.value.status_code, raised.value.body))
        assert told[0] == told[1]


@pytest.mark.parametrize("call", [chat, stream], ids=["whole", "stream"])
def test_a_rate_limit_of_the_vendor_says_when_to_come_back(
    through: OpenAI, stack: Stack, referee: Referee, call: Callable[[OpenAI, str], Any]
) -> None:
    slug = f"limited-{call.__name__}"
    stack.management.provider(
        slug=slug,
        kind="openai",
        base_url=f"{referee.url}/v1",
        secrets=["sk-good"],
        allow_unlisted_models=True,
    )
    stack.wait_until_known(slug)
    with pytest.raises(openai.RateLimitError) as raised:
        call(through, f"{slug}.evil-429-ra-7")
    assert raised.value.response.headers["retry-after"] == "7"


def test_an_overloaded_vendor_is_a_server_error(
    through: OpenAI, stack: Stack, referee: Referee
) -> None:
    stack.management.provider(
        slug="overloaded",
        kind="openai",
        base_url=f"{referee.url}/v1",
        secrets=["sk-good"],
        allow_unlisted_models=True,
    )
    stack.wait_until_known("overloaded")
    with pytest.raises(openai.InternalServerError) as raised:
        chat(through, "overloaded.evil-html-529")
    assert "html" not in raised.value.message.lower()
    assert isinstance(raised.value.body, dict)


def test_a_wrong_key_is_an_authentication_error(stack: Stack, keep: Keep) -> None:
    client = keep(OpenAI(base_url=f"{stack.url}/v1", api_key=NOBODY, max_retries=0))
    with pytest.raises(openai.AuthenticationError) as raised:
        chat(client, "oai.decent")
    assert (raised.value.code, raised.value.type) == ("invalid_api_key", "invalid_request_error")
    assert raised.value.response.headers["x-should-retry"] == "false"


def test_an_unknown_model_is_named_and_a_known_one_suggested(through: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        chat(through, "mock-ehco")
    assert (raised.value.code, raised.value.param) == ("model_not_found", "model")
    assert "mock-echo" in raised.value.message


@pytest.mark.parametrize(
    ("extra", "param", "word"),
    [
        ({"messages": "hello"}, "messages", "list"),
        ({"stream": "yes"}, "stream", "true or false"),
        ({"model": 7}, "model", "name"),
        ({"api_base": "http://evil.example"}, "api_base", "not accepted"),
        ({"n": 1_000}, "n", "128"),
    ],
)
def test_a_bad_body_is_refused_with_the_field_s_name(
    through: OpenAI, extra: dict[str, Any], param: str, word: str
) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        through.chat.completions.create(model="oai.decent", messages=MESSAGES, extra_body=extra)
    assert raised.value.param == param
    assert word in raised.value.message


def test_models_are_listed_and_one_can_be_asked_for(through: OpenAI) -> None:
    listed = {model.id: model for model in through.models.list()}
    assert "oai.decent" in listed
    assert listed["mock.mock-echo"].object == "model"
    assert through.models.retrieve("mock.mock-echo").owned_by == "mock"
    with pytest.raises(openai.NotFoundError):
        through.models.retrieve("nothing-like-it")


def test_every_answer_can_be_found_again(through: OpenAI) -> None:
    raw = through.chat.completions.with_raw_response.create(model="oai.decent", messages=MESSAGES)
    assert raw.request_id == raw.headers["x-switchyard-request-id"]
    assert raw.headers["x-switchyard-target"].startswith("oai")


# --- against the mock provider --------------------------------------------------------------------


def test_tools_in_two_turns(through: OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Oslo and Rome?"}]
    first = through.chat.completions.create(
        model="mock-tools", messages=messages, tools=[{"type": "function", "function": WEATHER}]
    )
    calls: Any = first.choices[0].message.tool_calls
    assert first.choices[0].finish_reason == "tool_calls"
    messages.append(first.choices[0].message.model_dump(exclude_none=True))
    messages += [
        {
            "role": "tool",
            "tool_call_id": call.id,
            "content": answer_of_tool(call.function.arguments),
        }
        for call in calls
    ]
    second = through.chat.completions.create(
        model="mock-tools", messages=messages, tools=[{"type": "function", "function": WEATHER}]
    )
    assert second.choices[0].finish_reason == "stop"
    assert "21" in str(second.choices[0].message.content)


def test_the_mock_provider_says_the_same_inside_and_outside(
    through: OpenAI, mock_url: str, keep: Keep
) -> None:
    outside = keep(OpenAI(base_url=f"{mock_url}/v1", api_key="any", max_retries=0))
    for model in ("mock-echo", "mock-lorem"):
        told = [chat(client, model) for client in (through, outside)]
        for answer in told:
            assert answer.pop("id")
            assert answer.pop("created")
        assert told[0] == told[1]
    asked: Any = {"model": "mock-embed", "input": ["one", "two", "one"]}
    vectors = [
        [row.embedding for row in client.embeddings.create(**asked).data]
        for client in (through, outside)
    ]
    assert vectors[0] == vectors[1]
    assert vectors[0][0] == vectors[0][2] != vectors[0][1]
