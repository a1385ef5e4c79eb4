"""What the observer of a Chat stream sees in passing. Real streams: test_recordings.py."""

from time import thread_time
from typing import Any

import msgspec
import pytest

from protocols import ir
from protocols.openai_chat.native import ChatObserver, OpenAiChat

CHAT = OpenAiChat()


def chunk(delta: object = None, *, finish_reason: object = None, **beside: object) -> bytes:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish_reason}
    return event({"id": "c", "object": "chat.completion.chunk", "choices": [choice], **beside})


def event(said: object) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(said)


def usage_of(**said: Any) -> ir.Usage:
    usage, _ = CHAT.usage(msgspec.json.encode({"usage": said}))
    assert usage is not None
    assert msgspec.json.decode(usage.raw) == said
    return usage


@pytest.fixture
def observer() -> ChatObserver:
    return CHAT.observer(hide_usage=False)


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "a"},
        {"content": [{"type": "text", "text": "a"}]},
        {"reasoning_content": "a"},
        {"reasoning": "a"},
        {"refusal": "No"},
        {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]},
        {"function_call": {"name": "f"}},
        {"audio": {"data": "AA"}},
        {"something_new": "a"},
    ],
)
def test_content_is_seen(observer: ChatObserver, delta: object) -> None:
    assert observer.feed(chunk(delta))
    assert observer.content


@pytest.mark.parametrize(
    "delta",
    [
        {"role": "assistant", "content": "", "refusal": None, "tool_calls": []},
        {"role": "assistant", "channel": "analysis"},
        {"obfuscation": "x"},
        "odd",
        None,
    ],
)
def test_a_beginning_is_no_content(observer: ChatObserver, delta: object) -> None:
    assert observer.feed(chunk(delta))
    assert not observer.content


def test_a_whole_message_or_a_text_in_a_chunk_is_content(observer: ChatObserver) -> None:
    observer.feed(event({"choices": [{"index": 0, "message": {"content": "a"}}]}))
    assert observer.content
    other = CHAT.observer(hide_usage=False)
    other.feed(event({"choices": [{"index": 0, "text": "a"}]}))
    assert other.content


@pytest.mark.parametrize(
    "frame",
    [
        b": keepalive\n\n",
        b"data: nonsense\n\n",
        b'data: {"choices":5}\n\n',
        b'data: {"choices":[5]}\n\n',
        b"data: []\n\n",
        b"data: {\n\n",
        b"\n\n",
        b"\xff\xfe\x00\n\n",
        b"data: " + b"[" * 10_000 + b"\n\n",
    ],
)
def test_noise_says_nothing(observer: ChatObserver, frame: bytes) -> None:
    assert observer.feed(frame)
    assert (observer.content, observer.stopped, observer.terminal) == (False, False, False)
    assert (observer.usage, observer.failure, observer.stop) == (None, None, None)


@pytest.mark.parametrize("text", [b"\\ud83d", b"a\\uDE00b", b"\xf0\x9f", b"\xff"])
def test_half_a_character_takes_nothing_along(observer: ChatObserver, text: bytes) -> None:
    chunk_of = b'data: {"choices":[{"delta":{"content":"%b"},"finish_reason":"stop"}],%b}\n\n'
    frame = chunk_of % (text, b'"usage":{"prompt_tokens":7}')
    assert observer.feed(frame)
    assert (observer.content, observer.stop) == (True, "stop")
    assert observer.usage is not None
    assert observer.usage.input_tokens == 7


def test_a_stop_and_an_end_are_seen_after_content(observer: ChatObserver) -> None:
    observer.feed(chunk({"content": "a"}))
    observer.feed(chunk({"content": "b"}, usage=None))
    assert not observer.stopped
    observer.feed(chunk({}, finish_reason="length"))
    assert (observer.stopped, observer.stop, observer.terminal) == (True, "length", False)
    observer.feed(b"data: [DONE]\n\n")
    assert observer.terminal


def test_the_end_is_the_end_however_it_is_written(observer: ChatObserver) -> None:
    observer.feed(b"data:[DONE]\r\n\r\n")
    assert observer.terminal


def test_a_text_about_the_end_is_not_the_end(observer: ChatObserver) -> None:
    observer.feed(chunk({"content": "a"}))
    observer.feed(b'data: {"choices":[{"delta":{"content":"[DONE]"}}]}\n\n')
    assert not observer.terminal


def test_the_stop_of_the_first_choice_is_the_stop(observer: ChatObserver) -> None:
    second = {"index": 1, "delta": {}, "finish_reason": "length"}
    observer.feed(event({"choices": [second]}))
    assert observer.stop == "length"
    observer.feed(chunk(finish_reason="stop"))
    assert observer.stop == "stop"
    observer.feed(event({"choices": [second]}))
    assert observer.stop == "stop"
    observer.feed(chunk(finish_reason=""))
    observer.feed(chunk(finish_reason=7))
    assert observer.stop == "stop"


def test_the_last_usage_of_any_chunk_counts(observer: ChatObserver) -> None:
    observer.feed(chunk({"content": "a"}, usage={"prompt_tokens": 1, "completion_tokens": 1}))
    observer.feed(chunk({"content": "b"}, usage={"prompt_tokens": 1, "completion_tokens": 2}))
    observer.feed(chunk(finish_reason="stop", usage=None))
    assert observer.usage is not None
    assert observer.usage.output_tokens == 2


def test_usage_is_seen_behind_one_that_is_null(observer: ChatObserver) -> None:
    observer.feed(chunk({"content": "a"}))
    details = {"details": {"usage": None, "finish_reason": None}}
    observer.feed(chunk({"content": "b"}, metadata=details, usage={"prompt_tokens": 3}))
    assert observer.usage is not None
    assert observer.usage.input_tokens == 3


def test_groq_counts_in_a_place_of_its_own(observer: ChatObserver) -> None:
    observer.feed(chunk({"content": "a"}, x_groq={"id": "req_1"}))
    before = observer.usage
    assert before is None
    observer.feed(chunk(finish_reason="stop", x_groq={"id": "r", "usage": {"prompt_tokens": 7}}))
    assert observer.usage is not None
    assert observer.usage.input_tokens == 7
    observer.feed(chunk(x_groq=5, usage={}))
    assert observer.usage.input_tokens == 7


def test_only_usage_alone_is_withheld_and_only_if_nobody_asked() -> None:
    hiding = CHAT.observer(hide_usage=True)
    alone = event({"choices": [], "usage": {"prompt_tokens": 1}})
    assert not hiding.feed(alone)
    assert hiding.usage is not None
    assert CHAT.observer(hide_usage=False).feed(alone)
    assert hiding.feed(chunk({"content": "a"}, usage={"prompt_tokens": 1}))
    assert not hiding.feed(alone)
    assert hiding.feed(event({"choices": [], "prompt_filter_results": []}))
    assert hiding.feed(event({"choices": [], "usage": None}))
    assert hiding.feed(event({"choices": [], "usage": {"prompt_tokens": 1}, "error": "No."}))


@pytest.mark.parametrize(
    "frame",
    [
        event({"error": {"message": "Busy", "code": 502}}),
        event({"object": "error", "message": "Busy", "code": 502}),
        b'event: error\ndata: {"message":"Busy","code":502}\n\n',
        b'event: error\r\ndata: {"error":{"message":"Busy","code":502}}\r\n\r\n',
    ],
)
@pytest.mark.parametrize("begun", [True, False])
def test_an_error_is_seen(observer: ChatObserver, frame: bytes, *, begun: bool) -> None:
    if begun:
        observer.feed(chunk({"content": "a"}))
    assert observer.feed(frame)
    assert observer.failure is not None
    assert (observer.failure.message, observer.failure.http_status) == ("Busy", 502)
    observer.feed(event({"error": {"message": "Again"}}))
    assert observer.failure.message == "Busy"


def test_a_text_about_errors_is_no_error(observer: ChatObserver) -> None:
    observer.feed(chunk({"content": "error"}))
    observer.feed(chunk({"content": '"error": "usage"'}, error=None))
    assert observer.failure is None


def test_totals_include_their_parts() -> None:
    usage = usage_of(
        prompt_tokens=100,
        completion_tokens=50,
        total_tokens=150,
        prompt_tokens_details={
            "cached_tokens": 80,
            "cache_write_tokens": 10,
            "audio_tokens": 1,
            "image_tokens": 2,
        },
        completion_tokens_details={
            "reasoning_tokens": 20,
            "audio_tokens": 3,
            "image_tokens": 4,
            "accepted_prediction_tokens": 9,
        },
    )
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) == (100, 50, 20)
    assert (usage.cache_read_tokens, usage.cache_write_tokens) == (80, {"30m": 10})
    assert (usage.input_audio_tokens, usage.input_image_tokens) == (1, 2)
    assert (usage.output_audio_tokens, usage.output_image_tokens) == (3, 4)


def test_deepseek_and_moonshot_name_cache_reads_otherwise() -> None:
    hit = usage_of(prompt_tokens=9, prompt_cache_hit_tokens=4, prompt_cache_miss_tokens=5)
    assert hit.cache_read_tokens == 4
    assert usage_of(prompt_tokens=9, cached_tokens=3).cache_read_tokens == 3


def test_reasoning_that_xai_leaves_out_of_the_completion_is_counted() -> None:
    details = {"reasoning_tokens": 264}
    usage = usage_of(
        prompt_tokens=10,
        completion_tokens=10,
        total_tokens=284,
        completion_tokens_details=details,
    )
    assert (usage.output_tokens, usage.reasoning_tokens) == (274, 264)


def test_what_is_not_said_is_none() -> None:
    usage = usage_of(total_tokens=3)
    told = {name: getattr(usage, name) for name in usage.__struct_fields__ if name != "raw"}
    assert set(told.values()) == {None}


def test_numbers_that_are_none_are_not_said_and_lies_are_the_vendors() -> None:
    usage = usage_of(
        prompt_tokens="12",
        completion_tokens=-5,
        total_tokens=True,
        prompt_tokens_details={"cached_tokens": 3.0, "audio_tokens": 0.5},
        completion_tokens_details="none",
        reasoning_tokens=10**12,
    )
    assert (usage.input_tokens, usage.output_tokens) == (None, -5)
    assert (usage.cache_read_tokens, usage.input_audio_tokens) == (3, None)
    assert usage.reasoning_tokens == 10**12


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"usage":null}', b'{"usage":"x"}', b'{"choices":5}', b'{"choices":[5]}'],
)
def test_an_answer_that_says_nothing_of_usage(body: bytes) -> None:
    assert CHAT.usage(body) == (None, None)


def test_the_stop_of_a_whole_answer_is_that_of_its_first_choice() -> None:
    said = {"choices": [{"finish_reason": "stop"}, {"finish_reason": "length"}]}
    assert CHAT.usage(msgspec.json.encode(said)) == (None, "stop")


def test_a_chunk_of_content_costs_next_to_nothing(observer: ChatObserver) -> None:
    frame = chunk({"content": " and so on"}, usage=None, system_fingerprint="fp_1234567890")
    observer.feed(frame)
    assert min(seconds_for(observer, frame, times=5_000) for _ in range(5)) / 5_000 < 10e-6


def seconds_for(observer: ChatObserver, frame: bytes, *, times: int) -> float:
    began = thread_time()
    for _ in range(times):
        observer.feed(frame)
    return thread_time() - began


def test_as_which_it_served_is_known_from_any_chunk_that_says_so(observer: ChatObserver) -> None:
    observer.feed(chunk({"content": "a"}))
    assert observer.tier is None
    observer.feed(chunk(finish_reason="stop", service_tier="flex"))
    observer.feed(event({"choices": [], "usage": {"prompt_tokens": 1}}))
    assert observer.tier == "flex"


@pytest.mark.parametrize(
    ("body", "tier"),
    [
        (b'{"choices":[],"service_tier":"priority"}', "priority"),
        (b'{"choices":[],"service_tier":null}', None),
        (b'{"choices":[]}', None),
        (b'"service_tier"', None),
    ],
)
def test_as_which_a_whole_answer_was_served(body: bytes, tier: str | None) -> None:
    assert CHAT.tier(body) == tier
