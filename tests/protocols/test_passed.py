"""What is passed on: what a vendor's answer says of its use, and when its stream is over."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import ir
from protocols.errors import Problem
from protocols.passed import PassedAnswers
from protocols.registry import NATIVE, PASSED

PICTURES = PassedAnswers(pictures=True)
OTHERS = PassedAnswers()


def usage_of(said: object, native: PassedAnswers = OTHERS) -> ir.Usage:
    usage, stop = native.usage(msgspec.json.encode(said))
    assert usage is not None
    assert stop is None
    return msgspec.structs.replace(usage, raw=ir.NOTHING)


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        ({}, ir.Usage()),
        (
            {
                "usage": {
                    "input_tokens": 50,
                    "output_tokens": 1056,
                    "input_tokens_details": {
                        "text_tokens": 10,
                        "image_tokens": 40,
                        "cached_tokens": 8,
                    },
                    "output_tokens_details": {"image_tokens": 1000, "text_tokens": 56},
                }
            },
            ir.Usage(
                input_tokens=50,
                cache_read_tokens=8,
                input_image_tokens=40,
                output_tokens=1056,
                output_image_tokens=1000,
            ),
        ),
        (
            {
                "text": "Hi",
                "usage": {
                    "type": "tokens",
                    "input_tokens": 14,
                    "input_token_details": {"audio_tokens": 12, "text_tokens": 2},
                    "output_tokens": 3,
                    "output_token_details": {"audio_tokens": 1},
                },
            },
            ir.Usage(
                input_tokens=14, input_audio_tokens=12, output_tokens=3, output_audio_tokens=1
            ),
        ),
        (
            {"usage": {"type": "duration", "seconds": 9}, "duration": 8.2},
            ir.Usage(provider_tool_calls={"seconds": 9}),
        ),
        ({"duration": 8.2}, ir.Usage(provider_tool_calls={"seconds": 9})),
        ({"duration": "8.2"}, ir.Usage()),
        ({"duration": True}, ir.Usage()),
        ({"duration": -1}, ir.Usage()),
        (
            {"meta": {"billed_units": {"search_units": 2}}},
            ir.Usage(provider_tool_calls={"web_search": 2}),
        ),
        ({"usage": {"total_tokens": 26}}, ir.Usage(input_tokens=26)),
        (
            {"usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}},
            ir.Usage(input_tokens=4, output_tokens=2),
        ),
        ({"usage": [], "meta": 1, "data": [1, 2]}, ir.Usage()),
    ],
)
def test_usage_is_read_in_each_of_its_spellings(said: object, usage: ir.Usage) -> None:
    assert usage_of(said) == usage


def test_pictures_are_counted_and_not_looked_at() -> None:
    assert usage_of({"data": [{"url": "x"}, 5]}, PICTURES).provider_tool_calls == {"images": 2}
    assert usage_of({"data": []}, PICTURES).provider_tool_calls == {"images": 0}
    assert usage_of({"data": "none"}, PICTURES) == ir.Usage()
    assert usage_of({}, PICTURES) == ir.Usage()


def test_the_words_of_the_vendor_are_kept() -> None:
    usage, _ = OTHERS.usage(b'{"usage": {"total_tokens":  1}}')
    assert usage is not None
    assert bytes(usage.raw) == b'{"total_tokens":  1}'
    billed, _ = OTHERS.usage(b'{"meta": {"billed_units": {"search_units": 1}}}')
    assert billed is not None
    assert bytes(billed.raw) == b'{"billed_units": {"search_units": 1}}'


def test_a_broken_object_says_nothing() -> None:
    assert OTHERS.usage(b'{"usage": {') == (None, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (b"Just text.", None),
        (b"1\n00:00:00,000 --> 00:00:03,500\nHi\n\n2\n00:00:03,500 --> 00:01:04,000\nYou\n", 65),
        (b"WEBVTT\n\n00:00.000 --> 00:02.500\nHi\n", 3),
        (b"1\n00:59:59,000 --> 01:00:01,000\nHi", 3602),
    ],
)
def test_subtitles_say_how_long_they_last(text: bytes, seconds: int | None) -> None:
    usage, _ = OTHERS.usage(text)
    assert usage == ir.Usage(
        provider_tool_calls=None if seconds is None else {"subtitled_seconds": seconds}
    )


def test_an_error_in_an_answer_is_one() -> None:
    assert OTHERS.error_in_success(b'{"error": {"message": "no"}}') is not None
    assert OTHERS.error_in_success(b'{"data": []}') is None
    assert OTHERS.error_in_success(b"\xff") is None


def event(**said: object) -> bytes:
    return b"data: " + msgspec.json.encode(said) + b"\n\n"


def test_a_stream_is_whole_with_what_is_completed() -> None:
    observer = PICTURES.observer(hide_usage=False)
    assert observer.feed(b": ping\n\n")
    assert not observer.content
    assert observer.feed(event(type="image_generation.partial_image", b64_json="AA=="))
    assert (observer.content, observer.stopped, observer.usage) == (True, False, None)
    for _ in range(2):
        assert observer.feed(
            event(type="image_generation.completed", usage={"input_tokens": 1, "output_tokens": 2})
        )
    assert (observer.stopped, observer.terminal) == (True, False)
    assert observer.usage is not None
    assert (observer.usage.output_tokens, observer.usage.provider_tool_calls) == (2, {"images": 2})
    assert observer.feed(b"data: [DONE]\n\n")
    assert observer.terminal


def test_a_stream_may_fail() -> None:
    for frame in (
        b'event: error\ndata: {"type":"error","error":{"message":"no"}}\n\n',
        event(error={"message": "no"}),
    ):
        observer = OTHERS.observer(hide_usage=False)
        assert observer.feed(frame)
        assert observer.failure is not None
        assert not observer.content


def test_what_cannot_be_read_goes_on() -> None:
    observer = OTHERS.observer(hide_usage=False)
    assert observer.feed(b"data: {\n\n")
    assert (observer.content, observer.failure) == (True, None)


def test_errors_are_told_as_chat_tells_them() -> None:
    problem = Problem(kind="not_found", message="no")
    chat = NATIVE["openai.chat"]
    for what, native in PASSED.items():
        assert native.encode_error(problem, "r") == chat.encode_error(problem, "r"), what
        assert native.error_event(problem, "r") == chat.error_event(problem, "r")
        assert native.problem(404, b"", None) == chat.problem(404, b"", None)
        assert native.dialect == "openai.chat"
    assert OTHERS.tier(b'{"service_tier":"flex"}') is None


BITS = [
    b'{"usage":', b'"data":[', b'"meta":{"billed_units":', b'{"search_units":1e999}', b'"seconds":',
    b'"duration":', b"1e400", b"-1", b"9" * 400, b"[", b"]", b"{", b"}", b",", b'"type":"x.done"',
    b"null", b"\xff", b'"\\ud800"', b"data: ", b"event: error\n", b"\n\n", b"true", b"00:00:00,000",
    b" --> 9999:59:59.999",
]  # fmt: skip


@given(st.binary(max_size=100) | st.lists(st.sampled_from(BITS), max_size=12).map(b"".join))
def test_whatever_comes_is_read_or_not(body: bytes) -> None:
    for native in (PICTURES, OTHERS):
        usage, _ = native.usage(body)
        counted = {} if usage is None else usage.provider_tool_calls or {}
        assert all(isinstance(number, int) for number in counted.values())
        native.error_in_success(body)
        observer = native.observer(hide_usage=False)
        assert observer.feed(b"data: " + body)
        assert observer.feed(body or b"\n")
