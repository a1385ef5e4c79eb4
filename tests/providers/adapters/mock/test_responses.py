"""The mock as a vendor of Responses, and OpenAI as one."""

from typing import Any

import msgspec
import pytest

from protocols.registry import NATIVE
from providers.adapters.registry import ADAPTERS
from tests.providers.adapters.destinations import API_KEY, NONE, destination
from tests.providers.adapters.mock.asking import WEATHER, Heard, ask

RESPONSES = "/v1/responses"


def respond(model: str, input_: Any = "hello big World", **more: Any) -> Heard:
    return ask(RESPONSES, model=model, input=input_, **more)


def text_of(heard: Heard) -> str:
    output = heard.json["output"]
    return "".join(item["content"][0]["text"] for item in output if item["type"] == "message")


@pytest.mark.parametrize(
    ("kind", "secret", "at"),
    [("openai", "sk-secret", "https://api.openai.com"), ("mock", None, "mock:")],
)
def test_responses_are_asked_and_counted_below_the_base_url(
    kind: str, secret: str | None, at: str
) -> None:
    credential = NONE if secret is None else API_KEY
    there = destination(kind, dialect="openai.responses", credential=credential, secret=secret)
    for operation, path in (("chat", ""), ("count_tokens", "/input_tokens")):
        made = ADAPTERS[kind].call(there, operation=operation, body=b"{}", headers={}, stream=False)
        assert made.url == f"{at}/v1/responses{path}"


def test_chat_is_openais_first_choice_and_compatible_servers_know_no_other() -> None:
    first, second, *_ = ADAPTERS["openai"].surfaces("https://api.openai.com/v1")
    assert (first.dialect, second.dialect) == ("openai.chat", "openai.responses")
    compatible = ADAPTERS["openai_compatible"].surfaces("https://x.test/v1")
    assert [surface.dialect for surface in compatible] == ["openai.chat", "openai.embeddings"]


def test_a_stream_says_what_the_whole_answer_says() -> None:
    whole, streamed = respond("mock-echo"), respond("mock-echo", stream=True)
    assert text_of(whole) == "hello big World"
    assert whole.json["id"] == "resp_1"
    events = streamed.events
    assert [events[0]["type"], events[-1]["type"]] == ["response.created", "response.completed"]
    assert events[-1]["response"] == whole.json
    deltas = [each["delta"] for each in events if each["type"] == "response.output_text.delta"]
    assert "".join(deltas) == text_of(whole)
    observer = NATIVE["openai.responses"].observer(hide_usage=False)
    for event in streamed.body.split(b"\n\n")[:-1]:
        observer.feed(event + b"\n\n")
    assert (observer.content, observer.stopped, observer.terminal) == (True, True, True)
    assert observer.usage is not None
    assert (observer.usage.input_tokens, observer.usage.output_tokens) == (6, 3)


def test_tools_are_called_then_their_results_are_told() -> None:
    question = {"role": "user", "content": "What is the weather in Oslo and Rome?"}
    tools = [{"type": "function", **WEATHER}]
    calls = respond("mock-tools", [question], tools=tools).json["output"]
    arguments = [msgspec.json.decode(each["arguments"]) for each in calls]
    assert arguments == [{"city": "Oslo"}, {"city": "Rome"}]
    results = [
        {"type": "function_call_output", "call_id": each["call_id"], "output": place}
        for each, place in zip(calls, ("rain", "sun"), strict=True)
    ]
    answered = respond("mock-tools", [question, *calls, *results], tools=tools)
    assert text_of(answered) == "The tools say: rain sun"


def test_a_thought_must_come_back_as_it_was() -> None:
    question = {"role": "user", "content": "hi"}
    thought, said = respond("mock-thinking", [question]).json["output"]
    called = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    again = [question, thought, said, called, question]
    assert respond("mock-thinking", again).status == 200
    forged = {**thought, "encrypted_content": "forged"}
    refused = respond("mock-thinking", [question, forged, said, question])
    assert (refused.status, refused.json["error"]["code"]) == (400, "invalid_request")


def test_an_answer_may_be_cut_short() -> None:
    answer = respond("mock-lorem", max_output_tokens=16).json
    assert (answer["status"], answer["incomplete_details"]) == (
        "incomplete",
        {"reason": "max_output_tokens"},
    )


def test_it_fails_as_it_is_told_to() -> None:
    assert respond("mock-echo;fail=429").status == 429
    *_, error, failed = respond("mock-echo;fail_at=text_delta", stream=True).events
    assert (error["type"], failed["type"]) == ("error", "response.failed")
    assert failed["response"]["error"]["message"] == error["message"]


def test_it_counts_what_it_is_asked() -> None:
    counted = ask("/v1/responses/input_tokens", model="mock-echo", input="hello big World").json
    assert counted == {"object": "response.input_tokens", "input_tokens": 6}
