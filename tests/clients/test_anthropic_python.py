"""The official anthropic SDK, with only base URL and key changed."""

from collections.abc import Callable
from typing import Any, Final

import anthropic
import msgspec
import pytest
from anthropic import Anthropic

from tests.clients.kept import Keep
from tests.clients.stack import Stack
from tests.clients.tools import ANTHROPIC_WEATHER, answer_of_tool
from tests.faults.referee import Referee

MESSAGES: Final[Any] = [{"role": "user", "content": "Count to five."}]
NOBODY: Final = "sy-live-" + "A" * 43


@pytest.fixture
def through(stack: Stack, keep: Keep) -> Anthropic:
    return keep(Anthropic(base_url=stack.url, api_key=stack.key.value, max_retries=0))


@pytest.fixture
def straight(referee: Referee, keep: Keep) -> Anthropic:
    return keep(Anthropic(base_url=referee.url, api_key="sk-good", max_retries=0))


def message(client: Anthropic, model: str) -> Any:
    return client.messages.create(model=model, messages=MESSAGES, max_tokens=64).model_dump()


def raw_stream(client: Anthropic, model: str) -> Any:
    events = client.messages.create(model=model, messages=MESSAGES, max_tokens=64, stream=True)
    return [event.model_dump() for event in events]


def collected_stream(client: Anthropic, model: str) -> Any:
    with client.messages.stream(model=model, messages=MESSAGES, max_tokens=64) as stream:
        return [list(stream.text_stream), stream.get_final_message().model_dump()]


def count(client: Anthropic, model: str) -> Any:
    return client.messages.count_tokens(model=model, messages=MESSAGES).model_dump()


@pytest.mark.parametrize("call", [message, raw_stream, collected_stream, count])
def test_results_are_the_vendor_s_own(
    through: Anthropic, straight: Anthropic, call: Callable[[Anthropic, str], Any]
) -> None:
    result = call(through, "ant.decent")
    assert result == call(straight, "decent")
    assert result


def test_a_key_may_come_as_bearer_or_as_x_api_key(stack: Stack, keep: Keep) -> None:
    bearer = Anthropic(base_url=stack.url, auth_token=stack.key.value, max_retries=0)
    named = Anthropic(
        base_url=stack.url,
        auth_token="something-else",  # the first valid one wins
        default_headers={"x-api-key": stack.key.value},
        max_retries=0,
    )
    for client in (bearer, named):
        assert message(keep(client), "ant.decent")["role"] == "assistant"


def test_a_base_url_with_the_version_works_too(stack: Stack, keep: Keep) -> None:
    client = keep(Anthropic(base_url=f"{stack.url}/v1", api_key=stack.key.value, max_retries=0))
    assert message(client, "ant.decent")["role"] == "assistant"


def test_a_vendor_s_refusal_of_the_request_arrives_unchanged(
    through: Anthropic, straight: Anthropic
) -> None:
    told = []
    for client, model in ((through, "ant.evil-status-400"), (straight, "evil-status-400")):
        with pytest.raises(anthropic.BadRequestError) as raised:
            message(client, model)
        told.append((raised.value.status_code, raised.value.body))
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("model", "status", "kind"),
    [
        ("evil-429-ra-7", 429, "rate_limit_error"),
        ("evil-html-529", 529, "overloaded_error"),
        ("evil-status-529", 529, "overloaded_error"),
    ],
)
def test_a_vendor_in_trouble_is_told_in_the_dialect(
    through: Anthropic, stack: Stack, referee: Referee, model: str, status: int, kind: str
) -> None:
    slug = f"vendor-{model}"
    stack.management.provider(
        slug=slug,
        kind="anthropic",
        base_url=referee.url,
        secrets=["sk-good"],
        allow_unlisted_models=True,
    )
    stack.wait_until_known(slug)
    with pytest.raises(anthropic.APIStatusError) as raised:
        message(through, f"{slug}.{model}")
    assert raised.value.status_code == status
    body: Any = raised.value.body
    assert (body["type"], body["error"]["type"]) == ("error", kind)
    assert "<html" not in raised.value.message
    if status == 429:
        assert raised.value.response.headers["retry-after"] == "7"


def test_a_wrong_key_is_an_authentication_error(stack: Stack, keep: Keep) -> None:
    client = keep(Anthropic(base_url=stack.url, api_key=NOBODY, max_retries=0))
    with pytest.raises(anthropic.AuthenticationError) as raised:
        message(client, "ant.decent")
    body: Any = raised.value.body
    assert body["error"]["type"] == "authentication_error"
    assert body["request_id"] == raised.value.response.headers["request-id"]


def test_an_unknown_model_is_not_found(through: Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as raised:
        message(through, "clod-opus")
    body: Any = raised.value.body
    assert body["error"]["type"] == "not_found_error"
    assert "clod-opus" in body["error"]["message"]


@pytest.mark.parametrize("extra", [{"messages": "hello"}, {"stream": 3}, {"base_url": "http://x"}])
def test_a_bad_body_is_refused_with_the_field_s_name(
    through: Anthropic, extra: dict[str, Any]
) -> None:
    with pytest.raises(anthropic.BadRequestError) as raised:
        through.messages.create(
            model="ant.decent", messages=MESSAGES, max_tokens=9, extra_body=extra
        )
    body: Any = raised.value.body
    assert body["error"]["type"] == "invalid_request_error"
    assert next(iter(extra)) in body["error"]["message"]


def test_models_are_listed_in_the_dialect_s_shape(through: Anthropic) -> None:
    listed = list(through.models.list(limit=2))
    assert "ant.decent" in {model.id for model in listed}
    assert {model.type for model in listed} == {"model"}


# --- against the mock provider --------------------------------------------------------------------


def test_tools_in_two_turns(through: Anthropic) -> None:
    messages: list[Any] = [{"role": "user", "content": "What is the weather in Oslo and Rome?"}]
    asked: Any = {"model": "mock-tools", "max_tokens": 200, "tools": [ANTHROPIC_WEATHER]}
    first = through.messages.create(messages=messages, **asked)
    assert first.stop_reason == "tool_use"
    messages.append({"role": "assistant", "content": [b.model_dump() for b in first.content]})
    results = [
        {
            "type": "tool_result",
            "tool_use_id": block.id,
            "content": answer_of_tool(msgspec.json.encode(block.input).decode()),
        }
        for block in first.content
        if block.type == "tool_use"
    ]
    messages.append({"role": "user", "content": results})
    second = through.messages.create(messages=messages, **asked)
    assert second.stop_reason == "end_turn"
    assert "21" in "".join(block.text for block in second.content if block.type == "text")


def test_the_mock_provider_says_the_same_inside_and_outside(
    through: Anthropic, mock_url: str, keep: Keep
) -> None:
    outside = keep(Anthropic(base_url=mock_url, api_key="any", max_retries=0))
    for call in (message, raw_stream):
        told = [call(client, "mock-lorem") for client in (through, outside)]
        for answer in told:
            first = answer if isinstance(answer, dict) else answer[0]["message"]
            assert first.pop("id")
        assert told[0] == told[1]
