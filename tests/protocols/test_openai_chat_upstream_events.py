"""Streams of vendors that speak Chat."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Frame
from tests.protocols.chat_streams import (
    DONE,
    MEMO,
    STOP,
    UPSTREAM,
    answer,
    chunk,
    delta,
    events,
    judged,
)


def raw(value: object) -> Raw:
    return Raw(msgspec.json.encode(value))


def test_a_stream_is_an_answer() -> None:
    told = answer(
        delta(role="assistant", content="", reasoning_content="h"),
        delta(reasoning_content="m"),
        delta(content="a"),
        delta(content="b"),
        delta(refusal="no"),
        delta(finish="stop"),
        chunk(usage={"prompt_tokens": 1, "completion_tokens": 2}, service_tier="flex"),
        DONE,
    )
    assert told == ir.Response(
        id="r",
        model="v",
        created=7,
        content=(ir.Thinking(text="hm"), ir.Text(text="ab"), ir.Refusal(text="no")),
        stop=ir.Stop(reason="refusal", raw="stop"),
        usage=ir.Usage(
            input_tokens=1,
            output_tokens=2,
            raw=raw({"prompt_tokens": 1, "completion_tokens": 2}),
        ),
        service_tier="flex",
    )


def test_thoughts_are_spelled_as_they_were() -> None:
    (thought,) = answer(delta(reasoning="hm"), STOP, DONE).content
    assert isinstance(thought, ir.Thinking)
    assert thought.extra == {"=reasoning": Raw(b"null")}


def test_all_may_be_said_in_one_chunk() -> None:
    usage = {"prompt_tokens": 1}
    one = chunk({"index": 0, "delta": {"content": "a"}, "finish_reason": "length"}, usage=usage)
    told = answer(one)
    assert (told.content, told.stop.reason) == ((ir.Text(text="a"),), "max_tokens")
    assert told.usage.input_tokens == 1


@pytest.mark.parametrize(
    "usage",
    [
        {"usage": {"prompt_tokens": 5}},
        {"x_groq": {"id": "x", "usage": {"prompt_tokens": 5}}},
        {"usage": {"prompt_tokens": 5}, "x_groq": {"usage": {"prompt_tokens": 9}}},
    ],
)
def test_the_last_word_on_usage_counts(usage: dict[str, Any]) -> None:
    first = {**delta(content="a"), "usage": {"prompt_tokens": 1}}
    told = answer(first, {**STOP, **usage}, chunk(usage=None), chunk(usage={}), DONE)
    assert told.usage.input_tokens == 5


def test_nothing_counts_after_the_end() -> None:
    told = events(delta(content="a"), STOP, DONE, DONE, delta(content="b"))
    assert isinstance(told[-1], ir.Finished)
    assert sum(isinstance(event, ir.TextDelta) for event in told) == 1


def test_an_end_without_a_reason_is_an_end() -> None:
    told = answer(delta(content="a"), DONE)
    assert (told.stop.reason, told.stop.raw) == ("other", None)
    assert isinstance(judged(delta(content="a"), STOP)[-1], ir.Finished)


@pytest.mark.parametrize("told", [[], [DONE], [delta(content="a")], [chunk(), DONE]])
def test_a_stream_that_breaks_off_has_failed(told: list[Any]) -> None:
    last = events(*told)[-1]
    assert isinstance(last, ir.Failed)
    assert (last.kind, last.usage) == ("upstream_error", None)


def test_what_was_used_before_a_failure_is_told() -> None:
    (*_, last) = events({**delta(content="a"), "usage": {"prompt_tokens": 5}})
    assert isinstance(last, ir.Failed)
    assert last.usage is not None
    assert last.usage.input_tokens == 5


def test_an_error_ends_the_stream() -> None:
    error = {"error": {"message": "Too many.", "code": "rate_limit_exceeded"}}
    told = events(delta(content="a"), error, STOP, DONE)
    assert told[-1] == ir.Failed(kind="rate_limited", message="Too many.", raw=raw(error))
    decoder = UPSTREAM.event_decoder(MEMO)
    (failed,) = decoder.feed(Frame(data=b"Overloaded.", raw=b"", event="error"))
    assert isinstance(failed, ir.Failed)
    assert failed.message == "Overloaded."
    assert decoder.close() == ()


def test_an_error_beside_an_end_is_a_remark() -> None:
    remark = {"message": "Malformed call.", "code": 502}
    told = judged(delta(content="a"), {**STOP, "error": remark}, DONE)
    finished = told[-1]
    assert isinstance(finished, ir.Finished)
    assert finished.extra == {"error": raw(remark)}
    failed = events(delta(content="a"), {**delta(finish="error"), "error": remark})
    assert isinstance(failed[-1], ir.Failed)


@pytest.mark.parametrize("noise", [b"", b"  ", b"hello", b"[1]", b'{"a"', b'{"choices":5}', b"{}"])
def test_noise_changes_nothing(noise: bytes) -> None:
    plain = [delta(content="a"), STOP, DONE]
    assert events(plain[0], noise, *plain[1:]) == events(*plain)


def test_what_azure_says_first_is_said_at_the_start() -> None:
    first = {**chunk(prompt_filter_results=[1]), "id": "", "model": ""}
    told = judged(first, delta(content="a"), STOP, DONE)
    started = told[0]
    assert isinstance(started, ir.Started)
    assert (started.id, started.model) == ("r", "v")
    assert started.extra == {"prompt_filter_results": raw([1])}


def test_what_is_said_beside_is_an_event_of_its_own_and_once() -> None:
    beside = {"citations": ["u"], "obfuscation": "x", "system_fingerprint": None}
    told = judged(
        delta(content="a"),
        {**delta(content="b"), **beside},
        {**delta(content="c"), **beside, "obfuscation": "y"},
        STOP,
        DONE,
    )
    foreign = [event for event in told if isinstance(event, ir.Foreign)]
    assert [msgspec.json.decode(event.raw) for event in foreign] == [
        {"citations": ["u"], "choices": []}
    ]


def test_what_is_said_of_a_choice_is_an_event_of_its_own() -> None:
    filtered = {"content_filter_results": {"hate": {"filtered": False}}}
    told = judged(delta(content="a", beside=filtered, reasoning_details=[1]), STOP, DONE)
    (foreign,) = [event for event in told if isinstance(event, ir.Foreign)]
    assert msgspec.json.decode(foreign.raw) == {
        "choices": [{"index": 0, "delta": {"reasoning_details": [1]}, **filtered}]
    }


def test_choices_are_kept_apart() -> None:
    told = answer(
        chunk(
            {"index": 0, "delta": {"content": "a"}},
            {"index": 1, "delta": {"content": "b"}, "finish_reason": "length"},
            {"index": 2, "delta": {"content": "c"}},
        ),
        STOP,
        DONE,
    )
    assert told.content == (ir.Text(text="a"),)
    first, second = told.alternatives
    assert (first.content, first.stop.reason) == ((ir.Text(text="b"),), "max_tokens")
    assert (second.content, second.stop.reason) == ((ir.Text(text="c"),), "other")
    assert answer(chunk({"delta": {"content": "a"}}), STOP, DONE).content == told.content
    alone = answer(chunk({"index": 1, "delta": {"content": "b"}}), DONE)
    assert (alone.content, alone.stop.reason) == ((), "other")


def test_a_reason_said_early_is_the_last_one_said() -> None:
    told = answer(delta(content="a", finish="length"), delta(content="b", finish="stop"), DONE)
    assert (told.content, told.stop.raw) == ((ir.Text(text="ab"),), "stop")


def test_perplexity_repeats_itself_to_no_effect() -> None:
    beside = {"message": {"role": "assistant", "content": "ab"}}
    assert answer(
        delta(content="a", beside=beside), delta(content="b", beside=beside), STOP, DONE
    ).content == (ir.Text(text="ab"),)
    whole = chunk({"index": 0, "message": {"content": "a"}, "finish_reason": "stop"})
    assert answer(whole).content == (ir.Text(text="a"),)


def test_probabilities_come_with_their_texts() -> None:
    first, second = {"content": [{"token": "a"}], "refusal": None}, {"content": [{"token": "b"}]}
    told = answer(
        delta(content="a", beside={"logprobs": first}),
        delta(content="b", beside={"logprobs": second}),
        delta(finish="stop", beside={"logprobs": {"content": None}}),
        DONE,
    )
    assert told.content == (ir.Text(text="ab", logprobs=raw([{"token": "a"}, {"token": "b"}])),)
    (alone,) = answer(delta(beside={"logprobs": first}), STOP, DONE).content
    assert alone == ir.Text(text="", logprobs=raw([{"token": "a"}]))


def test_parts_of_mistral_are_told_one_by_one() -> None:
    def thought(text: str) -> dict[str, Any]:
        return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}

    reference = {"type": "reference", "reference_ids": [1]}
    told = answer(
        delta(content=[thought("h")]),
        delta(content=[thought("m"), {"type": "text", "text": "a"}, reference, {"odd": 1}]),
        delta(content="b"),
        STOP,
        DONE,
    )
    first, second, third, fourth, fifth = told.content
    assert isinstance(first, ir.Thinking)
    assert (first.text, second, fifth) == ("hm", ir.Text(text="a"), ir.Text(text="b"))
    assert isinstance(third, ir.Opaque)
    assert isinstance(fourth, ir.Opaque)
    assert (third.kind, fourth.kind) == ("reference", "part")


def test_citations_come_with_their_text() -> None:
    cited = [{"type": "url_citation", "url_citation": {"url": "https://x", "title": "t"}}]
    told = answer(delta(content="a"), delta(annotations=cited), STOP, DONE)
    assert told.content == (
        ir.Text(text="a", citations=(ir.Citation(url="https://x", title="t", unit="web"),)),
    )
    (alone,) = answer(delta(annotations=cited), STOP, DONE).content
    assert isinstance(alone, ir.Text)


def test_a_voice_comes_bit_by_bit() -> None:
    told = answer(
        delta(audio={"id": "audio_1"}),
        delta(audio={"data": "AAAA", "transcript": "a"}),
        delta(audio={"data": "BBBB"}),
        delta(audio={"transcript": "b"}),
        delta(audio={"expires_at": 5}),
        delta(audio={}),
        STOP,
        DONE,
    )
    (audio,) = told.content
    assert isinstance(audio, ir.Media)
    assert (audio.source, audio.context) == (ir.Inline(data="AAAABBBB"), "ab")
    assert audio.extra == {"id": raw("audio_1")}


def test_images_come_whole() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    told = answer(delta(content="a"), delta(images=[image, {"type": "odd"}]), STOP, DONE)
    assert told.content == (
        ir.Text(text="a"),
        ir.Media(kind="image", source=ir.Inline(data="AAAA"), mime="image/png"),
    )
