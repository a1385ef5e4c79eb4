"""Answers as a vendor of Responses gives them, whole and streamed."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Frame, Memo
from protocols.errors import DecodeError
from protocols.openai_responses.codec import ResponsesUpstream
from protocols.stream import Collector, Grammar

UPSTREAM = ResponsesUpstream()
MEMO = Memo(seed="seed")
HEAD: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 7,
    "model": "gpt",
    "status": "completed",
    "error": None,
    "incomplete_details": None,
}
USED = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def decode(*items: object, memo: Memo = MEMO, **said: object) -> ir.Response:
    body = {**HEAD, "output": list(items), **said}
    return UPSTREAM.decode_response(msgspec.json.encode(body), memo)


def content(*items: object, memo: Memo = MEMO) -> tuple[ir.Content, ...]:
    return decode(*items, memo=memo).content


def frame(kind: str, **said: object) -> Frame:
    data = msgspec.json.encode({"type": kind, "sequence_number": 0, **said})
    return Frame(data=data, raw=data)


def read(*frames: Frame, memo: Memo = MEMO) -> list[ir.Event]:
    """Of a stream that begins as all do, and obeys the grammar."""
    decoder = UPSTREAM.event_decoder(memo)
    begun = frame("response.created", response={**HEAD, "status": "in_progress", "output": []})
    events = [event for each in (begun, *frames) for event in decoder.feed(each)]
    events += decoder.close()
    grammar = Grammar()
    for event in events:
        grammar.feed(event)
    grammar.close()
    assert grammar.faults == []
    assert decoder.close() == ()
    return events


def completed(*items: object, **said: object) -> Frame:
    return frame("response.completed", response={**HEAD, "output": list(items), **said})


def collected(*frames: Frame, memo: Memo = MEMO) -> tuple[ir.Content, ...]:
    collector = Collector()
    for event in read(*frames, memo=memo):
        collector.feed(event)
    return collector.response().content


def added(item: object, at: int = 0) -> Frame:
    return frame("response.output_item.added", output_index=at, item=item)


def done(item: object, at: int = 0) -> Frame:
    return frame("response.output_item.done", output_index=at, item=item)


def delta(kind: str, text: str, at: int = 0, **said: object) -> Frame:
    return frame(f"response.{kind}.delta", output_index=at, delta=text, **said)


def message(*parts: object, **said: object) -> dict[str, Any]:
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": parts, **said}


def text(words: str, **said: object) -> dict[str, Any]:
    return {"type": "output_text", "text": words, "annotations": [], "logprobs": [], **said}


SEAL = ir.Seal(origin="openai", id="msg_1")
THOUGHT = ir.Seal(origin="openai", id="rs_1")
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": '{"a":1}'}
CALLED = ir.ToolCall(
    id="c", name="f", arguments='{"a":1}', seal=ir.Seal(origin="openai", id="fc_1")
)


# --- whole ----------------------------------------------------------------------------------------


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


# --- streams --------------------------------------------------------------------------------------


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
