"""Calls in streams, which every vendor cuts in its own way."""

from typing import Any

import pytest

from protocols import ir
from protocols.codec import Memo
from tests.protocols.chat_streams import DONE, STOP, answer, call, calls, delta, events, judged


def test_pieces_of_calls_are_put_together() -> None:
    assert calls(
        call(0, "f", id="c1"), call(0, arguments='{"a"'), call(0, arguments=":1}"),
        call(1, "g", "{}", id="c2"),
    ) == [("c1", "f", '{"a":1}'), ("c2", "g", "{}")]  # fmt: skip


def test_calls_may_come_all_at_once() -> None:
    both = [
        {"index": 0, "id": "c1", "function": {"name": "f", "arguments": "{}"}},
        {"index": 1, "id": "c2", "function": {"name": "g", "arguments": "[]"}},
    ]
    assert calls(delta(tool_calls=both, finish="tool_calls")) == [
        ("c1", "f", "{}"), ("c2", "g", "[]"),
    ]  # fmt: skip


def test_calls_may_go_on_side_by_side() -> None:
    assert calls(
        call(0, "f", id="c1"), call(1, "g", id="c2"),
        call(0, arguments="{"), call(1, arguments="["), call(0, arguments="}"),
        call(1, arguments="]"),
    ) == [("c1", "f", "{}"), ("c2", "g", "[]")]  # fmt: skip


def test_the_same_index_with_another_id_is_another_call() -> None:
    assert calls(call(0, "f", "{}", id="c1"), call(0, "f", "[]", id="c2")) == [
        ("c1", "f", "{}"), ("c2", "f", "[]"),
    ]  # fmt: skip


def test_a_call_whose_place_is_taken_has_ended() -> None:
    told = events(call(0, "f", "{", id="c1"), call(0, "g", "{}", id="c2"), STOP, DONE)
    assert [type(event) for event in told[3:5]] == [ir.BlockEnded, ir.BlockStarted]


def test_an_id_that_is_repeated_goes_on() -> None:
    repeated = [call(0, "f", part, id="c1") for part in ("{", '"a":', "1}")]
    assert calls(*repeated) == [("c1", "f", '{"a":1}')]
    changing = [call(0, "f", "{", id="c1"), call(0, arguments="}", id="c2")]
    assert calls(*changing) == [("c1", "f", "{}")]


def test_calls_without_index_are_told_by_their_ids() -> None:
    assert calls(
        call(None, "f", "{", id="c1"), call(None, arguments="}"),
        call(None, "f", "[", id="c2"), call(None, arguments="]", id="c2"),
    ) == [("c1", "f", "{}"), ("c2", "f", "[]")]  # fmt: skip


def test_calls_without_ids_are_told_by_their_arguments() -> None:
    (first, name, arguments), (second, *_) = calls(
        call(0, "f", '{"a":'), call(0, "f", "1}"), call(0, "f", '{"a":2}')
    )
    assert (name, arguments) == ("f", '{"a":1}')
    assert first != second
    told = calls(call(None, "f", "{}"), call(None, "g", "{"), call(None, arguments="}"))
    assert [each[1:] for each in told] == [("f", "{}"), ("g", "{}")]


def test_ids_that_are_the_same_are_made_different() -> None:
    told = calls(call(0, "f", "{}", id="c"), call(1, "g", "{}", id="c"))
    assert told[0] == ("c", "f", "{}")
    assert told[1][0].startswith("call_")


def test_a_name_may_come_late_or_never() -> None:
    assert calls(call(0, id="c", arguments="{"), call(0, "f", "}")) == [("c", "f", "{}")]
    assert calls(call(0, id="c", arguments="{}")) == [("c", "", "{}")]
    assert calls(call(0, id="c")) == []


def test_arguments_may_be_an_object() -> None:
    assert calls(call(0, "f", {"a": 1}, id="c")) == [("c", "f", '{"a":1}')]


def test_what_comes_after_the_end_of_a_call_is_not_its_own() -> None:
    told = calls(
        call(0, "f", "{}", id="c1"), call(1, "g", "{}", id="c2"), call(0, arguments="again")
    )
    assert told == [("c1", "f", "{}"), ("c2", "g", "{}")]


def test_a_finished_call_makes_room_for_the_next() -> None:
    told = judged(call(0, "f", "{}", id="c1"), call(1, "g", "{}", id="c2"), STOP, DONE)
    assert [type(event) for event in told[1:7]] == [
        ir.BlockStarted, ir.ArgumentsDelta, ir.BlockEnded,
        ir.BlockStarted, ir.ArgumentsDelta, ir.BlockEnded,
    ]  # fmt: skip


def test_text_ends_where_a_call_begins() -> None:
    told = answer(delta(content="a"), call(0, "f", "{}", id="c"), delta(content="b"), STOP, DONE)
    assert told.content == (
        ir.Text(text="a"),
        ir.ToolCall(id="c", name="f", arguments="{}"),
        ir.Text(text="b"),
    )
    assert told.stop == ir.Stop(reason="tool_call", raw="stop")


@pytest.mark.parametrize("late", [False, True])
def test_signatures_of_google_are_seals(late: bool) -> None:  # noqa: FBT001 - of pytest
    signed: dict[str, Any] = {"extra_content": {"google": {"thought_signature": "s"}}}
    begun = call(0, "f", "{}", id="c", **({} if late else signed))
    told = answer(begun, call(0, **(signed if late else {})), STOP, DONE)
    (made,) = told.content
    assert isinstance(made, ir.ToolCall)
    assert made.seal == ir.Seal(origin="google", signature="s")


def test_custom_calls_are_told_as_such() -> None:
    free = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "g", "input": "fr"}}
    more = {"index": 0, "custom": {"input": "ee"}}
    told = answer(delta(tool_calls=[free]), delta(tool_calls=[more]), STOP, DONE)
    assert told.content == (ir.ToolCall(id="c", name="g", arguments="free", form="custom"),)
    other = {"index": 1, "id": "d", "type": "custom", "custom": {"name": "g", "input": "x"}}
    both = answer(delta(tool_calls=[free]), delta(tool_calls=[other]), STOP, DONE)
    assert len(both.content) == 2


def test_custom_calls_sent_as_functions_come_back() -> None:
    memo = Memo(seed="s", names={"a_b": "a.b"}, custom=frozenset({"a.b"}))
    begun = call(0, "a_b", '{"input":"f', id="c")
    told = answer(begun, call(0, arguments='ree"}'), STOP, DONE, memo=memo)
    assert told.content == (ir.ToolCall(id="c", name="a.b", arguments="free", form="custom"),)
    odd = answer(call(0, "a_b", '{"odd":1}', id="c"), STOP, DONE, memo=memo)
    assert odd.content == (ir.ToolCall(id="c", name="a.b", arguments='{"odd":1}', form="custom"),)


def test_the_tool_that_stands_for_a_schema_is_a_text() -> None:
    memo = Memo(seed="s", schema_tool="json_output")
    told = answer(
        call(0, "json_output", '{"a"', id="c"),
        call(0, arguments=":1}"),
        delta(finish="tool_calls"),
        DONE,
        memo=memo,
    )
    assert (told.content, told.stop) == ((ir.Text(text='{"a":1}'),), ir.Stop(reason="end_turn"))


def test_what_was_said_before_tools_is_a_call() -> None:
    told = answer(
        delta(function_call={"name": "f", "arguments": ""}),
        delta(function_call={"arguments": "{}"}),
        delta(finish="function_call"),
        DONE,
    )
    (made,) = told.content
    assert isinstance(made, ir.ToolCall)
    assert (made.name, made.arguments, told.stop.reason) == ("f", "{}", "tool_call")


def test_what_more_is_said_of_a_call_is_kept() -> None:
    (made,) = answer(call(0, "f", "{}", id="c", odd=1), STOP, DONE).content
    assert isinstance(made, ir.ToolCall)
    assert made.extra is not None
    assert bytes(made.extra["odd"]) == b"1"
