"""Streams as a vendor of Responses gives them."""

from typing import Any

import msgspec
import pytest

from protocols import ir
from protocols.codec import Frame, Memo
from tests.protocols.responses_heard import (
    CALL,
    CALLED,
    HEAD,
    MEMO,
    SEAL,
    THOUGHT,
    UPSTREAM,
    USED,
    added,
    collected,
    completed,
    delta,
    done,
    frame,
    message,
    raw,
    read,
    text,
)


def test_a_stream_is_read_bit_by_bit() -> None:
    place: dict[str, Any] = {"item_id": "msg_1", "content_index": 0}
    cited = {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}
    events = read(
        frame("response.in_progress", response={**HEAD, "output": []}),
        added(message(status="in_progress")),
        frame("response.content_part.added", output_index=0, part=text(""), **place),
        delta("output_text", "a", **place, logprobs=[{"token": "a"}], obfuscation="xx", odd=1),
        delta("output_text", "", **place),
        delta("output_text", "b", **place, logprobs=[]),
        frame(
            "response.output_text.annotation.added",
            output_index=0,
            annotation_index=0,
            annotation=cited,
            **place,
        ),
        frame("response.output_text.done", output_index=0, text="ab", **place),
        frame(
            "response.content_part.done",
            output_index=0,
            part=text("ab", annotations=[cited, {"type": "file_path"}]),
            **place,
        ),
        done(message(text("ab"))),
        completed(message(text("ab")), usage=USED, service_tier="flex", billing=1),
        frame("response.completed", response=HEAD),
    )
    assert events == [
        ir.Started(id="resp_1", model="gpt", created=7),
        ir.BlockStarted(index=0, block=ir.Text(text="", seal=SEAL)),
        ir.TextDelta(index=0, text="a", logprobs=raw([{"token": "a"}]), extra={"odd": raw(1)}),
        ir.TextDelta(index=0, text="b"),
        ir.CitationAdded(
            index=0, citation=ir.Citation(url="u", title="t", start=0, end=1, unit="web")
        ),
        ir.CitationAdded(index=0, citation=ir.Citation(extra={"type": raw("file_path")})),
        ir.BlockEnded(index=0),
        ir.Finished(
            stop=ir.Stop(reason="end_turn", raw="completed"),
            usage=ir.Usage(input_tokens=1, output_tokens=2, raw=raw(USED)),
            service_tier="flex",
            extra={"billing": raw(1)},
        ),
    ]


def test_what_the_start_says_is_kept() -> None:
    decoder = UPSTREAM.event_decoder(MEMO)
    said = {**HEAD, "service_tier": "auto", "tools": []}
    (started,) = decoder.feed(frame("response.created", response=said))
    assert started == ir.Started(
        id="resp_1",
        model="gpt",
        created=7,
        extra={"service_tier": raw("auto"), "tools": raw([])},
    )


def test_reasoning_stays_open_until_it_is_signed() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": []}
    sealed = {**item, "encrypted_content": "sealed"}
    part = {"type": "summary_text", "text": ""}
    events = read(
        added(item),
        frame("response.reasoning_summary_part.added", output_index=0, summary_index=0, part=part),
        delta("reasoning_summary_text", "a", summary_index=0),
        frame("response.reasoning_summary_part.done", output_index=0, summary_index=0, part=part),
        frame("response.reasoning_summary_part.added", output_index=0, summary_index=1, part=part),
        delta("reasoning_summary_text", "b", summary_index=1),
        delta("reasoning_summary_text", "late", summary_index=0),
        done({**sealed, "summary": [{"type": "summary_text", "text": word} for word in "ab"]}),
        completed(),
    )
    signed = ir.Seal(origin="openai", id="rs_1", signature="sealed")
    block = ir.Thinking(summary=True, seal=THOUGHT)
    assert events[1:-1] == [
        ir.BlockStarted(index=0, block=block),
        ir.TextDelta(index=0, text="a"),
        ir.BlockEnded(index=0),
        ir.BlockStarted(index=1, block=block),
        ir.TextDelta(index=1, text="b"),
        ir.Sealed(index=1, seal=signed),
        ir.BlockEnded(index=1),
    ]


def test_reasoning_may_be_told_as_content() -> None:
    part = {"type": "reasoning_text", "text": ""}
    assert collected(
        added({"type": "reasoning", "id": "rs_1"}),
        frame("response.reasoning_part.added", output_index=0, content_index=0, part=part),
        delta("reasoning_text", "a", content_index=0),
        frame("response.reasoning_part.done", output_index=0, content_index=0, part=part),
        done({"type": "reasoning", "id": "rs_1", "content": [{**part, "text": "a"}]}),
        completed(),
    ) == (ir.Thinking(text="a", seal=THOUGHT),)


@pytest.mark.parametrize(
    "frames",
    [
        [done(message(text("ab")))],
        [added(message()), done(message(text("ab")))],
        [completed(message(text("ab")))],
        [
            added(message()),
            added(message()),
            frame("response.output_text.done", output_index=0, content_index=0, text="ab"),
        ],
        [
            added(message()),
            delta("output_text", "a", content_index=0),
            done(message(text("ab"))),
        ],
        [
            added(message()),
            delta("output_text", "ab", content_index=1),
            done(message(text("ab"))),
        ],
        [added(message()), delta("output_text", "ab"), done(message(text("another")))],
        [
            added(message()),
            frame("response.content_part.added", output_index=0, content_index=0, part=text("")),
            frame("response.content_part.added", output_index=0, content_index=0, part=text("")),
            delta("output_text", "ab"),
        ],
    ],
)
def test_what_is_left_out_of_a_stream_is_taken_from_its_end(frames: list[Frame]) -> None:
    assert collected(*frames, completed()) == (ir.Text(text="ab", seal=SEAL),)


def test_parts_that_are_counted_otherwise_are_each_told_once() -> None:
    assert collected(
        added(message()),
        delta("output_text", "a", content_index=1),
        done(message(text("a"), text("b"))),
        completed(),
    ) == (ir.Text(text="a", seal=SEAL), ir.Text(text="b", seal=SEAL))


def test_a_part_needs_no_item() -> None:
    assert collected(delta("output_text", "a", at=0), delta("refusal", "b", at=1), completed()) == (
        ir.Text(text="a"),
        ir.Refusal(text="b"),
    )
    assert collected(delta("reasoning_summary_text", "a", at=1), completed()) == (
        ir.Thinking(text="a", summary=True),
    )


def test_an_item_may_be_known_by_its_id_alone() -> None:
    frames = [
        frame("response.output_item.added", item=message()),
        frame("response.output_text.delta", item_id="msg_1", delta="a"),
        frame("response.output_item.done", item=message(text("a"))),
        completed(message(text("a"))),
    ]
    assert collected(*frames) == (ir.Text(text="a", seal=SEAL),)


def test_a_citation_of_nothing_is_not_told() -> None:
    kind = "response.output_text.annotation.added"
    assert collected(
        added(message()),
        frame(kind, output_index=0, annotation={"type": "x"}),
        delta("output_text", "a"),
        done(message(text("a"))),
        completed(),
    ) == (ir.Text(text="a", seal=SEAL),)


ARGUMENTS = "function_call_arguments"


@pytest.mark.parametrize(
    "frames",
    [
        [delta(ARGUMENTS, '{"a"'), delta(ARGUMENTS, ""), delta(ARGUMENTS, ":1}")],
        [frame(f"response.{ARGUMENTS}.done", output_index=0, arguments='{"a":1}')],
        [delta(ARGUMENTS, '{"a"')],
        [],
    ],
)
def test_a_call_is_told_in_pieces_or_whole(frames: list[Frame]) -> None:
    begun = {**CALL, "arguments": "", "status": "in_progress"}
    assert collected(added(begun), *frames, done(CALL), completed()) == (CALLED,)


def test_a_call_may_get_its_name_late_and_its_arguments_early() -> None:
    nameless = {**CALL, "name": "", "arguments": ""}
    assert collected(added(nameless), delta(ARGUMENTS, '{"a":1}'), done(CALL), completed()) == (
        CALLED,
    )
    silent = {**CALL, "arguments": ""}
    assert collected(added(CALL), done(silent), completed()) == (CALLED,)
    assert collected(delta(ARGUMENTS, "{}", at=5), completed()) == ()


def test_a_custom_call_is_told_in_pieces() -> None:
    item = {"type": "custom_tool_call", "call_id": "c", "name": "p", "input": ""}
    assert collected(
        added(item),
        delta("custom_tool_call_input", "x"),
        frame("response.custom_tool_call_input.done", output_index=0, input="xy"),
        done({**item, "input": "xy"}),
        completed(),
    ) == (ir.ToolCall(id="c", name="p", arguments="xy", form="custom"),)


def test_a_function_that_stands_for_a_custom_tool_is_told_bit_by_bit() -> None:
    memo = Memo(seed="s", custom=frozenset({"f"}))
    begun = {**CALL, "arguments": ""}
    events = read(
        added(begun),
        delta(ARGUMENTS, '{"inp'),
        delta(ARGUMENTS, 'ut":"*** Be'),
        delta(ARGUMENTS, 'gin"}'),
        done(begun),
        completed(),
        memo=memo,
    )
    pieces = [event.text for event in events if isinstance(event, ir.ArgumentsDelta)]
    assert pieces == ["*** Be", "gin"]


def test_items_that_are_not_modelled_are_as_they_were_in_the_end() -> None:
    begun = {"type": "web_search_call", "id": "ws_1", "status": "in_progress"}
    ended = {**begun, "status": "completed"}
    events = read(
        added(begun),
        frame("response.web_search_call.searching", output_index=0, item_id="ws_1"),
        done(ended),
        completed(),
    )

    def opaque(said: object) -> ir.Opaque:
        return ir.Opaque(dialect="openai.responses", kind="web_search_call", raw=raw(said))

    assert events[1:-1] == [
        ir.BlockStarted(index=0, block=opaque(begun)),
        ir.Foreign(
            dialect="openai.responses",
            event="response.web_search_call.searching",
            raw=raw({"output_index": 0, "item_id": "ws_1"}),
        ),
        ir.BlockEnded(index=0, block=opaque(ended)),
    ]


def test_a_picture_comes_with_the_end_of_its_item() -> None:
    begun = {"type": "image_generation_call", "id": "ig_1", "status": "generating", "result": None}
    ended = {"type": "image_generation_call", "id": "ig_1", "status": "completed"}
    shown = {**ended, "result": "QUJD", "output_format": "webp", "size": "1x1"}
    picture = ir.Media(
        kind="image",
        source=ir.Inline(data="QUJD"),
        mime="image/webp",
        seal=ir.Seal(origin="openai", id="ig_1"),
        extra={"size": raw("1x1"), "=output_format": raw("webp")},
    )
    assert collected(added(begun), done(shown), completed()) == (picture,)
    assert collected(done(shown), completed()) == (picture,)
    (none,) = collected(added(begun), done({"type": "image_generation_call"}), completed())
    assert none == ir.Media(kind="image", source=ir.Inline(data=""), mime="image/png")


def test_what_is_open_in_the_end_is_ended() -> None:
    events = read(added(message()), delta("output_text", "a"), completed(message(text("a"))))
    assert isinstance(events[-2], ir.BlockEnded)


def test_a_stream_may_begin_without_a_beginning() -> None:
    decoder = UPSTREAM.event_decoder(MEMO)
    first, _ = decoder.feed(delta("output_text", "a"))[:2]
    assert first == ir.Started(id="", model="")


def test_a_stream_may_end_incomplete() -> None:
    said = {**HEAD, "status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    *_, last = read(frame("response.incomplete", response={**said, "output": None}))
    assert isinstance(last, ir.Finished)
    assert last.stop.reason == "max_tokens"


def test_a_stream_may_fail() -> None:
    error = {"code": "rate_limit_exceeded", "message": "Slow down."}
    *_, last = read(
        added(message()), frame("response.failed", response={**HEAD, "error": error, "usage": USED})
    )
    assert isinstance(last, ir.Failed)
    assert (last.kind, last.message) == ("rate_limited", "Slow down.")
    assert last.usage is not None
    *_, unexplained = read(frame("response.failed", response={**HEAD, "error": None}))
    assert isinstance(unexplained, ir.Failed)
    assert unexplained.kind == "upstream_error"


@pytest.mark.parametrize(
    "error",
    [
        frame("error", code="server_is_overloaded", message="Busy."),
        frame("error", error={"type": "overloaded_error", "message": "Busy."}),
        Frame(data=b'{"code":"server_is_overloaded","message":"Busy."}', raw=b"", event="error"),
    ],
)
def test_an_error_is_the_end(error: Frame) -> None:
    *_, last = read(error, frame("response.failed", response=HEAD))
    assert isinstance(last, ir.Failed)
    assert (last.kind, last.message) == ("overloaded", "Busy.")


def test_a_stream_without_an_end_has_failed() -> None:
    *_, last = read(added(message()), delta("output_text", "a"))
    assert isinstance(last, ir.Failed)
    assert last.kind == "upstream_error"


@pytest.mark.parametrize("data", [b"", b"[DONE]", b"{", b"{}"])
def test_what_says_nothing_is_passed_over(data: bytes) -> None:
    assert len(read(Frame(data=data, raw=data), completed())) == 2


def test_the_name_of_an_event_may_be_beside_it() -> None:
    said = msgspec.json.encode({"output_index": 0, "delta": "a"})
    named = Frame(data=said, raw=b"", event="response.output_text.delta")
    assert collected(named, completed()) == (ir.Text(text="a"),)
