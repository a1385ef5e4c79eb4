"""Whole answers as a vendor of Responses gives them."""

from typing import Any

import msgspec
import pytest

from protocols import ir
from protocols.codec import Memo
from protocols.errors import DecodeError
from tests.protocols.responses_heard import (
    CALL,
    CALLED,
    MEMO,
    SEAL,
    THOUGHT,
    UPSTREAM,
    USED,
    content,
    decode,
    message,
    raw,
    text,
)


def test_an_answer_has_a_head_and_keeps_the_rest() -> None:
    answer = decode(message(text("hi")), usage=USED, service_tier="flex", tools=[], user=None)
    assert answer == ir.Response(
        id="resp_1",
        model="gpt",
        created=7,
        content=(ir.Text(text="hi", seal=SEAL),),
        stop=ir.Stop(reason="end_turn", raw="completed"),
        usage=ir.Usage(input_tokens=1, output_tokens=2, raw=raw(USED)),
        service_tier="flex",
        extra={"tools": raw([]), "user": raw(None)},
    )


def test_a_time_to_the_microsecond_stays_as_it_is() -> None:
    answer = decode(created_at=7.5)
    assert (answer.created, answer.extra) == (None, {"created_at": raw(7.5)})
    assert decode(created_at=None).created is None


def test_a_message_has_parts() -> None:
    cited = {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}
    file = {"type": "file_citation", "file_id": "f"}
    tokens = [{"token": "a"}]
    first = text("a", annotations=[cited, file], logprobs=tokens, odd=1)
    refusal = {"type": "refusal", "refusal": "no"}
    assert content(message(first, refusal, text("b"), phase="final", status="incomplete")) == (
        ir.Text(
            text="a",
            citations=(
                ir.Citation(url="u", title="t", start=0, end=1, unit="web"),
                ir.Citation(extra={key: raw(value) for key, value in file.items()}),
            ),
            logprobs=raw(tokens),
            seal=SEAL,
            extra={
                "phase": raw("final"),
                "=status": raw("incomplete"),
                "content": raw({"odd": 1}),
            },
        ),
        ir.Refusal(text="no"),
        ir.Text(text="b", seal=SEAL),
    )


def test_reasoning_is_signed_on_its_last_part() -> None:
    said = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "s"}],
        "content": [{"type": "reasoning_text", "text": "t"}],
        "encrypted_content": "sealed",
        "format": "x",
    }
    signed = ir.Seal(origin="openai", id="rs_1", signature="sealed")
    assert content(said) == (
        ir.Thinking(text="s", summary=True, seal=THOUGHT, extra={"format": raw("x")}),
        ir.Thinking(text="t", seal=signed),
    )
    withheld = {**said, "summary": [], "content": None}
    assert content(withheld) == (ir.Thinking(seal=signed, extra={"format": raw("x")}),)
    assert content({"type": "reasoning", "summary": []}) == (ir.Thinking(),)


def test_calls_are_of_functions_or_custom() -> None:
    custom = {"type": "custom_tool_call", "call_id": "c2", "name": "p", "input": "x"}
    assert content({**CALL, "status": "completed", "odd": 1}, custom) == (
        msgspec.structs.replace(CALLED, extra={"odd": raw(1)}),
        ir.ToolCall(id="c2", name="p", arguments="x", form="custom"),
    )
    assert decode(CALL).stop.reason == "tool_call"


def test_no_two_calls_have_one_id() -> None:
    first, second, third = content(CALL, CALL, {"type": "function_call"})
    ids = {call.id for call in (first, second, third) if isinstance(call, ir.ToolCall)}
    assert len(ids) == 3
    assert isinstance(third, ir.ToolCall)
    assert (third.name, third.arguments) == ("", "")


def test_items_that_are_not_modelled_stay_as_they_are() -> None:
    said = {"type": "web_search_call", "id": "ws_1", "action": {}}
    assert content(said) == (
        ir.Opaque(dialect="openai.responses", kind="web_search_call", raw=raw(said)),
    )


def test_items_that_are_none_say_nothing() -> None:
    assert content(3, [], {}, None, CALL) == (CALLED,)


def test_names_and_custom_tools_are_those_that_were_asked() -> None:
    memo = Memo(seed="s", names={"f_g": "f.g"}, custom=frozenset({"f.g"}))
    said = {**CALL, "name": "f_g", "arguments": '{"input":"*** Begin"}'}
    (call,) = content(said, memo=memo)
    assert isinstance(call, ir.ToolCall)
    assert (call.name, call.form, call.arguments) == ("f.g", "custom", "*** Begin")
    (odd,) = content({**said, "arguments": '{"x":1}'}, memo=memo)
    assert isinstance(odd, ir.ToolCall)
    assert odd.arguments == '{"x":1}'


def test_the_tool_that_stands_for_a_schema_is_the_text() -> None:
    memo = Memo(seed="s", schema_tool="json_output")
    answer = decode({**CALL, "name": "json_output"}, memo=memo)
    assert answer.content == (ir.Text(text='{"a":1}'),)
    assert answer.stop.reason == "end_turn"


@pytest.mark.parametrize(
    ("said", "stop"),
    [
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            ir.Stop(reason="max_tokens", raw="max_output_tokens"),
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            ir.Stop(reason="content_filter", raw="content_filter"),
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "bored"}},
            ir.Stop(
                reason="other",
                raw="bored",
                extra={
                    "status": raw("incomplete"),
                    "incomplete_details": raw({"reason": "bored"}),
                },
            ),
        ),
        (
            {"status": "queued"},
            ir.Stop(reason="other", raw="queued", extra={"status": raw("queued")}),
        ),
        (
            {"status": "failed", "error": {"code": "server_error", "message": "Oh."}},
            ir.Stop(
                reason="error",
                raw="Oh.",
                extra={
                    "status": raw("failed"),
                    "error": raw({"code": "server_error", "message": "Oh."}),
                },
            ),
        ),
        ({"status": None}, ir.Stop(reason="end_turn")),
    ],
)
def test_why_it_ended(said: dict[str, Any], stop: ir.Stop) -> None:
    assert decode(**said).stop == stop


def test_a_refusal_is_a_reason() -> None:
    assert decode(message({"type": "refusal", "refusal": "no"})).stop.reason == "refusal"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"output": 3}', b"<html>"])
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        UPSTREAM.decode_response(body, MEMO)
