"""What the mock says, in every dialect, whole and streamed (providers.md §12)."""

import base64
import math
import struct
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.registry import NATIVE
from tests.providers.adapters.mock.asking import (
    CHAT,
    COUNT,
    EMBEDDINGS,
    MESSAGES,
    WEATHER,
    Heard,
    ask,
    ask_raw,
    chat,
    messages,
    said,
    user,
)

FUNCTION = {"type": "function", "function": WEATHER}
ANTHROPIC_TOOL = {"name": "weather", "input_schema": WEATHER["parameters"]}
OTHER = {"type": "function", "function": {"name": "now"}}


def without_id(heard: Heard) -> Any:
    return {key: value for key, value in heard.json.items() if key != "id"}


def test_echo_says_the_last_thing_a_user_said_in_every_dialect() -> None:
    for heard in (chat("mock-echo"), messages("mock-echo")):
        assert heard.status == 200
        assert heard.headers["content-type"] == "application/json"
        assert said(heard) == "hello big World"
    assert said(ask(CHAT, model="mock-echo", messages=[])) == ""


def test_the_same_request_has_the_same_answer_but_for_its_id() -> None:
    for model in ("mock-echo", "mock-lorem", "mock-tools", "mock-thinking", "mock-json"):
        asked: dict[str, Any] = {"model": model, "messages": user("q"), "tools": [FUNCTION]}
        first, second = ask(CHAT, id_="1", **asked), ask(CHAT, id_="2", **asked)
        assert without_id(first) == without_id(second)
        assert first.json["id"] == "chatcmpl-1"
        assert second.json["id"] == "chatcmpl-2"
    told = {said(chat("mock-lorem", str(at))) for at in range(20)}
    assert len(told) > 10


def test_a_gateway_that_adds_options_changes_nothing() -> None:
    plain = chat("mock-lorem;fail_rate=0.5", stream=False)
    spliced = chat("mock-lorem;fail_rate=0.5", stream=False, user="hmac", prompt_cache_key="k")
    assert plain == spliced


def test_a_chat_stream_says_what_the_whole_answer_says() -> None:
    whole = chat("mock-echo").json
    streamed = chat("mock-echo", stream=True, stream_options={"include_usage": True})
    assert streamed.headers["content-type"] == "text/event-stream; charset=utf-8"
    *chunks, usage, done = streamed.events
    assert done == "[DONE]"
    assert usage["usage"] == whole["usage"]
    deltas = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert "".join(deltas) == whole["choices"][0]["message"]["content"]
    assert {chunk["id"] for chunk in chunks} == {whole["id"]}
    assert {chunk["created"] for chunk in chunks} == {whole["created"]} == {1_700_000_000}
    assert chat("mock-echo", stream=True).events[-2]["choices"] != []


def test_a_messages_stream_says_what_the_whole_answer_says() -> None:
    whole = messages("mock-thinking").json
    events = messages("mock-thinking", stream=True).events
    assert [events[0]["type"], events[-1]["type"]] == ["message_start", "message_stop"]
    assert events[-2]["usage"] == whole["usage"]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    thought, answer = whole["content"]
    assert "".join(delta.get("thinking", "") for delta in deltas) == thought["thinking"]
    assert "".join(delta.get("signature", "") for delta in deltas) == thought["signature"]
    assert "".join(delta.get("text", "") for delta in deltas) == answer["text"]


@pytest.mark.parametrize("dialect", ["openai.chat", "anthropic.messages"])
def test_an_observer_reads_a_stream_of_the_mock_as_it_reads_a_vendors(dialect: Any) -> None:
    streamed = (chat if dialect == "openai.chat" else messages)(
        "mock-echo", stream=True, stream_options={"include_usage": True}
    )
    observer = NATIVE[dialect].observer(hide_usage=False)
    for event in streamed.body.split(b"\n\n")[:-1]:
        observer.feed(event + b"\n\n")
    assert observer.content
    assert observer.stopped
    assert observer.terminal
    assert observer.usage is not None
    assert (observer.usage.input_tokens, observer.usage.output_tokens) == (6, 3)


def test_tools_are_called_then_their_results_are_told() -> None:
    question = "What is the weather in Oslo and Rome?"
    first = chat("mock-tools", question, tools=[FUNCTION]).json["choices"][0]
    assert first["finish_reason"] == "tool_calls"
    calls = first["message"]["tool_calls"]
    arguments = [msgspec.json.decode(call["function"]["arguments"]) for call in calls]
    assert arguments == [{"city": "Oslo"}, {"city": "Rome"}]
    assert len({call["id"] for call in calls}) == 2
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": f"{at} degrees"}
        for at, call in enumerate(calls)
    ]
    history = [*user(question), first["message"], *results]
    second = ask(CHAT, model="mock-tools", messages=history, tools=[FUNCTION])
    assert said(second) == "The tools say: 0 degrees 1 degrees"
    assert second.json["choices"][0]["finish_reason"] == "stop"


def test_tools_are_called_and_answered_in_messages_too() -> None:
    first = messages("mock-tools", "Weather in Oslo?", tools=[ANTHROPIC_TOOL]).json
    assert first["stop_reason"] == "tool_use"
    uses = first["content"]
    assert uses[0]["input"] == {"city": "Oslo"}
    assert all(use["id"].startswith("toolu_") for use in uses)
    results = [{"type": "tool_result", "tool_use_id": use["id"], "content": "21"} for use in uses]
    history = [
        *user("Weather in Oslo?"),
        {"role": "assistant", "content": uses},
        {"role": "user", "content": results},
    ]
    second = messages("mock-tools", messages=history, tools=[ANTHROPIC_TOOL])
    assert said(second) == "The tools say: 21 21"


@pytest.mark.parametrize(
    ("more", "called"),
    [
        ({"tools": [FUNCTION, OTHER]}, ["weather", "now"]),
        ({"tools": [FUNCTION], "parallel_tool_calls": False}, ["weather"]),
        ({"tools": [FUNCTION, OTHER], "parallel_tool_calls": False}, ["weather"]),
        (
            {
                "tools": [FUNCTION, OTHER],
                "tool_choice": {"type": "function", "function": {"name": "now"}},
            },
            ["now"],
        ),
        ({"tools": [FUNCTION], "tool_choice": "none"}, []),
        ({"tools": [FUNCTION], "tool_choice": "required"}, ["weather", "weather"]),
        (
            {
                "tools": [FUNCTION, OTHER],
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {
                        "mode": "auto",
                        "tools": [{"type": "function", "function": {"name": "now"}}],
                    },
                },
            },
            ["now", "now"],
        ),
        ({}, []),
        ({"tools": [{"type": "custom", "custom": {"name": "patch"}}]}, []),
    ],
)
def test_the_choice_of_tools_is_obeyed(more: dict[str, Any], called: list[str]) -> None:
    message = chat("mock-tools", **more).json["choices"][0]["message"]
    names = [call["function"]["name"] for call in message.get("tool_calls", [])]
    assert names == called
    assert called or message["content"].startswith("There is no tool for it")


def test_calls_are_streamed_argument_by_argument() -> None:
    events = chat("mock-tools", "Go to Oslo", tools=[FUNCTION], stream=True).events[:-1]
    calls: dict[int, str] = {}
    for event in events:
        for call in event["choices"][0]["delta"].get("tool_calls", []):
            calls[call["index"]] = calls.get(call["index"], "") + call["function"]["arguments"]
    assert [msgspec.json.decode(text) for text in calls.values()] == [
        {"city": "Oslo"},
        {"city": "example"},
    ]


def history(*blocks: dict[str, Any]) -> list[dict[str, Any]]:
    return [*user("q"), {"role": "assistant", "content": list(blocks)}, *user("go on")]


def test_a_thought_comes_back_with_its_own_seal_or_is_refused() -> None:
    [thought, text] = messages("mock-thinking").json["content"]
    again = messages("mock-thinking", messages=history(thought, text))
    assert again.status == 200
    for forged in (
        {**thought, "signature": "Zm9yZ2Vk"},
        {**thought, "signature": ""},
        {**thought, "thinking": "something else"},
    ):
        refused = messages("mock-thinking", messages=history(forged, text))
        assert refused.status == 400
        message = refused.json["error"]["message"]
        assert message == "messages.1.content: Invalid `signature` in `thinking` block"
    call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
    missing = messages("mock-thinking", messages=history(call), tools=[ANTHROPIC_TOOL])
    assert missing.status == 400
    assert "Expected a `thinking` block" in missing.json["error"]["message"]
    assert messages("mock-thinking", messages=history(text)).status == 200


def test_chat_cannot_carry_a_seal_and_owes_none() -> None:
    message = chat("mock-thinking").json["choices"][0]["message"]
    assert message["reasoning_content"].startswith("The user says")
    again = [*user("q"), message, *user("go on")]
    assert ask(CHAT, model="mock-thinking", messages=again).status == 200


def test_thinking_can_be_switched_off() -> None:
    heard = messages("mock-thinking", thinking={"type": "disabled"})
    assert [block["type"] for block in heard.json["content"]] == ["text"]


def test_json_is_as_the_schema_wants_it() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    assert msgspec.json.decode(said(chat("mock-json", response_format=wanted))) == {"n": 3}
    free = msgspec.json.decode(said(chat("mock-json", response_format={"type": "json_object"})))
    assert free == {"answer": "hello big World", "words": 3}
    assert msgspec.json.decode(said(messages("mock-json"))) == free


def test_vision_tells_what_it_was_shown() -> None:
    pixel = base64.b64encode(b"pixel").decode()
    parts = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{pixel}"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    text = said(ask(CHAT, model="mock-vision", messages=[{"role": "user", "content": parts}]))
    assert text.startswith("I was shown 2: image image/png, 8 bytes, ")
    assert said(chat("mock-vision")) == "I was shown nothing."
    documents = [
        {"type": "text", "text": "Read"},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        {
            "type": "document",
            "source": {"type": "content", "content": [{"type": "text", "text": "inner"}]},
        },
    ]
    shown = [{"role": "user", "content": documents}]
    assert said(messages("mock-vision", messages=shown)).startswith("I was shown 3: document")
    assert chat("mock-vision").json["usage"]["prompt_tokens"] == 6
    heard = ask(CHAT, model="mock-vision", messages=[{"role": "user", "content": parts}])
    assert heard.json["usage"]["prompt_tokens"] == 3 + 3 + 2 * 85


def test_blocks_that_nobody_knows_are_no_words() -> None:
    blocks = [{"type": "container_upload", "file_id": "f"}, {"type": "text", "text": "hello"}]
    heard = messages("mock-echo", messages=[{"role": "user", "content": blocks}])
    assert said(heard) == "hello"


def test_equal_texts_have_equal_vectors_of_length_one() -> None:
    asked: dict[str, Any] = {"model": "mock-embed", "input": ["one", "two", "one"]}
    answer = ask(EMBEDDINGS, **asked).json
    one, two, same = (row["embedding"] for row in answer["data"])
    assert one == same != two
    assert len(one) == 256
    assert math.fsum(number * number for number in one) == pytest.approx(1)
    assert answer["usage"] == {"prompt_tokens": 3, "total_tokens": 3}
    packed = ask(EMBEDDINGS, **asked, encoding_format="base64").json["data"][0]["embedding"]
    assert list(struct.unpack("<256f", base64.b64decode(packed))) == one
    small = ask(EMBEDDINGS, **asked, dimensions=3).json["data"][0]["embedding"]
    assert len(small) == 3
    tokens = ask(EMBEDDINGS, model="mock-embed", input=[[1, 2], [1, 2], [3]]).json
    assert tokens["data"][0]["embedding"] == tokens["data"][1]["embedding"]
    assert tokens["usage"]["prompt_tokens"] == 5


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": 5_000}, "dimensions"),
        ({"input": []}, "input"),
        ({"model": "mock-echo"}, "model"),
        ({"model": "mock-embed;fail=429;retry_after=3"}, None),
    ],
)
def test_embeddings_that_cannot_be_are_refused(more: dict[str, Any], param: str | None) -> None:
    heard = ask(EMBEDDINGS, **{"model": "mock-embed", "input": "a", **more})
    assert heard.status in {400, 429}
    assert heard.json["error"]["param"] == param


def test_tokens_are_counted_without_an_answer() -> None:
    counted = ask(COUNT, model="mock-echo", messages=user("one two three")).json
    assert counted == {"input_tokens": 6}
    with_tool = ask(COUNT, model="mock-echo", messages=user("a"), tools=[ANTHROPIC_TOOL]).json
    assert with_tool["input_tokens"] > 8


def test_what_was_said_before_is_read_from_the_cache() -> None:
    talk = [*user("one two"), {"role": "assistant", "content": "three"}, *user("four")]
    usage = ask(CHAT, model="mock-echo", messages=talk).json["usage"]
    assert usage["prompt_tokens"] == 13
    assert usage["prompt_tokens_details"]["cached_tokens"] == 9


def test_several_candidates_say_the_same() -> None:
    answer = chat("mock-echo", n=3).json
    assert [choice["message"]["content"] for choice in answer["choices"]] == ["hello big World"] * 3
    assert answer["usage"]["completion_tokens"] == 9
    events = chat("mock-echo", n=2, stream=True).events[:-1]
    stopped = {
        choice["index"]
        for event in events
        for choice in event["choices"]
        if choice["finish_reason"]
    }
    assert stopped == {0, 1}
    for wrong in (0, 9):
        assert chat("mock-echo", n=wrong).json["error"]["param"] == "n"


def test_length_and_stop_words_cut_an_answer() -> None:
    cut = messages("mock-echo", max_tokens=2).json
    assert (cut["content"][0]["text"], cut["stop_reason"]) == ("hello big ", "max_tokens")
    stopped = messages("mock-echo", stop_sequences=["World", "big"]).json
    assert stopped["content"][0]["text"] == "hello "
    assert (stopped["stop_reason"], stopped["stop_sequence"]) == ("stop_sequence", "big")
    assert messages("mock-echo", stop_sequences=["nowhere"]).json["stop_reason"] == "end_turn"


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        (CHAT, b"{", None),
        (CHAT, b'{"model":"mock-echo"}', "messages"),
        (MESSAGES, b'{"messages":[]}', "model"),
        (EMBEDDINGS, b'{"model":"mock-embed"}', "input"),
    ],
)
def test_what_is_not_of_the_dialect_is_refused_in_the_dialect(
    path: str, body: bytes, param: str | None
) -> None:
    heard = ask_raw(path, body)
    assert heard.status == 400
    assert heard.json["error"]["type"] == "invalid_request_error"
    assert param is None or param in heard.json["error"]["message"]


def test_what_the_mock_does_not_serve_is_not_found() -> None:
    assert ask_raw("/v1/nothing", b"").status == 404
    assert ask_raw(CHAT, b"", method="GET").status == 405
    assert ask_raw("/v1/models", b"", method="POST").status == 405
    assert ask(CHAT, model="mock-embed", messages=[]).json["error"]["param"] == "model"


def test_models_are_listed_in_both_shapes() -> None:
    listed = ask_raw("/v1/models", b"", method="GET").json
    assert listed["object"] == "list"
    shaped = ask_raw(
        "/v1/models", b"", method="GET", headers={"anthropic-version": "2023-06-01"}
    ).json
    names = [row["id"] for row in listed["data"]]
    assert names == [row["id"] for row in shaped["data"]]
    assert {"mock-echo", "mock-embed"} <= set(names)


@given(body=st.binary(max_size=200), path=st.sampled_from([CHAT, MESSAGES, EMBEDDINGS, COUNT]))
def test_no_body_breaks_the_mock(body: bytes, path: str) -> None:
    assert ask_raw(path, body).status == 400
