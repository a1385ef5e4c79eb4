"""The mock as Gemini: the model and whether to stream are in the path."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.providers.adapters.mock.asking import WEATHER, Heard, ask

TOOLS = [{"functionDeclarations": [WEATHER]}]


def generate(model: str, *contents: Any, method: str = "generateContent", **more: Any) -> Heard:
    said = contents or ("hello big World",)
    listed = [
        {"role": "user", "parts": [{"text": each}]} if isinstance(each, str) else each
        for each in said
    ]
    return ask(f"/v1beta/models/{quote(model, safe='')}:{method}", contents=listed, **more)


def parts(heard: Heard) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = heard.json["candidates"][0]["content"]["parts"]
    return found


def test_echo_says_the_last_thing_a_user_said() -> None:
    heard = generate("mock-echo")
    assert parts(heard) == [{"text": "hello big World"}]
    assert heard.json["candidates"][0]["finishReason"] == "STOP"
    assert (heard.json["modelVersion"], heard.json["responseId"]) == ("mock-echo", "1")
    usage = heard.json["usageMetadata"]
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["candidatesTokenCount"]


def test_a_stream_says_what_the_whole_answer_says() -> None:
    whole = generate("mock-echo").json
    streamed = generate("mock-echo", method="streamGenerateContent")
    *chunks, last = streamed.events
    told = [part["text"] for chunk in chunks for part in chunk["candidates"][0]["content"]["parts"]]
    assert "".join(told) == "hello big World"
    assert last["candidates"][0]["finishReason"] == "STOP"
    assert last["usageMetadata"] == whole["usageMetadata"]
    assert {event["responseId"] for event in streamed.events} == {"1"}


def test_tools_are_called_then_their_results_are_told() -> None:
    asked = "What is the weather in Paris?"
    called = parts(generate("mock-tools", asked, tools=TOOLS))
    assert [part["functionCall"]["name"] for part in called] == ["weather", "weather"]
    results = [
        {"functionResponse": {"name": "weather", "response": response}}
        for response in ({"output": "sunny"}, {"degrees": 21})
    ]
    turn = [{"role": "model", "parts": called}, {"role": "user", "parts": results}]
    told = parts(generate("mock-tools", asked, *turn, tools=TOOLS))
    assert told == [{"text": 'The tools say: sunny {"degrees":21}'}]


def test_a_thought_comes_back_with_its_own_signature_or_is_refused() -> None:
    thought, answer = parts(generate("mock-thinking"))
    assert thought["thought"]
    back = {"role": "model", "parts": [thought, answer]}
    assert generate("mock-thinking", "one", back, "two").status == 200
    thought["thoughtSignature"] = "Zm9yZ2Vk"
    refused = generate("mock-thinking", "one", back, "two")
    assert (refused.status, refused.json["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_tokens_are_counted() -> None:
    heard = generate("mock-echo", method="countTokens")
    assert heard.json == {
        "totalTokens": generate("mock-echo").json["usageMetadata"]["promptTokenCount"]
    }


def test_tokens_of_what_is_wrapped_are_counted() -> None:
    asked = {"contents": [{"role": "user", "parts": [{"text": "hello big World"}]}]}
    path = "/v1beta/models/mock-echo:countTokens"
    told = ask(path, generateContentRequest={"model": "models/m", **asked})
    assert told.json == generate("mock-echo", method="countTokens").json


def test_equal_texts_have_equal_vectors() -> None:
    asked = [{"content": {"parts": [{"text": text}]}} for text in ("a", "b", "a")]
    heard = ask("/v1beta/models/mock-embed:batchEmbedContents", requests=asked)
    first, second, third = (each["values"] for each in heard.json["embeddings"])
    assert first == third != second
    assert heard.json["usageMetadata"]["promptTokenCount"] == 3


@pytest.mark.parametrize(
    ("status", "word"),
    [(429, "RESOURCE_EXHAUSTED"), (503, "UNAVAILABLE"), (401, "UNAUTHENTICATED")],
)
def test_failures_are_told_as_google_tells_them(status: int, word: str) -> None:
    heard = generate(f"mock-echo;fail={status}")
    assert (heard.status, heard.json["error"]["status"]) == (status, word)


def test_other_methods_are_not_served() -> None:
    assert generate("mock-echo", method="predict").status == 404
