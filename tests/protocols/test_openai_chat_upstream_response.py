"""Whole answers of vendors that speak Chat."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Memo
from protocols.errors import DecodeError
from protocols.openai_chat.codec import ChatCodec, ChatUpstream

CODEC = ChatCodec()
UPSTREAM = ChatUpstream()
MEMO = Memo(seed="seed")
REQUEST = ir.Request(dialect="openai.chat", model="m", messages=())
NULL = Raw(b"null")


def raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))


def decoded(said: object, memo: Memo = MEMO) -> ir.Response:
    return UPSTREAM.decode_response(msgspec.json.encode(said), memo)


def choice(message: dict[str, Any], **said: Any) -> dict[str, Any]:
    told = {"role": "assistant", **message}
    return {"index": 0, "message": told, "finish_reason": "stop", **said}


def content(message: dict[str, Any], memo: Memo = MEMO) -> tuple[ir.Content, ...]:
    return decoded({"choices": [choice(message)]}, memo).content


def call(name: str, arguments: object = "{}", **said: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **said}


WHOLE: dict[str, Any] = {
    "id": "r",
    "object": "chat.completion",
    "created": 7,
    "model": "v",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "a",
                "reasoning": "hm",
                "reasoning_details": [{"type": "x"}],
                "refusal": "no",
                "annotations": [
                    {
                        "type": "url_citation",
                        "url_citation": {
                            "url": "https://x",
                            "title": "t",
                            "content": "c",
                            "start_index": 1,
                            "end_index": 2,
                            "odd": 1,
                        },
                    },
                    {"type": "odd", "url_citation": {"a": 1}, "b": 2},
                ],
                "audio": {"id": "audio_1", "data": "AAAA", "transcript": "s", "expires_at": 5},
                "images": [{"type": "image_url", "image_url": {"url": "https://x/i.png"}}],
                "tool_calls": [
                    call(
                        "f",
                        id="c1",
                        index=0,
                        extra_content={"google": {"thought_signature": "s"}},
                    ),
                    {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "free"}},
                    call("h", id="c3", extra_content={"google": {"odd": 1}}),
                ],
            },
            "logprobs": {"content": [{"token": "a"}], "refusal": [{"token": "b"}]},
            "finish_reason": "eos",
            "native_finish_reason": "STOP",
            "content_filter_results": {"hate": {"filtered": False}},
        },
        {
            "index": 1,
            "message": {"role": "assistant", "content": "b"},
            "finish_reason": "length",
        },
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.1},
    "service_tier": "flex",
    "system_fingerprint": "fp",
    "citations": ["https://x"],
}


def test_an_answer_in_chat_goes_on_as_it_came() -> None:
    response = decoded(WHOLE)
    encoded = CODEC.encode_response(response, REQUEST)
    assert msgspec.json.decode(encoded.body) == WHOLE
    assert encoded.losses == ()
    assert UPSTREAM.decode_response(encoded.body, MEMO) == response


def test_an_answer_is_understood() -> None:
    response = decoded(WHOLE)
    assert (response.id, response.model, response.created) == ("r", "v", 7)
    assert response.service_tier == "flex"
    assert response.usage.output_tokens == 2
    assert response.stop.reason == "tool_call"
    thought, text, refusal, image, audio, first, second, third = response.content
    assert isinstance(text, ir.Text)
    assert text.citations[0] == ir.Citation(
        url="https://x",
        title="t",
        text="c",
        unit="web",
        start=1,
        end=2,
        extra={"url_citation": raw({"odd": 1})},
    )
    assert isinstance(thought, ir.Thinking)
    assert (thought.text, refusal) == ("hm", ir.Refusal(text="no"))
    assert isinstance(image, ir.Media)
    assert image.source == ir.Link(url="https://x/i.png")
    assert isinstance(audio, ir.Media)
    assert (audio.source, audio.context) == (ir.Inline(data="AAAA"), "s")
    assert isinstance(first, ir.ToolCall)
    assert first.seal == ir.Seal(origin="google", signature="s")
    assert second == ir.ToolCall(id="c2", name="g", arguments="free", form="custom")
    assert isinstance(third, ir.ToolCall)
    assert third.seal is None
    assert response.alternatives[0].stop.reason == "max_tokens"


def test_parts_of_mistral_go_on_as_they_came() -> None:
    message = {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True},
            {"type": "thinking", "thinking": "well"},
            {"type": "text", "text": "a"},
            {"type": "reference", "reference_ids": [1]},
            {"odd": 1},
        ],
    }
    thought, second, text, reference, odd = content(message)
    assert isinstance(thought, ir.Thinking)
    assert isinstance(second, ir.Thinking)
    assert (thought.text, second.text, text) == ("hm", "well", ir.Text(text="a"))
    assert isinstance(reference, ir.Opaque)
    assert isinstance(odd, ir.Opaque)
    assert (reference.kind, odd.kind) == ("reference", "part")
    response = decoded({"choices": [choice(message)]})
    told = msgspec.json.decode(CODEC.encode_response(response, REQUEST).body)
    assert told["choices"][0]["message"] == message


@pytest.mark.parametrize("thinking", [None, 5, [5, {"type": "text"}]])
def test_thoughts_that_cannot_be_read_are_empty(thinking: object) -> None:
    (thought,) = content({"content": [{"type": "thinking", "thinking": thinking}]})
    assert isinstance(thought, ir.Thinking)
    assert thought.text == ""


def test_probabilities_and_citations_need_no_text() -> None:
    said = choice({"content": None}, logprobs={"content": [{"token": "a"}]})
    assert decoded({"choices": [said]}).content == (
        ir.Text(text="", logprobs=raw([{"token": "a"}])),
    )
    nothing = choice({"content": None}, logprobs={"content": None})
    assert decoded({"choices": [nothing]}).content == ()


def test_a_citation_of_nowhere_has_no_place() -> None:
    said = {"type": "url_citation", "url_citation": {"url": "u", "start_index": 0, "end_index": 0}}
    (text,) = content({"content": "a", "annotations": [said]})
    assert isinstance(text, ir.Text)
    assert text.citations == (ir.Citation(url="u", unit="web"),)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "end_turn"),
        ("eos", "end_turn"),
        ("length", "max_tokens"),
        ("model_length", "context_window"),
        ("tool_calls", "tool_call"),
        ("function_call", "tool_call"),
        ("content_filter", "content_filter"),
        ("sensitive", "content_filter"),
        ("network_error", "error"),
        ("weird", "other"),
        ("", "other"),
        (None, "other"),
        (5, "other"),
    ],
)
def test_stop_words_are_understood_and_said_again(word: object, reason: str) -> None:
    said = {"choices": [choice({"content": "a"}, finish_reason=word)]}
    response = decoded(said)
    assert response.stop.reason == reason
    told = msgspec.json.decode(CODEC.encode_response(response, REQUEST).body)
    assert (told["choices"][0]["finish_reason"] or None) == (word or None)


def test_what_ends_with_a_call_or_a_refusal_ends_so() -> None:
    called = decoded({"choices": [choice({"tool_calls": [call("f", id="c")]})]})
    refused = decoded({"choices": [choice({"refusal": "no"})]})
    assert (called.stop.reason, called.stop.raw) == ("tool_call", "stop")
    assert (refused.stop.reason, refused.stop.raw) == ("refusal", "stop")


def test_what_was_said_before_tools_is_a_call() -> None:
    message = {"content": None, "function_call": {"name": "f", "arguments": '{"a":1}'}}
    (made,) = content(message)
    assert isinstance(made, ir.ToolCall)
    assert (made.name, made.arguments) == ("f", '{"a":1}')
    response = decoded({"choices": [choice(message, finish_reason="function_call")]})
    told = msgspec.json.decode(CODEC.encode_response(response, REQUEST).body)
    assert told["choices"][0]["message"] == {"role": "assistant", **message}
    assert told["choices"][0]["finish_reason"] == "function_call"


def test_what_says_nothing_is_nothing() -> None:
    said = {
        "content": "",
        "function_call": {"name": "", "arguments": ""},
        "audio": {"data": "", "id": "x"},
        "tool_calls": None,
        "images": [{"type": "image_url"}],
        "reasoning": None,
        "reasoning_content": "",
    }
    assert content(said) == ()


def test_arguments_may_be_an_object_and_ids_may_be_missing() -> None:
    one, other, none = content({"tool_calls": [call("f", {"a": 1}), call("f"), call("f", None)]})
    assert isinstance(one, ir.ToolCall)
    assert isinstance(other, ir.ToolCall)
    assert isinstance(none, ir.ToolCall)
    assert (one.arguments, none.arguments) == ('{"a":1}', "")
    assert one.id != other.id
    assert content({"tool_calls": [call("f", {"a": 1})]}) == (one,)


def test_names_asked_and_custom_calls_come_back() -> None:
    memo = Memo(seed="s", names={"a_b": "a.b"}, custom=frozenset({"a.b"}))
    assert content({"tool_calls": [call("a_b", '{"input":"free"}', id="c")]}, memo) == (
        ir.ToolCall(id="c", name="a.b", arguments="free", form="custom"),
    )


def test_the_tool_that_stands_for_a_schema_is_a_text() -> None:
    memo = Memo(seed="s", schema_tool="json_output")
    said = choice({"tool_calls": [call("json_output", '{"a":1}')]}, finish_reason="tool_calls")
    response = decoded({"choices": [said]}, memo)
    assert response.content == (ir.Text(text='{"a":1}'),)
    assert response.stop == ir.Stop(reason="end_turn")


def test_usage_may_be_where_groq_has_it() -> None:
    groq = {"id": "x", "usage": {"prompt_tokens": 5}}
    response = decoded({"choices": [], "x_groq": groq})
    assert response.usage.input_tokens == 5
    assert response.extra == {"x_groq": raw({"id": "x"})}
    assert (response.content, response.stop.reason) == ((), "other")


def test_choices_are_told_by_their_indexes() -> None:
    second, first = choice({"content": "b"}, index=1), choice({"content": "a"}, index=0)
    response = decoded({"choices": [second, first]})
    assert response.content == (ir.Text(text="a"),)
    assert response.alternatives[0].content == (ir.Text(text="b"),)


@pytest.mark.parametrize("said", [b"", b"[]", b"{}", b'{"choices":5}', b'{"choices":[5]}', b"\xff"])
def test_what_is_no_answer_is_refused(said: bytes) -> None:
    with pytest.raises(DecodeError):
        UPSTREAM.decode_response(said, MEMO)


def test_what_is_no_list_of_calls_stays_with_the_rest() -> None:
    response = decoded({"choices": [choice({"content": "a", "tool_calls": "odd"})]})
    assert response.stop.extra == {"message": raw({"tool_calls": "odd"})}
