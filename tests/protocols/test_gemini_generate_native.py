"""Answers that are forwarded as they came, errors, and usage, as Google tells them."""

import math
from typing import Any

import msgspec
import pytest

from protocols import ir
from protocols.errors import Kind, Problem
from protocols.gemini_generate.native import GeminiGenerate
from protocols.gemini_generate.usage import read_usage
from tests.protocols.gemini_generate import candidate, chunk

NATIVE = GeminiGenerate()
TYPES = "type.googleapis.com/google.rpc."
USAGE = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}


def frame(said: Any) -> bytes:
    return b"data: " + msgspec.json.encode(said) + b"\r\n\r\n"


def watched(*chunks: Any) -> Any:
    observer = NATIVE.observer(hide_usage=True)
    for each in chunks:
        assert observer.feed(each if isinstance(each, bytes) else frame(each))
    return observer


def answer(*chunks: Any, **more: Any) -> bytes:
    return msgspec.json.encode({**candidate({"text": "hi"}), **more})


def test_a_stream_is_watched() -> None:
    seen = watched(chunk({"text": ""}), b": comment\n\n")
    assert (seen.content, seen.stopped, seen.terminal) == (False, False, False)
    seen = watched(
        chunk({"text": "hi"}),
        {**chunk(finishReason="STOP"), "usageMetadata": {**USAGE, "serviceTier": "flex"}},
    )
    assert (seen.content, seen.stopped, seen.stop, seen.tier) == (True, True, "STOP", "flex")
    assert seen.usage.output_tokens == 2
    assert seen.failure is None


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ({"thoughtSignature": "x", "thought": True, "text": ""}, False),
        ({"text": "hm", "thought": True}, True),
        ({"functionCall": {"name": "f"}}, True),
        ({"new": 1}, True),
    ],
)
def test_content_is_what_the_user_is_told(part: dict[str, Any], *, content: bool) -> None:
    assert watched(chunk(part)).content is content


def test_content_that_cannot_be_read_was_not_empty() -> None:
    assert watched({"candidates": [{"content": {"parts": 3}}]}).content
    assert not watched({"candidates": [{"content": None}]}).content
    assert not watched({"candidates": 3}).content


def test_the_first_candidates_stop_counts() -> None:
    both = {"candidates": [{"finishReason": "SAFETY", "index": 1}, {"finishReason": 1}]}
    assert watched(both).stop == "STOP"
    later = {"candidates": [{"finishReason": "SAFETY", "index": 1}]}
    assert watched(both, later).stop == "STOP"


def test_a_refused_prompt_is_a_stop() -> None:
    refused = {"promptFeedback": {"blockReason": "SAFETY"}}
    assert watched(refused).stop == "SAFETY"
    assert NATIVE.usage(msgspec.json.encode(refused)) == (None, "SAFETY")


def test_an_error_in_a_stream_is_its_failure() -> None:
    error = {"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}
    seen = watched(error, {"error": {"message": "again"}})
    assert (seen.failure.kind, seen.failure.message) == ("rate_limited", "slow")


def test_a_whole_answer_is_read() -> None:
    body = answer(usageMetadata={**USAGE, "serviceTier": "priority"})
    usage, stop = NATIVE.usage(body)
    assert usage is not None
    assert (usage.input_tokens, stop, NATIVE.tier(body)) == (3, "STOP", "priority")
    assert NATIVE.error_in_success(body) is None
    assert NATIVE.tier(answer()) is None
    assert NATIVE.usage(b"\xff") == (None, None)
    assert NATIVE.tier(b'"serviceTier"\xff{') is None


def test_searches_of_the_web_are_counted() -> None:
    grounding = {"webSearchQueries": ["a", "b"]}
    said = chunk({"text": "hi"}, groundingMetadata=grounding, finishReason="STOP")
    assert watched(said).usage is None
    seen = watched({**chunk({"text": "h"}), "usageMetadata": USAGE}, said, chunk({"text": "i"}))
    assert seen.usage.provider_tool_calls == {"web_search": 2}
    usage, _ = NATIVE.usage(msgspec.json.encode({**said, "usageMetadata": USAGE}))
    assert usage is not None
    assert usage.provider_tool_calls == {"web_search": 2}


def test_older_models_are_billed_for_the_answer_that_was_searched_for() -> None:
    grounding = {"webSearchQueries": ["a", "b"]}
    first = {**chunk({"text": "h"}), "modelVersion": "gemini-2.5-flash"}
    said = {**chunk({"text": "hi"}, groundingMetadata=grounding), "usageMetadata": USAGE}
    assert watched(first, said).usage.provider_tool_calls == {"web_search": 1}
    whole = msgspec.json.encode({**said, "modelVersion": "gemini-2.5-flash"})
    usage, _ = NATIVE.usage(whole)
    assert usage is not None
    assert usage.provider_tool_calls == {"web_search": 1}


def test_an_error_in_a_success_is_one() -> None:
    problem = NATIVE.error_in_success(b'{"error":{"code":503,"status":"UNAVAILABLE"}}')
    assert problem is not None
    assert problem.kind == "overloaded"
    assert NATIVE.error_in_success(b'{"error":{},"candidates":[]}') is None
    assert watched({"error": "", **chunk({"text": "hi"})}).failure is None


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (
            400,
            {"status": "INVALID_ARGUMENT", "message": "bad"},
            "invalid_request",
        ),
        (
            400,
            {
                "status": "INVALID_ARGUMENT",
                "details": ["odd", {"@type": f"{TYPES}ErrorInfo", "reason": "API_KEY_INVALID"}],
            },
            "authentication",
        ),
        (
            400,
            {"message": "The input token count (3) exceeds the maximum number of tokens allowed."},
            "context_length",
        ),
        (401, {"status": "UNAUTHENTICATED"}, "authentication"),
        (403, {"status": "PERMISSION_DENIED"}, "permission"),
        (404, {"status": "NOT_FOUND", "details": 3}, "not_found"),
        (429, {"status": "RESOURCE_EXHAUSTED"}, "rate_limited"),
        (402, {"status": "RESOURCE_EXHAUSTED"}, "insufficient_quota"),
        (
            429,
            {"status": "RESOURCE_EXHAUSTED", "message": "Your prepayment credits are depleted."},
            "insufficient_quota",
        ),
        (500, {"status": "INTERNAL"}, "upstream_error"),
        (503, {"status": "UNAVAILABLE"}, "overloaded"),
        (504, {"status": "DEADLINE_EXCEEDED"}, "timeout"),
    ],
)
def test_errors_are_understood(status: int, error: Any, kind: str) -> None:
    for body in ({"error": error}, [{"error": error}]):
        problem = NATIVE.problem(status, msgspec.json.encode(body), None)
        assert (problem.kind, problem.code, problem.http_status) == (kind, "", status)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error":"text"}', b"3"])
def test_errors_of_other_forms_are_read_too(body: bytes) -> None:
    assert NATIVE.problem(500, body, None).kind == "upstream_error"


@pytest.mark.parametrize(
    ("delay", "seconds"), [("34s", 34), ("34.5s", 34.5), ("x", None), ("1.xs", None), ("-1s", None)]
)
def test_when_to_come_back_is_in_the_details(delay: str, seconds: float | None) -> None:
    info = {"@type": f"{TYPES}RetryInfo", "retryDelay": delay}
    body = msgspec.json.encode({"error": {"details": [info]}})
    assert NATIVE.problem(429, body, None).retry_after == seconds
    assert NATIVE.problem(429, body, 7).retry_after == 7


@pytest.mark.parametrize(
    ("kind", "status", "word"),
    [
        ("invalid_request", 400, "INVALID_ARGUMENT"),
        ("blocked", 400, "FAILED_PRECONDITION"),
        ("authentication", 401, "UNAUTHENTICATED"),
        ("permission", 403, "PERMISSION_DENIED"),
        ("not_found", 404, "NOT_FOUND"),
        ("conflict", 409, "ABORTED"),
        ("too_large", 413, "INVALID_ARGUMENT"),
        ("upstream_error", 502, "INTERNAL"),
        ("upstream_quota", 503, "UNAVAILABLE"),
        ("timeout", 504, "DEADLINE_EXCEEDED"),
        ("internal", 500, "INTERNAL"),
    ],
)
def test_errors_are_told_as_google_tells_them(kind: Kind, status: int, word: str) -> None:
    told = NATIVE.encode_error(Problem(kind=kind, message="m"), "req_1")
    assert told.status == status
    assert dict(told.headers)["content-type"] == "application/json"
    assert msgspec.json.decode(told.body) == {
        "error": {"code": status, "message": "m", "status": word}
    }


@pytest.mark.parametrize(
    ("problem", "delay"),
    [
        (Problem(kind="rate_limited", message="m", retry_after=7), "7s"),
        (Problem(kind="insufficient_quota", message="m"), "301s"),
        (Problem(kind="insufficient_quota", message="m", retry_after=900.5), "900.5s"),
        (Problem(kind="insufficient_quota", message="m", retry_after=2_592_000.0), "2592000s"),
        (Problem(kind="insufficient_quota", message="m", retry_after=math.inf), "301s"),
        (Problem(kind="insufficient_quota", message="m", retry_after=math.nan), "301s"),
        (Problem(kind="rate_limited", message="m", retry_after=0.00001), "0.00001s"),
        (Problem(kind="rate_limited", message="m", retry_after=0.0), "0s"),
        (Problem(kind="rate_limited", message="m", retry_after=1_234_567.5), "1234567.5s"),
    ],
)
def test_clients_are_told_when_to_come_back(problem: Problem, delay: str) -> None:
    error = msgspec.json.decode(NATIVE.encode_error(problem, "req_1").body)["error"]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert error["details"] == [{"@type": f"{TYPES}RetryInfo", "retryDelay": delay}]


@pytest.mark.parametrize("seconds", [None, -1.0, math.inf, math.nan])
def test_who_knows_no_time_names_none(seconds: float | None) -> None:
    problem = Problem(kind="rate_limited", message="m", retry_after=seconds)
    limited = NATIVE.encode_error(problem, "req_1")
    assert "details" not in msgspec.json.decode(limited.body)["error"]


def test_codes_are_reasons() -> None:
    event = NATIVE.error_event(Problem(kind="permission", message="m", code="key_expired"), "1")
    assert event.startswith(b"data: ")
    (info,) = msgspec.json.decode(event[6:])["error"]["details"]
    assert (info["reason"], info["domain"]) == ("KEY_EXPIRED", "switchyard")


def test_tools_prompts_and_thoughts_are_counted_with_their_side() -> None:
    said = {
        "promptTokenCount": 10,
        "toolUsePromptTokenCount": 5,
        "cachedContentTokenCount": 4,
        "candidatesTokenCount": 2,
        "thoughtsTokenCount": 3,
        "totalTokenCount": 20,
        "promptTokensDetails": [
            {"modality": "AUDIO", "tokenCount": 6},
            {"modality": 2, "tokenCount": 2},
            "odd",
            {"modality": [], "tokenCount": 1},
        ],
        "toolUsePromptTokensDetails": [{"modality": "IMAGE", "tokenCount": 1}],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 4}],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1}],
    }
    usage = read_usage(said)
    assert usage is not None
    assert msgspec.json.decode(usage.raw) == said
    assert msgspec.structs.replace(usage, raw=ir.NOTHING) == ir.Usage(
        input_tokens=15,
        cache_read_tokens=4,
        input_audio_tokens=2,
        input_image_tokens=3,
        output_tokens=5,
        reasoning_tokens=3,
        output_image_tokens=1,
    )


@pytest.mark.parametrize(
    ("said", "output"),
    [
        ({"promptTokenCount": 3, "totalTokenCount": 3}, 0),
        ({"promptTokenCount": 3, "totalTokenCount": 9}, None),
        ({"promptTokenCount": 3}, None),
        ({"promptTokenCount": 3, "thoughtsTokenCount": 4, "totalTokenCount": 7}, 4),
    ],
)
def test_what_is_not_said_is_nothing_only_where_the_total_says_so(
    said: dict[str, Any], output: int | None
) -> None:
    usage = read_usage(said)
    assert usage is not None
    assert usage.output_tokens == output
    assert read_usage({}) is None
