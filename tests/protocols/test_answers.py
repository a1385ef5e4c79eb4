"""Whatever an answer says, its client hears; streamed or whole, the same."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given

from protocols import ir
from protocols.codec import Head
from protocols.ir import Dialect, Event, Request
from protocols.native import StreamObserver
from protocols.registry import CLIENT_CODECS, NATIVE
from tests.protocols.answers import (
    Answer,
    Heard,
    answers,
    faults,
    hear_chat,
    hear_chat_stream,
    hear_messages,
    hear_messages_stream,
    spoken,
)

ASKED = {
    "openai.chat": b'{"model":"m","messages":[],"stream_options":{"include_usage":true}}',
    "anthropic.messages": b'{"model":"m","messages":[],"max_tokens":9}',
}
HEARD_WHOLE: dict[Dialect, Callable[[bytes], Heard]] = {
    "openai.chat": hear_chat,
    "anthropic.messages": hear_messages,
}
HEARD_STREAM: dict[Dialect, Callable[[bytes], Heard]] = {
    "openai.chat": hear_chat_stream,
    "anthropic.messages": hear_messages_stream,
}
DIALECTS = pytest.mark.parametrize("dialect", HEARD_WHOLE)


def request(dialect: Dialect) -> Request:
    return CLIENT_CODECS[dialect].decode_request(ASKED[dialect], Head())


def streamed(dialect: Dialect, events: Iterable[Event]) -> list[bytes]:
    encoder = CLIENT_CODECS[dialect].event_encoder(request(dialect))
    return [*map(encoder.feed, events), encoder.close()]


def watched(dialect: Dialect, pieces: list[bytes]) -> StreamObserver:
    observer = NATIVE[dialect].observer(hide_usage=False)
    for piece in pieces:
        for event in piece.split(b"\n\n"):
            if event:
                assert observer.feed(event + b"\n\n")
    return observer


def without_raw(usage: ir.Usage | None) -> dict[str, object]:
    assert usage is not None
    return {
        "input": usage.input_tokens,
        "read": usage.cache_read_tokens,
        "written": sum((usage.cache_write_tokens or {}).values()),
        "output": usage.output_tokens,
        "reasoning": usage.reasoning_tokens,
    }


def heard_of(dialect: Dialect, answer: Answer) -> Heard:
    """What must be heard: all that was said, but seals where the dialect has no field."""
    heard = spoken(answer.response.content)
    return (
        heard
        if dialect == "anthropic.messages"
        else Heard(text=heard.text, thoughts=heard.thoughts, calls=heard.calls)
    )


def said(heard: Heard) -> tuple[object, ...]:
    return heard.text, heard.thoughts, heard.seals, heard.calls


@given(answers())
def test_the_generated_answers_obey_the_grammar(answer: Answer) -> None:
    assert faults(answer.events) == []


@given(answers(interleaved=True))
def test_the_generated_interleaved_answers_obey_the_grammar(answer: Answer) -> None:
    assert faults(answer.events) == []


@DIALECTS
@given(answer=answers())
def test_a_whole_answer_says_everything(dialect: Dialect, answer: Answer) -> None:
    body = CLIENT_CODECS[dialect].encode_response(answer.response, request(dialect)).body
    assert said(HEARD_WHOLE[dialect](body)) == said(heard_of(dialect, answer))


@DIALECTS
@given(answer=answers())
def test_a_stream_says_everything_once_and_ends(dialect: Dialect, answer: Answer) -> None:
    heard = HEARD_STREAM[dialect](b"".join(streamed(dialect, answer.events)))
    assert said(heard) == said(heard_of(dialect, answer))
    assert heard.ended


@given(answers(interleaved=True))
def test_blocks_that_come_all_at_once_are_told_one_by_one(answer: Answer) -> None:
    heard = hear_messages_stream(b"".join(streamed("anthropic.messages", answer.events)))
    assert said(heard) == said(spoken(answer.response.content))


@given(answers(interleaved=True))
def test_calls_that_come_all_at_once_are_told_apart(answer: Answer) -> None:
    heard = hear_chat_stream(b"".join(streamed("openai.chat", answer.events)))
    assert heard.calls == spoken(answer.response.content).calls


@DIALECTS
@given(answer=answers())
def test_stream_and_whole_answer_agree(dialect: Dialect, answer: Answer) -> None:
    body = CLIENT_CODECS[dialect].encode_response(answer.response, request(dialect)).body
    whole = HEARD_WHOLE[dialect](body)
    stream = HEARD_STREAM[dialect](b"".join(streamed(dialect, answer.events)))
    assert stream == whole


@DIALECTS
@given(answer=answers())
def test_the_observer_reads_what_the_codec_wrote(dialect: Dialect, answer: Answer) -> None:
    observer = watched(dialect, streamed(dialect, answer.events))
    body = CLIENT_CODECS[dialect].encode_response(answer.response, request(dialect)).body
    usage, stop = NATIVE[dialect].usage(body)
    assert without_raw(observer.usage) == without_raw(usage) == without_raw(answer.response.usage)
    assert observer.stop == stop is not None
    assert observer.content == bool(answer.response.content)
    assert (observer.stopped, observer.terminal, observer.failure) == (True, True, None)


@DIALECTS
def test_a_failure_is_the_last_word(dialect: Dialect) -> None:
    events: list[Event] = [
        ir.Started(id="a", model="m"),
        ir.Failed(kind="overloaded", message="Too many guests."),
    ]
    observer = watched(dialect, streamed(dialect, events))
    assert observer.failure is not None
    assert observer.failure.message == "Too many guests."
    assert not observer.terminal


@DIALECTS
def test_a_failure_of_no_known_kind_is_the_vendors(dialect: Dialect) -> None:
    written = b"".join(streamed(dialect, [ir.Failed(kind="odd", message="Oh.")]))
    kind = b"server_error" if dialect == "openai.chat" else b"api_error"
    assert kind in written


@DIALECTS
def test_unknown_usage_is_told_to_those_who_fail_without(dialect: Dialect) -> None:
    finished = ir.Finished(stop=ir.Stop(reason="end_turn"), usage=ir.Usage())
    events: list[Event] = [ir.Started(id="a", model="m", usage=ir.Usage()), finished]
    streamed_usage = watched(dialect, streamed(dialect, events)).usage
    response = ir.Response(id="a", model="m", content=(), stop=finished.stop, usage=finished.usage)
    body = CLIENT_CODECS[dialect].encode_response(response, request(dialect)).body
    for usage in (streamed_usage, NATIVE[dialect].usage(body)[0]):
        told = None if usage is None else (usage.input_tokens, usage.output_tokens)
        # Anthropic's SDKs read both totals whatever there is; the others look first.
        assert told == ((0, 0) if dialect == "anthropic.messages" else None)
