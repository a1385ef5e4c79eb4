"""What answers mean: the vendors' error tables, and what no client may bring about."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.base import RETRYABLE, Adapter, Verdict
from providers.adapters.registry import ADAPTERS

OPENAI = ADAPTERS["openai"]
ANTHROPIC = ADAPTERS["anthropic"]
AGAINST_ALL = {"auth", "quota", "model_missing", "server_error", "overloaded", "timeout"}


def openai(status: int, *, waits: dict[str, str] | None = None, **error: Any) -> Verdict:
    return OPENAI.verdict(status, waits or {}, msgspec.json.encode({"error": error}))


def anthropic(status: int, kind: str, message: str = "m") -> Verdict:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    return ANTHROPIC.verdict(status, {}, msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("status", "error", "cls", "scope"),
    [
        (400, {"type": "invalid_request_error"}, "client_error", "request"),
        (400, {"code": "context_length_exceeded"}, "context_window", "request"),
        (400, {"code": "content_filter"}, "content_policy", "request"),
        (400, {"code": "model_decommissioned"}, "model_missing", "model"),
        (400, {"type": "invalid_model", "code": "1500"}, "model_missing", "model"),
        (400, {"type": "exceed_context_size_error", "code": 400}, "context_window", "request"),
        (401, {"code": "invalid_api_key"}, "auth", "credential"),
        (402, {"message": "Insufficient Balance"}, "quota", "credential"),
        (403, {"message": "Forbidden"}, "auth", "credential"),
        (403, {"message": "Your input was flagged"}, "content_policy", "request"),
        (404, {"code": "model_not_found"}, "model_missing", "model"),
        (404, {"message": "No file found with id 'x'"}, "client_error", "request"),
        (404, {"param": "model", "message": "?"}, "model_missing", "model"),
        (408, {}, "timeout", "provider"),
        (409, {}, "client_error", "request"),
        (413, {"code": "rate_limit_exceeded"}, "client_error", "request"),
        (422, {}, "client_error", "request"),
        (429, {"code": "rate_limit_exceeded"}, "rate_limited", "model"),
        (429, {"code": "insufficient_quota"}, "quota", "credential"),
        (429, {"type": "insufficient_quota"}, "quota", "credential"),
        (429, {"code": "1113", "message": "欠费"}, "quota", "credential"),
        (500, {}, "server_error", "provider"),
        (501, {"type": "not_supported_error"}, "client_error", "request"),
        (502, {}, "server_error", "provider"),
        (503, {}, "overloaded", "model"),
        (504, {}, "timeout", "provider"),
        (529, {}, "overloaded", "model"),
    ],
)
def test_openais_errors_are_told_apart(
    status: int, error: dict[str, Any], cls: str, scope: str
) -> None:
    verdict = openai(status, **error)
    assert (verdict.cls, verdict.scope) == (cls, scope)


@pytest.mark.parametrize(
    ("status", "kind", "message", "cls"),
    [
        (400, "invalid_request_error", "max_tokens: required", "client_error"),
        (
            400,
            "invalid_request_error",
            "prompt is too long: 9 tokens > 5 maximum",
            "context_window",
        ),
        (
            400,
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 1 + 2 > 2",
            "context_window",
        ),
        (
            400,
            "invalid_request_error",
            "Output blocked by content filtering policy",
            "content_policy",
        ),
        (
            400,
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API.",
            "quota",
        ),
        (401, "authentication_error", "invalid x-api-key", "auth"),
        (402, "billing_error", "pay", "quota"),
        (402, "rate_limit_error", "pay", "quota"),
        (403, "permission_error", "Your API key may not", "auth"),
        (404, "not_found_error", "model: claude-0", "model_missing"),
        (404, "not_found_error", "File not found: file_1", "client_error"),
        (413, "request_too_large", "Request exceeds the maximum size", "client_error"),
        (429, "rate_limit_error", "slow down", "rate_limited"),
        (500, "api_error", "Internal server error", "server_error"),
        (504, "timeout_error", "late", "timeout"),
        (529, "overloaded_error", "Overloaded", "overloaded"),
    ],
)
def test_anthropics_errors_are_told_apart(status: int, kind: str, message: str, cls: str) -> None:
    verdict = anthropic(status, kind, message)
    assert verdict.cls == cls
    assert verdict.message == message


@pytest.mark.parametrize(
    ("status", "body", "cls", "message"),
    [
        (401, b'{"detail":"Invalid API Key"}', "auth", "Invalid API Key"),
        (404, b'{"error":"Specified model not found: x"}', "model_missing", None),
        (404, b'{"code":"gone","error":"The model grok-beta was deprecated on 2025"}', None, None),
        (400, b'{"object":"error","message":"Logprobs?","code":"3051"}', "client_error", None),
        (503, b'{"error":"Server overloaded"}', "overloaded", "Server overloaded"),
        (500, b"", "server_error", "answered 500"),
        (500, b"[1]", "server_error", "answered 500"),
        (500, b'{"detail":[1]}', "server_error", "answered 500"),
        (500, b'{"error":{"message":null,"code":1.5}}', "server_error", "answered 500"),
        (502, b"<html>secret page</html>", "server_error", "answered 502"),
        (404, b"<html>nothing here</html>", "model_missing", "answered 404"),
        (404, b"", "model_missing", "answered 404"),
        (405, b"Method Not Allowed", "model_missing", "answered 405"),
        (403, b" <html>blocked</html>", "client_error", "answered 403"),
        (403, b"", "auth", "answered 403"),
        (500, b"[" * 100_000, "server_error", "answered 500"),
        (500, b'{"error":"\xff"}', "server_error", "answered 500"),
    ],
)
def test_errors_of_every_shape_are_read(
    status: int, body: bytes, cls: str | None, message: str | None
) -> None:
    verdict = OPENAI.verdict(status, {}, body)
    assert verdict.cls == (cls or "model_missing")
    assert message in {None, verdict.message}
    assert "<" not in verdict.message


@pytest.mark.parametrize(
    ("headers", "after", "guessed"),
    [({"retry-after": "7"}, 7, False), ({"retry-after": "x"}, 30, False), ({}, 5, True)],
)
def test_a_rate_limit_says_how_long(
    headers: dict[str, str], after: float, *, guessed: bool
) -> None:
    verdict = openai(429, waits=headers, code="rate_limit_exceeded")
    assert (verdict.retry_after, verdict.retry_after_guessed) == (after, guessed)


def test_an_overload_says_how_long_only_if_the_vendor_does() -> None:
    assert openai(503, waits={"retry-after": "2"}).retry_after == 2
    assert openai(503).retry_after is None


@pytest.mark.parametrize(
    ("body", "cls"),
    [
        (b'{"choices":[]}', "ok"),
        (b'{"choices":[],"error":{"message":"m"}}', "ok"),
        (b'{"choices":[{"message":{"content":"\\"error\\""}}],"error":null}', "ok"),
        (b'{"error":null}', "ok"),
        (b'{"error":{"code":502,"message":"ConnectionError"}}', "server_error"),
        (b'{"error":{"code":429,"message":"m"}}', "rate_limited"),
        (b'{"error":{"code":7,"message":"m"}}', "server_error"),
        (b'{"error":"broken"}', "server_error"),
        (b'{"type":"error","error":{"type":"overloaded_error","message":""}}', "overloaded"),
        (b'"error"', "ok"),
        (b"", "ok"),
    ],
)
def test_a_success_with_an_error_inside_is_an_error(body: bytes, cls: str) -> None:
    verdict = OPENAI.verdict(200, {"content-type": "application/json"}, body)
    assert verdict.cls == cls
    assert bool(verdict.message) == (cls != "ok")


def test_an_answer_that_no_client_may_take_for_one_is_a_protocol_error() -> None:
    html = {"content-type": "text/html; charset=utf-8"}
    assert OPENAI.verdict(200, html, b"").cls == "protocol_error"
    for status in (101, 204, 302):
        assert OPENAI.verdict(status, {}, b"").cls == "protocol_error"


@given(
    status=st.sampled_from([400, 404, 413, 422]),
    echoed=st.sampled_from(
        [
            *("Your credit balance is too low", "You exceeded your current quota", "billing"),
            *("model x does not exist", "model not found", "No endpoints found for x"),
            *("invalid x-api-key", "Overloaded", "timeout"),
        ]
    ),
    before=st.sampled_from(["messages.0: Input '", "Unknown parameter: '", "Invalid schema: "]),
)
def test_what_vendors_repeat_of_a_clients_text_blames_nobody_else(
    status: int, echoed: str, before: str
) -> None:
    message = f"{before}{echoed}'"
    assert openai(status, message=message, type="invalid_request_error").cls not in AGAINST_ALL
    assert anthropic(status, "invalid_request_error", message).cls not in AGAINST_ALL


@given(status=st.integers(100, 599), body=st.binary(), kind=st.sampled_from([OPENAI, ANTHROPIC]))
def test_no_answer_breaks_the_reading(status: int, body: bytes, kind: Adapter) -> None:
    verdict = kind.verdict(status, {}, body)
    assert (verdict.cls == "ok") == (status in {200, 201} and verdict.message == "")
    assert verdict.scope != "request" or verdict.cls not in RETRYABLE
