"""Streams of Messages vendors, read."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.naming import minted_id
from tests.protocols.anthropic_messages import (
    CALL,
    CLIENT,
    EMULATED,
    RENAMED,
    SEAL,
    WEB,
    answer,
    begin,
    collected,
    delta,
    end,
    heard,
    kinds,
    own,
    raw,
    start,
    stop,
)

PING = {"type": "ping"}


def test_a_stream_collected_is_the_answer() -> None:
    events = heard(
        start(),
        PING,
        begin(0, type="thinking", thinking="", signature=""),
        delta(0, type="thinking_delta", thinking="h", estimated_tokens=5),
        delta(0, type="thinking_delta", thinking="m"),
        delta(0, type="signature_delta", signature=""),
        delta(0, type="signature_delta", signature="s"),
        end(0),
        begin(1, type="text", text=""),
        delta(1, type="text_delta", text="a"),
        delta(1, type="citations_delta", citation=WEB),
        end(1),
        begin(2, **CALL),
        delta(2, type="input_json_delta", partial_json=""),
        delta(2, type="input_json_delta", partial_json='{"a":'),
        delta(2, type="input_json_delta", partial_json="1}"),
        end(2),
        begin(3, type="redacted_thinking", data="d"),
        end(3),
        *stop("tool_use", usage={"output_tokens": 9}, context_management={"a": 1}),
    )
    assert events[2] == ir.TextDelta(index=0, text="h", extra={"estimated_tokens": Raw(b"5")})
    told = collected(events)
    assert told == answer(
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "a", "citations": [WEB]},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}},
        {"type": "redacted_thinking", "data": "d"},
        stop_reason="tool_use",
        usage={"input_tokens": 3, "output_tokens": 9},
        context_management={"a": 1},
    )


def test_a_stream_goes_through_as_it_came() -> None:
    frames: list[dict[str, object]] = [
        start(service_tier="odd", container=None),
        begin(0, type="mcp_tool_use", id="c", name="f", server_name="s", input={}),
        delta(0, type="input_json_delta", partial_json='{"a":1}'),
        end(0),
        begin(1, type="mcp_tool_result", tool_use_id="c", content=[]),
        end(1),
        {"type": "moon", "a": 1},
        begin(2, type="text", text=""),
        delta(2, type="text_delta", text="", odd=1),
        delta(2, type="citations_delta", citation={"type": "moon_location", "cited_text": "x"}),
        end(2),
        *stop(usage={"input_tokens": 3}, context_management={"a": 1}),
    ]
    frames[-2]["delta"] = {"stop_reason": "moon", "stop_sequence": None, "odd": 1}
    encoder = CLIENT.event_encoder(own())
    written = b"".join(map(encoder.feed, heard(*frames)))
    lines = [line[6:] for line in written.splitlines() if line.startswith(b"data: ")]
    told = list(map(msgspec.json.decode, lines))
    begun = told[0]["message"]
    assert (begun["id"], begun["service_tier"]) == ("msg_1", "odd")
    assert told[1:] == frames[1:]
    assert encoder.losses == []


def test_usage_is_the_last_that_was_said_key_by_key() -> None:
    events = heard(
        start(usage={"input_tokens": 3, "output_tokens": 1, "service_tier": "priority"}),
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 5}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": None},
        {"type": "message_delta", "delta": None, "usage": {"output_tokens": 7}},
        {"type": "message_delta", "delta": {}, "usage": {}},
        {"type": "message_stop"},
    )
    totals = [
        (event.usage.input_tokens, event.usage.output_tokens)
        for event in events
        if isinstance(event, ir.UsageUpdated | ir.Finished)
    ]
    assert totals == [(3, 5), (3, 7), (3, 7)]
    assert kinds(events) == ["Started", "UsageUpdated", "UsageUpdated", "Finished"]
    assert isinstance(events[-1], ir.Finished)
    assert (events[-1].stop.reason, events[-1].service_tier) == ("end_turn", "priority")


def test_what_a_block_says_as_it_begins_counts() -> None:
    events = heard(
        start(),
        begin(0, type="text", text="a", citations=[WEB]),
        end(0),
        begin(1, type="thinking", thinking="h", signature="s"),
        end(1),
        begin(2, **{**CALL, "input": {"a": 1}}),
        end(2),
        begin(3, **CALL),
        end(3),
        *stop(),
    )
    told = collected(events)
    text, thought, call, empty = told.content
    assert isinstance(text, ir.Text)
    assert (text.text, len(text.citations)) == ("a", 1)
    assert thought == ir.Thinking(text="h", seal=SEAL)
    assert call == ir.ToolCall(id="c", name="f", arguments='{"a":1}')
    assert empty == ir.ToolCall(id="c", name="f", arguments="{}")


def test_free_text_is_told_as_it_comes() -> None:
    pieces = ['{"inp', 'ut":"a', "b\\", 'n"}']
    deltas = [delta(0, type="input_json_delta", partial_json=piece) for piece in pieces]
    block = {**CALL, "name": "b_se"}
    events = heard(start(), begin(0, **block), *deltas, end(0), *stop(), memo=RENAMED)
    texts = [event.text for event in events if isinstance(event, ir.ArgumentsDelta)]
    assert texts == ["a", "b", "\n"]
    (call,) = collected(events).content
    assert call == ir.ToolCall(id="c", name="böse", arguments="ab\n", form="custom")
    cut_off = heard(start(), begin(0, **block), deltas[0], end(0), *stop(), memo=RENAMED)
    assert collected(cut_off).content[0] == msgspec.structs.replace(call, arguments='{"inp')
    at_once = {**block, "input": {"input": "a"}}
    whole = heard(start(), begin(0, **at_once), end(0), *stop(), memo=RENAMED)
    assert collected(whole).content[0] == msgspec.structs.replace(call, arguments="a")


def test_a_schema_streams_as_text() -> None:
    forced = {**CALL, "name": "json_output"}
    piece = delta(0, type="input_json_delta", partial_json='{"a":1}')
    told = collected(
        heard(start(), begin(0, **forced), piece, end(0), *stop("tool_use"), memo=EMULATED)
    )
    assert (told.content, told.stop.reason) == ((ir.Text(text='{"a":1}'),), "end_turn")
    silent = heard(start(), begin(0, **forced), end(0), *stop(), memo=EMULATED)
    assert collected(silent).content == (ir.Text(text="{}"),)


def test_what_is_added_to_an_unknown_block_is_kept() -> None:
    events = heard(
        start(),
        begin(0, type="compaction", content=None),
        delta(0, type="compaction_delta", content="a"),
        delta(0, type="compaction_delta", content="b", odd=1),
        end(0),
        *stop("compaction"),
    )
    told = collected(events)
    assert told.content == (
        ir.Opaque(
            dialect="anthropic.messages",
            kind="compaction",
            raw=raw({"type": "compaction", "content": "ab", "odd": 1}),
        ),
    )
    assert told.stop.reason == "pause"
    assert kinds(events).count("Foreign") == 2


@pytest.mark.parametrize(
    ("said", "block"),
    [
        ({"type": "text_delta", "text": "a"}, ir.Text(text="a")),
        ({"type": "thinking_delta", "thinking": "a"}, ir.Thinking(text="a")),
        ({"type": "signature_delta", "signature": "s"}, ir.Thinking(seal=SEAL)),
        (
            {"type": "input_json_delta", "partial_json": "{}"},
            ir.ToolCall(id=minted_id("s", 0), name="", arguments="{}"),
        ),
    ],
)
def test_a_delta_may_be_the_first_of_its_block(said: dict[str, Any], block: ir.Content) -> None:
    lone = {"type": "content_block_delta", "delta": said}
    told = collected(heard(lone, *stop()))
    assert told.content == (block,)


@pytest.mark.parametrize(
    "odd",
    [
        delta(0, type="moon_delta", a=1),
        delta(0, type="thinking_delta", thinking="a"),
        delta(0, type="input_json_delta", partial_json="{}"),
        delta(0, type="signature_delta", signature="s"),
        delta(0, type="text_delta", text=5),
        delta(0, type="citations_delta", citation=5),
        {"type": "content_block_delta", "index": 0, "delta": []},
        {"type": "content_block_delta", "index": 0},
    ],
)
def test_a_delta_of_another_kind_goes_through_as_it_is(odd: dict[str, Any]) -> None:
    events = heard(start(), begin(0, type="text", text=""), odd, end(0), *stop())
    (foreign,) = [event for event in events if isinstance(event, ir.Foreign)]
    assert msgspec.json.decode(foreign.raw) == odd
    assert collected(events).content == (ir.Text(text=""),)


def test_a_delta_of_no_kind_begins_a_text() -> None:
    oddities: list[dict[str, Any]] = [{"delta": {"type": []}}, {"delta": []}, {}]
    for odd in oddities:
        told = collected(heard({"type": "content_block_delta", **odd}, *stop()))
        assert told.content == (ir.Text(text=""),)
    told = collected(heard({"type": "content_block_start"}, *stop()))
    assert told.content == (ir.Text(text=""),)


def test_blocks_are_ended_whatever_comes() -> None:
    events = heard(
        begin(0, type="text", text="a"),
        begin(0, type="text", text="b"),
        begin(1, type="text", text="c"),
        end(5),
        start(id="again"),
        *stop(),
        {"type": "message_stop"},
        delta(0, type="text_delta", text="late"),
    )
    told = collected(events)
    assert told.content == (ir.Text(text="a"), ir.Text(text="b"), ir.Text(text="c"))
    assert told.id == ""


def test_what_says_nothing_is_passed_over() -> None:
    assert heard(b"", b"[DONE]", b"[]", {}, PING, closed=False) == []


def test_a_stream_without_its_last_event_is_an_answer_if_its_end_was_told() -> None:
    told = heard(start(), begin(0, type="text", text="a"), stop()[0])
    assert kinds(told)[-2:] == ["BlockEnded", "Finished"]
    assert collected(told).stop.reason == "end_turn"
    cut = heard(start(usage={"input_tokens": 3}), begin(0, type="text", text="a"))
    assert isinstance(cut[-1], ir.Failed)
    assert (cut[-1].kind, cut[-1].usage is not None) == ("upstream_error", True)


def test_an_error_ends_the_stream() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    (failed,) = heard(error)
    assert isinstance(failed, ir.Failed)
    assert (failed.kind, failed.message, failed.usage) == ("overloaded", "Overloaded", None)
    assert msgspec.json.decode(failed.raw) == error
    later = heard(start(), error, PING, *stop())
    assert kinds(later) == ["Started", "Failed"]
