"""What the observer of a Converse stream sees in passing, and how errors are told."""

from typing import Any

import msgspec
import pytest

from protocols import ir
from protocols.bedrock_converse.errors import FORMS
from protocols.bedrock_converse.native import BedrockConverse, ConverseObserver
from protocols.errors import STATUS, Kind, Problem
from protocols.framing.aws import read_message, write_event, write_exception

CONVERSE = BedrockConverse()
USAGE = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}


def event(kind: str, **said: object) -> bytes:
    return write_event(kind, msgspec.json.encode({**said, "p": "abc"}))


def delta(**said: object) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=0, delta=said)


@pytest.fixture
def observer() -> ConverseObserver:
    return CONVERSE.observer(hide_usage=True)


@pytest.mark.parametrize(
    "frame",
    [
        delta(text="a"),
        delta(reasoningContent={"text": "a"}),
        delta(reasoningContent={"signature": "s"}),
        delta(toolUse={"input": ""}),
        delta(citation={}),
        event("contentBlockStart", start={"toolUse": {}}),
        write_event("contentBlockDelta", b"{"),
    ],
)
def test_content_is_seen(observer: ConverseObserver, frame: bytes) -> None:
    assert observer.feed(frame)
    assert observer.content
    assert observer.feed(delta(text=""))
    assert observer.content


@pytest.mark.parametrize(
    "frame",
    [
        event("messageStart", role="assistant"),
        event("contentBlockStop", contentBlockIndex=0),
        delta(text=""),
        delta(reasoningContent={"text": ""}),
        CONVERSE.keepalive,
    ],
)
def test_nothing_is_said_yet(observer: ConverseObserver, frame: bytes) -> None:
    assert observer.feed(frame)
    assert (observer.content, observer.stopped, observer.terminal) == (False, False, False)


@pytest.mark.parametrize("turned", [False, True])
def test_stop_and_usage_end_a_stream(observer: ConverseObserver, *, turned: bool) -> None:
    stop = event("messageStop", stopReason="end_turn")
    metadata = event("metadata", usage=USAGE, serviceTier={"type": "flex"})
    first, last = (metadata, stop) if turned else (stop, metadata)
    observer.feed(first)
    assert not observer.terminal
    observer.feed(last)
    assert (observer.terminal, observer.stopped, observer.stop) == (True, True, "end_turn")
    assert observer.tier == "flex"
    assert observer.usage == ir.Usage(
        input_tokens=3, output_tokens=2, raw=msgspec.Raw(msgspec.json.encode(USAGE))
    )


@pytest.mark.parametrize(
    ("name", "said", "kind"),
    [
        ("throttlingException", {"message": "slow"}, "rate_limited"),
        ("validationException", {"message": "prompt is too long"}, "context_length"),
        ("validationException", {"message": "no"}, "invalid_request"),
        ("modelStreamErrorException", {"message": "oops"}, "upstream_error"),
        ("odd", {"message": "oops"}, "upstream_error"),
    ],
)
def test_an_exception_is_a_failure(
    observer: ConverseObserver, name: str, said: dict[str, Any], kind: Kind
) -> None:
    assert observer.feed(write_exception(name, msgspec.json.encode(said)))
    assert observer.failure == Problem(kind=kind, message=said["message"])
    observer.feed(write_exception("odd", b"{}"))
    assert observer.failure == Problem(kind=kind, message=said["message"])


def test_a_whole_answer_says_what_it_cost() -> None:
    said = {"stopReason": "tool_use", "usage": USAGE, "serviceTier": {"type": "priority"}}
    body = msgspec.json.encode(said)
    usage, stop = CONVERSE.usage(body)
    assert (usage and usage.output_tokens, stop) == (2, "tool_use")
    assert CONVERSE.tier(body) == "priority"
    assert CONVERSE.tier(b"{}") is None
    assert CONVERSE.usage(b"[") == (None, None)
    assert CONVERSE.error_in_success(b'{"message":"no"}') is None
    assert CONVERSE.error_in_success(b'{"output":{},"__type":"x","message":"no"}') is None
    error = CONVERSE.error_in_success(b'{"__type":"ThrottlingException","message":"no"}')
    assert error is not None
    assert error.message == "no"


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        (
            {"inputTokens": 1, "cacheReadInputTokens": 2, "cacheWriteInputTokens": 4},
            {"input_tokens": 7, "cache_read_tokens": 2, "cache_write_tokens": {"5m": 4}},
        ),
        (
            {
                "inputTokens": 1,
                "cacheWriteInputTokens": 9,
                "cacheDetails": [
                    {"ttl": "1h", "inputTokens": 3},
                    {"ttl": "5m", "inputTokens": 1},
                    {"ttl": "1h", "inputTokens": 1},
                    {"ttl": 5, "inputTokens": 1},
                    {"ttl": "5m"},
                ],
            },
            {"input_tokens": 10, "cache_write_tokens": {"1h": 4, "5m": 5}},
        ),
        (
            {"cacheDetails": [{"ttl": "1h", "inputTokens": 3}]},
            {"cache_write_tokens": {"1h": 3}},
        ),
        ({"outputTokens": -1, "cacheDetails": 1}, {"output_tokens": -1}),
    ],
)
def test_fresh_input_is_counted_apart_from_the_cache(
    said: dict[str, Any], usage: dict[str, Any]
) -> None:
    raw = msgspec.Raw(msgspec.json.encode(said))
    got, _ = CONVERSE.usage(msgspec.json.encode({"usage": said}))
    assert got == ir.Usage(**usage, raw=raw)


@pytest.mark.parametrize(
    "message", ["Input is too long for requested model.", "Input Tokens Exceeded: 9 of 8"]
)
def test_too_long_an_input_is_told_from_a_wrong_one(message: str) -> None:
    body = msgspec.json.encode({"message": message})
    assert CONVERSE.problem(400, body, None).kind == "context_length"


def test_an_error_of_the_vendors_is_read() -> None:
    problem = CONVERSE.problem(429, b'{"message":"slow down"}', 2.0)
    assert problem == Problem(kind="rate_limited", message="slow down", status=429, retry_after=2.0)


@pytest.mark.parametrize(
    ("problem", "status", "form", "others"),
    [
        (Problem(kind="conversion_loss", message="m"), 400, "ValidationException", {}),
        (Problem(kind="authentication", message="m"), 403, "AccessDeniedException", {1}),
        (Problem(kind="not_found", message="m"), 404, "ResourceNotFoundException", {}),
        (Problem(kind="conflict", message="m"), 400, "ConflictException", {}),
        (Problem(kind="too_large", message="m"), 413, "ValidationException", {}),
        (Problem(kind="rate_limited", message="m", retry_after=1), 429, "ThrottlingException", {2}),
        (
            Problem(kind="insufficient_quota", message="m"),
            400,
            "ServiceQuotaExceededException",
            {1},
        ),
        (Problem(kind="upstream_error", message="m"), 500, "InternalServerException", {}),
        (Problem(kind="overloaded", message="m"), 503, "ServiceUnavailableException", {}),
        (Problem(kind="timeout", message="m"), 408, "ModelTimeoutException", {}),
        (
            Problem(kind="authentication", message="m", code="ExpiredTokenException"),
            403,
            "ExpiredTokenException",
            {1},
        ),
    ],
)
def test_errors_are_told_in_headers(
    problem: Problem, status: int, form: str, others: set[int]
) -> None:
    encoded = CONVERSE.encode_error(problem, "req_1")
    headers = dict(encoded.headers)
    assert (encoded.status, headers["x-amzn-errortype"]) == (status, form)
    assert headers["x-amzn-requestid"] == "req_1"
    assert encoded.body == b'{"message":"m"}'
    assert ("x-should-retry" in headers) == (1 in others)
    assert ("retry-after" in headers) == (2 in others)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("rate_limited", "throttlingException"),
        ("blocked", "validationException"),
        ("not_found", "validationException"),
        ("upstream_error", "modelStreamErrorException"),
        ("timeout", "modelStreamErrorException"),
        ("internal", "internalServerException"),
        ("overloaded", "serviceUnavailableException"),
    ],
)
def test_a_stream_ends_in_one_of_five_exceptions(kind: Kind, name: str) -> None:
    frame = read_message(CONVERSE.error_event(Problem(kind=kind, message="m"), "req_1"))
    assert (frame.event, frame.exception, frame.data) == (name, True, b'{"message":"m"}')


def test_every_kind_has_a_form() -> None:
    assert FORMS.keys() == STATUS.keys()
