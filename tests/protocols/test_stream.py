"""Streams of events: in order, watched, collected, made of answers."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from protocols import ir
from protocols.ir import Content, Event
from protocols.stream import Collector, Sequencer, replay
from tests.protocols.answers import NAMES, TEXTS, USAGES, Answer, answers, collected, faults

STARTED = ir.Started(id="a", model="m")
FINISHED = ir.Finished(stop=ir.Stop(reason="end_turn"), usage=ir.Usage(output_tokens=1))
TEXT = ir.BlockStarted(index=0, block=ir.Text(text=""))
ENDED = ir.BlockEnded(index=0)
# JSON as vendors spell it, blanks and all.
RAWS = st.sampled_from([b"1", b'{"a": [ 1.0 ]}', b"[]", b'"x"']).map(Raw)
EXTRAS = st.none() | st.dictionaries(NAMES, RAWS, min_size=1, max_size=2)
LOGPROBS = st.sampled_from([b"", b"[]", b'[ {"token": "a"} ]']).map(Raw)
MAYBE_TEXT = st.none() | TEXTS
SEALS = st.none() | st.builds(ir.Seal, origin=NAMES, signature=MAYBE_TEXT, id=MAYBE_TEXT)
CITATIONS = st.builds(ir.Citation, text=MAYBE_TEXT, url=MAYBE_TEXT, extra=EXTRAS)
SOURCES = st.builds(ir.Inline, data=NAMES) | st.builds(ir.Link, url=NAMES)
BLOCKS: st.SearchStrategy[Content] = st.one_of(
    st.builds(
        ir.Text,
        text=st.just("") | TEXTS,
        citations=st.lists(CITATIONS, max_size=2).map(tuple),
        logprobs=LOGPROBS,
        seal=SEALS,
        extra=EXTRAS,
    ),
    st.builds(ir.Thinking, text=st.just("") | TEXTS, summary=st.booleans(), seal=SEALS),
    st.builds(ir.Refusal, text=TEXTS),
    st.builds(ir.Media, kind=st.just("image"), source=SOURCES, context=MAYBE_TEXT, seal=SEALS),
    st.builds(ir.ToolCall, id=NAMES, name=NAMES, arguments=st.just("") | TEXTS, seal=SEALS),
    st.builds(ir.ToolResult, call_id=NAMES),
    st.builds(ir.Opaque, dialect=NAMES, kind=NAMES, raw=RAWS),
)
CONTENTS = st.lists(BLOCKS, max_size=4).map(tuple)
STOPS = st.builds(ir.Stop, reason=st.just("end_turn"), raw=MAYBE_TEXT, extra=EXTRAS)
RESPONSES = st.builds(
    ir.Response,
    id=NAMES,
    model=NAMES,
    content=CONTENTS,
    stop=STOPS,
    usage=USAGES,
    alternatives=st.lists(
        st.builds(ir.Alternative, content=CONTENTS, stop=STOPS, extra=EXTRAS), max_size=2
    ).map(tuple),
    created=st.none() | st.integers(0, 9),
    service_tier=MAYBE_TEXT,
    extra=EXTRAS,
)


def blocks(*events: Event) -> tuple[Content, ...]:
    return collected([STARTED, *events, FINISHED]).content


# --- replay and collector -------------------------------------------------------------------------


@given(RESPONSES)
def test_an_answer_told_as_a_stream_is_the_same_answer(response: ir.Response) -> None:
    assert collected(replay(response)) == response


@given(RESPONSES)
def test_an_answer_told_as_a_stream_obeys_the_grammar(response: ir.Response) -> None:
    assert faults(replay(response)) == []


@given(answers(interleaved=True))
def test_blocks_that_come_all_at_once_are_collected_apart(answer: Answer) -> None:
    assert collected(answer.events) == answer.response


def test_lists_of_probabilities_are_joined() -> None:
    first, second = Raw(b'[{"token":"a"}]'), Raw(b'[{"token":"b"}, {"token":"c"}]')
    (text,) = blocks(
        TEXT,
        ir.TextDelta(index=0, text="a", logprobs=first),
        ir.TextDelta(index=0, text="bc", logprobs=second),
        ENDED,
    )
    assert isinstance(text, ir.Text)
    assert [each["token"] for each in msgspec.json.decode(text.logprobs)] == ["a", "b", "c"]


def test_sound_that_comes_in_pieces_is_one() -> None:
    empty = ir.Media(kind="audio", source=ir.Inline(data=""), mime="audio/wav")
    (sound,) = blocks(
        ir.BlockStarted(index=0, block=empty),
        ir.MediaDelta(index=0, data="AAAA", transcript="Good "),
        ir.MediaDelta(index=0, data="BBBB", transcript="day."),
        ir.Sealed(index=0, seal=ir.Seal(origin="openai", id="audio_1")),
        ENDED,
    )
    assert sound == ir.Media(
        kind="audio",
        source=ir.Inline(data="AAAABBBB"),
        mime="audio/wav",
        context="Good day.",
        seal=ir.Seal(origin="openai", id="audio_1"),
    )


def test_media_elsewhere_stay_there() -> None:
    film = ir.Media(kind="video", source=ir.Link(url="https://a.example/film"))
    assert blocks(ir.BlockStarted(index=0, block=film), ENDED) == (film,)


def test_a_block_that_is_repeated_whole_at_its_end_is_that() -> None:
    begun = ir.Opaque(dialect="d", kind="k", raw=Raw(b"{}"))
    whole = ir.Opaque(dialect="d", kind="k", raw=Raw(b'{"a":1}'))
    ended = ir.BlockEnded(index=0, block=whole)
    assert blocks(ir.BlockStarted(index=0, block=begun), ended) == (whole,)


def test_what_is_not_finished_is_told_as_far_as_it_has_come() -> None:
    usage = ir.Usage(input_tokens=5)
    failed = ir.Failed(kind="timeout", message="Too late.")
    collector = Collector()
    for event in (STARTED, ir.UsageUpdated(usage=usage), TEXT, failed):
        collector.feed(event)
    assert collector.failed == failed
    assert collector.response() == ir.Response(
        id="a",
        model="m",
        content=(ir.Text(text=""),),
        stop=ir.Stop(reason="other"),
        usage=usage,
    )


def test_usage_of_the_first_event_counts_until_there_is_more() -> None:
    usage = ir.Usage(input_tokens=5)
    assert collected([ir.Started(id="a", model="m", usage=usage)]).usage == usage
    assert collected([STARTED]).usage == ir.Usage()


def test_an_alternative_that_does_not_end_has_stopped_for_no_known_reason() -> None:
    begun = ir.BlockStarted(index=0, block=ir.Text(text="b"), choice=1)
    foreign = ir.Foreign(dialect="d", event="e", raw=Raw(b"{}"))
    answer = collected([STARTED, begun, foreign, ENDED, FINISHED])
    stop = ir.Stop(reason="other")
    assert answer.alternatives == (ir.Alternative(content=(ir.Text(text="b"),), stop=stop),)


def test_what_begin_and_end_say_beside_is_put_together() -> None:
    begun = ir.Started(id="a", model="m", extra={"x": Raw(b"1")})
    ended = ir.Finished(stop=FINISHED.stop, usage=FINISHED.usage, extra={"y": Raw(b"2")})
    assert collected([begun, ended]).extra == {"x": Raw(b"1"), "y": Raw(b"2")}


# --- sequencer ------------------------------------------------------------------------------------


def test_blocks_are_numbered_as_they_begin_and_ended_by_their_names() -> None:
    sequencer = Sequencer()
    text = ir.Text(text="")
    assert sequencer.begin("a", text) == ir.BlockStarted(index=0, block=text)
    assert sequencer.begin("b", text, choice=1) == ir.BlockStarted(index=1, block=text, choice=1)
    assert (sequencer.index("a"), sequencer.index("b"), sequencer.index("c")) == (0, 1, None)
    assert sequencer.end("a", "c") == [ir.BlockEnded(index=0)]
    assert sequencer.index("a") is None
    assert sequencer.begin("a", text).index == 2
    assert sequencer.end_all() == [ir.BlockEnded(index=1), ir.BlockEnded(index=2)]
    assert sequencer.end_all() == []


# --- grammar --------------------------------------------------------------------------------------


def test_a_whole_stream_is_without_fault() -> None:
    between: list[Event] = [
        ir.UsageUpdated(usage=ir.Usage()),
        ir.AlternativeEnded(choice=1, stop=FINISHED.stop),
        ir.Foreign(dialect="d", event="e", raw=Raw(b"{}")),
    ]
    delta = ir.TextDelta(index=0, text="a")
    assert faults([STARTED, TEXT, *between, delta, ENDED, *between, FINISHED]) == []


def test_a_failure_may_come_at_any_time_and_alone() -> None:
    failed = ir.Failed(kind="timeout", message="Too late.")
    assert faults([failed]) == []
    assert faults([STARTED, TEXT, failed]) == []


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        ([STARTED], "the stream has no last event"),
        ([STARTED, FINISHED, ENDED], "BlockEnded after the last event"),
        ([STARTED, STARTED, FINISHED], "Started twice"),
        ([TEXT, STARTED, FINISHED], "BlockStarted before Started"),
        ([STARTED, TEXT, FINISHED], "Finished while [0] are open"),
        ([STARTED, TEXT, ENDED, ENDED, FINISHED], "BlockEnded of block 0, which is not open"),
        ([STARTED, TEXT, ENDED, TEXT, ENDED, FINISHED], "block 0 where 1 comes next"),
    ],
)
def test_what_comes_at_the_wrong_time_is_a_fault(events: list[Event], fault: str) -> None:
    assert faults(events) == [fault]
