"""Whole answers of Messages vendors, read."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.anthropic_messages.wire import REASONS
from protocols.codec import Memo
from protocols.errors import DecodeError
from protocols.naming import minted_id
from tests.protocols.anthropic_messages import (
    CALL,
    CLIENT,
    EMULATED,
    MEMO,
    RENAMED,
    SEAL,
    UPSTREAM,
    WEB,
    answer,
    begin,
    collected,
    heard,
    own,
    raw,
    start,
    stop,
)


def test_a_whole_answer_is_read() -> None:
    told = answer(
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "s"},
        {"type": "text", "text": "a", "citations": [WEB]},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"n": 1.0}, "caller": {"a": 1}},
        {"type": "web_search_tool_result", "tool_use_id": "c", "content": []},
        stop_reason="tool_use",
        stop_details=None,
        container={"id": "c"},
        context_management={"applied_edits": []},
        usage={"input_tokens": 3, "output_tokens": 5, "service_tier": "standard"},
    )
    cited = ir.Citation(
        text="x",
        title="t",
        url="https://x.example",
        unit="web",
        extra={"encrypted_index": Raw(b'"e"')},
    )
    assert told.content == (
        ir.Thinking(text="hm", seal=SEAL),
        ir.Thinking(redacted=True, seal=SEAL),
        ir.Text(text="a", citations=(cited,)),
        ir.ToolCall(id="c", name="f", arguments='{"n":1.0}', extra={"caller": raw({"a": 1})}),
        ir.Opaque(
            dialect="anthropic.messages",
            kind="web_search_tool_result",
            raw=raw({"type": "web_search_tool_result", "tool_use_id": "c", "content": []}),
        ),
    )
    assert told.stop == ir.Stop(
        reason="tool_call", raw="tool_use", extra={"container": raw({"id": "c"})}
    )
    assert (told.id, told.model, told.service_tier) == ("msg_1", "claude", "standard")
    assert (told.usage.input_tokens, told.usage.output_tokens) == (3, 5)
    assert told.extra == {"context_management": raw({"applied_edits": []})}
    encoded = CLIENT.encode_response(told, own())
    assert UPSTREAM.decode_response(encoded.body, MEMO) == told
    assert encoded.losses == ()


@pytest.mark.parametrize("word", REASONS)
def test_every_reason_to_stop_is_understood(word: str) -> None:
    told = answer(stop_reason=word, stop_sequence="x")
    assert told.stop == ir.Stop(reason=REASONS[word], raw=word, sequence="x")


def test_a_reason_nobody_knows_is_kept() -> None:
    told = answer(stop_reason="moon")
    assert told.stop == ir.Stop(reason="other", raw="moon", extra={"stop_reason": Raw(b'"moon"')})
    body = msgspec.json.decode(CLIENT.encode_response(told, own()).body)
    assert body["stop_reason"] == "moon"
    assert answer(stop_reason=None).stop == ir.Stop(reason="other")


def test_names_and_free_text_come_back_as_they_were_asked() -> None:
    told = answer(
        {"type": "tool_use", "id": "c", "name": "b_se", "input": {"input": "patch"}}, memo=RENAMED
    )
    assert told.content == (ir.ToolCall(id="c", name="böse", arguments="patch", form="custom"),)
    plain = Memo(seed="s", names={"b_se": "böse"})
    (call,) = answer({**CALL, "name": "b_se"}, memo=plain).content
    assert call == ir.ToolCall(id="c", name="böse")


def test_a_call_without_an_id_is_given_one() -> None:
    lone = {"type": "tool_use", "name": "f", "input": {}}
    told = answer({"type": "text", "text": "a"}, lone)
    assert told.content[1] == ir.ToolCall(id=minted_id("s", 1), name="f")
    streamed = heard(start(), begin(0, type="text", text="a"), begin(1, **lone), *stop())
    assert collected(streamed).content == told.content


def test_the_input_of_the_schema_tool_is_the_text() -> None:
    forced = {"type": "tool_use", "id": "c", "name": "json_output", "input": {"a": 1}}
    told = answer(forced, memo=EMULATED, stop_reason="tool_use")
    assert told.content == (ir.Text(text='{"a":1}'),)
    assert told.stop.reason == "end_turn"
    both = answer(forced, CALL, memo=EMULATED, stop_reason="tool_use")
    assert both.stop.reason == "tool_call"


@pytest.mark.parametrize("block", [{"type": "text"}, {"a": 1}, 5, {"type": "tool_use", "id": 1}])
def test_a_block_that_cannot_be_read_is_kept(block: Any) -> None:
    kind = block.get("type", "") if isinstance(block, dict) else ""
    assert answer(block).content == (
        ir.Opaque(dialect="anthropic.messages", kind=kind, raw=raw(block)),
    )


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"content":5}', b"<html>"])
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        UPSTREAM.decode_response(body, MEMO)


def test_an_answer_may_say_next_to_nothing() -> None:
    told = UPSTREAM.decode_response(b'{"content":[],"id":5}', MEMO)
    assert told == ir.Response(
        id="", model="", content=(), stop=ir.Stop(reason="other"), usage=ir.Usage()
    )
