"""What the observer of a Messages stream sees in passing. Real streams: test_recordings.py."""

from typing import Any

import msgspec
import pytest

from protocols import ir
from protocols.anthropic_messages.native import AnthropicMessages, MessagesObserver
from protocols.errors import Problem

MESSAGES = AnthropicMessages()


def event(kind: str, *, named: bool = True, **said: object) -> bytes:
    data = b"data: %b\n\n" % msgspec.json.encode({"type": kind, **said})
    return b"event: %b\n%b" % (kind.encode(), data) if named else data


def start(**usage: object) -> bytes:
    return event("message_start", message={"id": "msg_1", "usage": usage})


def delta(**said: object) -> bytes:
    return event("content_block_delta", index=0, delta=said)


@pytest.fixture
def observer() -> MessagesObserver:
    return MESSAGES.observer(hide_usage=True)


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("content_block_delta", {"delta": {"type": "text_delta", "text": "a"}}),
        ("content_block_delta", {"delta": {"type": "thinking_delta", "thinking": "a"}}),
        ("content_block_delta", {"delta": {"type": "input_json_delta", "partial_json": ""}}),
        ("content_block_delta", {"delta": {"type": "signature_delta", "signature": "s"}}),
        ("content_block_start", {"content_block": {"type": "tool_use", "name": "f"}}),
        ("content_block_start", {"content_block": {"type": "redacted_thinking", "data": "x"}}),
    ],
)
def test_content_is_seen(
    observer: MessagesObserver, kind: str, said: dict[str, Any], *, named: bool
) -> None:
    assert observer.feed(event(kind, named=named, index=0, **said))
    assert observer.content


def test_content_with_half_a_character_is_content(observer: MessagesObserver) -> None:
    observer.feed(b'event: content_block_delta\ndata: {"delta":{"text":"\\ud83d"}}\n\n')
    assert observer.content


@pytest.mark.parametrize(
    "frame",
    [
        start(input_tokens=1),
        event("content_block_start", content_block={"type": "text", "text": ""}),
        event("content_block_start", content_block={"type": "thinking", "thinking": ""}),
        delta(type="text_delta", text=""),
        event("content_block_stop", index=0),
        event("ping"),
        event("something_new"),
        b": note\n\n",
        b"data: nonsense\n\n",
        b'data: {"type":5}\n\n',
        b"data: []\n\n",
        b"\xff\n\n",
    ],
)
def test_a_beginning_and_noise_are_no_content(observer: MessagesObserver, frame: bytes) -> None:
    assert observer.feed(frame)
    assert (observer.content, observer.stopped, observer.terminal) == (False, False, False)
    assert (observer.failure, observer.stop) == (None, None)


@pytest.mark.parametrize("named", [True, False])
def test_stop_usage_and_end_are_seen_after_content(
    observer: MessagesObserver, *, named: bool
) -> None:
    observer.feed(start(input_tokens=5, output_tokens=1))
    observer.feed(event("content_block_delta", named=named, delta={"text": "a"}))
    observer.feed(event("content_block_delta", named=named, delta={"text": "message_stop"}))
    before = observer.terminal
    assert not before
    observer.feed(
        event(
            "message_delta",
            named=named,
            delta={"stop_reason": "max_tokens"},
            usage={"output_tokens": 9},
        )
    )
    assert (observer.stopped, observer.stop, observer.terminal) == (True, "max_tokens", False)
    observer.feed(event("message_stop", named=named))
    assert observer.terminal
    assert observer.usage is not None
    assert (observer.usage.input_tokens, observer.usage.output_tokens) == (5, 9)


def test_a_delta_without_a_stop_stops_nothing(observer: MessagesObserver) -> None:
    observer.feed(event("message_delta", delta={"stop_reason": None}))
    assert not observer.stopped
    observer.feed(event("message_delta", delta=5, usage=7))
    assert observer.usage is None


@pytest.mark.parametrize("begun", [True, False])
def test_an_error_is_seen(observer: MessagesObserver, *, begun: bool) -> None:
    if begun:
        observer.feed(delta(type="text_delta", text="a"))
    observer.feed(event("error", error={"type": "overloaded_error", "message": "Overloaded"}))
    observer.feed(event("error", error={"type": "api_error", "message": "Again"}))
    assert observer.failure is not None
    assert (observer.failure.kind, observer.failure.message) == ("overloaded", "Overloaded")
    unnamed = MESSAGES.observer(hide_usage=False)
    unnamed.feed(b'event: error\ndata: {"message":"Odd"}\n\n')
    assert unnamed.failure is not None
    assert unnamed.failure.message == "Odd"


def whole(**usage: object) -> ir.Usage:
    said, stop = MESSAGES.usage(msgspec.json.encode({"usage": usage, "stop_reason": "end_turn"}))
    assert said is not None
    assert stop == "end_turn"
    assert msgspec.json.decode(said.raw) == usage
    return said


def test_totals_include_the_cache() -> None:
    usage = whole(
        input_tokens=10,
        cache_read_input_tokens=100,
        cache_creation_input_tokens=30,
        cache_creation={"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 10},
        output_tokens=7,
        output_tokens_details={"thinking_tokens": 3},
        server_tool_use={"web_search_requests": 2},
    )
    assert (usage.input_tokens, usage.cache_read_tokens) == (140, 100)
    assert usage.cache_write_tokens == {"5m": 20, "1h": 10}
    assert (usage.output_tokens, usage.reasoning_tokens) == (7, 3)
    assert usage.provider_tool_calls == {"web_search": 2}


def test_writes_that_are_not_split_live_five_minutes() -> None:
    assert whole(cache_creation_input_tokens=4).cache_write_tokens == {"5m": 4}
    assert whole(input_tokens=4).cache_write_tokens is None


def test_numbers_that_are_none_are_not_said_and_lies_are_the_vendors() -> None:
    usage = whole(input_tokens="9", output_tokens=-1, cache_read_input_tokens=1.5)
    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens) == (None, -1, None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"usage":null}', b'{"usage":[]}', b"\xff"])
def test_an_answer_that_says_nothing(body: bytes) -> None:
    assert MESSAGES.usage(body) == (None, None)


def test_a_later_event_adds_to_what_an_earlier_one_said(observer: MessagesObserver) -> None:
    observer.feed(start(input_tokens=1, cache_read_input_tokens=50, output_tokens=1))
    later = {"input_tokens": 2, "output_tokens": 30, "cache_read_input_tokens": None}
    observer.feed(event("message_delta", delta={"stop_reason": "end_turn"}, usage=later))
    assert observer.usage is not None
    assert (observer.usage.input_tokens, observer.usage.output_tokens) == (52, 30)
    merged = {"input_tokens": 2, "cache_read_input_tokens": 50, "output_tokens": 30}
    assert msgspec.json.decode(observer.usage.raw) == merged


@pytest.mark.parametrize(
    ("usage", "tier"),
    [
        ({"input_tokens": 1}, None),
        ({"service_tier": "priority"}, "priority"),
        ({"service_tier": "standard", "speed": "fast"}, "fast"),
        ({"service_tier": "batch", "speed": "standard"}, "batch"),
    ],
)
def test_a_speed_is_said_beside_the_tier(usage: dict[str, Any], tier: str | None) -> None:
    observer = MESSAGES.observer(hide_usage=False)
    observer.feed(start(**usage))

    assert observer.tier == tier
    assert MESSAGES.tier(msgspec.json.encode({"usage": usage})) == tier


def test_what_cannot_be_read_was_served_as_usual() -> None:
    assert MESSAGES.tier(b'"service_tier"') is None


def test_a_vendors_error_is_read_and_told_in_its_own_words() -> None:
    body = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    problem = MESSAGES.problem(529, body, 3.0)
    assert (problem.kind, problem.status, problem.retry_after) == ("overloaded", 529, 3.0)
    assert MESSAGES.error_in_success(body) is not None
    assert MESSAGES.error_in_success(b'{"type":"message"}') is None
    overloaded = MESSAGES.encode_error(Problem(kind="overloaded", message="m"), "req_1")
    assert (overloaded.status, dict(overloaded.headers)["request-id"]) == (529, "req_1")
    missing = MESSAGES.encode_error(Problem(kind="not_found", message="m"), "req_1")
    assert missing.status == 404
    assert msgspec.json.decode(missing.body) == {
        "type": "error",
        "error": {"type": "not_found_error", "message": "m"},
        "request_id": "req_1",
    }


def test_a_stream_that_failed_ends_with_an_error() -> None:
    told = MESSAGES.error_event(Problem(kind="insufficient_quota", message="m"), "req_1")
    assert told.startswith(b"event: error\ndata: ")
    assert msgspec.json.decode(told.split(b"data: ")[1])["error"] == {
        "type": "rate_limit_error",
        "message": "m",
        "details": {"error_code": "insufficient_quota"},
    }
