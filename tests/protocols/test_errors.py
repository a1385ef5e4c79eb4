import math
from typing import get_args

import msgspec
import pytest

from protocols.errors import STATUS, DecodeError, Kind, Problem
from protocols.ir import Dialect
from protocols.native import EncodedError
from protocols.registry import NATIVE, UPSTREAM_CODECS

KINDS: tuple[Kind, ...] = get_args(Kind)
# kind: status, type and code of OpenAI; status and type of Anthropic.
TABLE: dict[Kind, tuple[int, str, str, int, str]] = {
    "invalid_request": (
        400,
        "invalid_request_error",
        "invalid_request",
        400,
        "invalid_request_error",
    ),
    "unsupported": (
        400,
        "invalid_request_error",
        "unsupported_parameter",
        400,
        "invalid_request_error",
    ),
    "conversion_loss": (
        400,
        "invalid_request_error",
        "conversion_loss",
        400,
        "invalid_request_error",
    ),
    "context_length": (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        400,
        "invalid_request_error",
    ),
    "blocked": (400, "invalid_request_error", "content_filter", 400, "invalid_request_error"),
    "authentication": (
        401,
        "invalid_request_error",
        "invalid_api_key",
        401,
        "authentication_error",
    ),
    "permission": (403, "permission_error", "permission_denied", 403, "permission_error"),
    "not_found": (404, "invalid_request_error", "not_found", 404, "not_found_error"),
    "conflict": (409, "invalid_request_error", "conflict", 409, "conflict_error"),
    "too_large": (413, "invalid_request_error", "request_too_large", 413, "request_too_large"),
    "rate_limited": (429, "requests", "rate_limit_exceeded", 429, "rate_limit_error"),
    "insufficient_quota": (
        429,
        "insufficient_quota",
        "insufficient_quota",
        429,
        "rate_limit_error",
    ),
    "upstream_error": (502, "server_error", "upstream_error", 502, "api_error"),
    "upstream_credential": (502, "server_error", "upstream_credential", 502, "api_error"),
    "overloaded": (503, "server_error", "overloaded", 529, "overloaded_error"),
    "upstream_quota": (503, "server_error", "upstream_quota", 529, "overloaded_error"),
    "timeout": (504, "server_error", "timeout", 504, "timeout_error"),
    "internal": (500, "server_error", "internal", 500, "api_error"),
    "usage_unavailable": (503, "server_error", "usage_unavailable", 503, "api_error"),
}


def encoded(dialect: Dialect, problem: Problem) -> tuple[EncodedError, dict[str, str], object]:
    error = NATIVE[dialect].encode_error(problem, "req_1")
    return error, dict(error.headers), msgspec.json.decode(error.body)


def test_every_kind_has_its_row() -> None:
    assert set(TABLE) == set(KINDS) == set(STATUS)


@pytest.mark.parametrize("kind", KINDS)
def test_openai_clients_read_type_and_code(kind: Kind) -> None:
    status, form, code, _, _ = TABLE[kind]
    error, headers, body = encoded("openai.chat", Problem(kind=kind, message="Why not."))
    assert error.status == status
    told = {"message": "Why not.", "type": form, "param": None, "code": code}
    assert body == {"error": told}
    assert headers["x-request-id"] == "req_1"
    assert encoded("openai.embeddings", Problem(kind=kind, message="Why not."))[2] == body


@pytest.mark.parametrize("kind", KINDS)
def test_anthropic_clients_read_the_type(kind: Kind) -> None:
    _, _, _, status, form = TABLE[kind]
    error, headers, body = encoded("anthropic.messages", Problem(kind=kind, message="Why not."))
    assert error.status == status
    told: dict[str, object] = {"type": form, "message": "Why not."}
    if kind == "insufficient_quota":
        told["details"] = {"error_code": "insufficient_quota"}
    assert body == {"type": "error", "error": told, "request_id": "req_1"}
    assert headers["request-id"] == "req_1"


@pytest.mark.parametrize("dialect", NATIVE)
@pytest.mark.parametrize("kind", KINDS)
def test_clients_are_told_when_a_repeat_is_no_use(dialect: Dialect, kind: Kind) -> None:
    _, headers, _ = encoded(dialect, Problem(kind=kind, message=""))
    final = kind in {"blocked", "authentication", "permission", "insufficient_quota"}
    assert headers.get("x-should-retry") == ("false" if final else None)
    assert headers["content-type"] == "application/json"
    assert "retry-after" not in headers


@pytest.mark.parametrize("dialect", NATIVE)
@pytest.mark.parametrize(
    ("seconds", "header"),
    [(0.0, "0"), (0.2, "1"), (30.0, "30"), (-1.0, None), (math.inf, None), (math.nan, None)],
)
def test_clients_are_told_when_to_come_back(
    dialect: Dialect, seconds: float, header: str | None
) -> None:
    problem = Problem(kind="rate_limited", message="", retry_after=seconds)
    assert encoded(dialect, problem)[1].get("retry-after") == header


def test_a_more_specific_code_keeps_status_and_type_of_its_kind() -> None:
    problem = Problem(kind="rate_limited", message="", code="team_tokens_per_minute")
    error, _, body = encoded("openai.chat", problem)
    assert error.status == 429
    told = {"message": "", "type": "tokens", "param": None, "code": "team_tokens_per_minute"}
    assert body == {"error": told}
    _, _, body = encoded("anthropic.messages", problem)
    details = {"error_code": "team_tokens_per_minute"}
    told_anthropic = {"type": "rate_limit_error", "message": "", "details": details}
    assert body == {"type": "error", "error": told_anthropic, "request_id": "req_1"}


def test_a_model_that_is_not_there_has_openais_own_code() -> None:
    problem = Problem(kind="not_found", message="", param="model")
    told = {"message": "", "type": "invalid_request_error", "param": "model"}
    assert encoded("openai.chat", problem)[2] == {"error": {**told, "code": "model_not_found"}}


def test_the_vendors_status_is_kept() -> None:
    problem = Problem(kind="overloaded", message="", status=503)
    assert encoded("anthropic.messages", problem)[0].status == 503
    assert (
        encoded("openai.chat", Problem(kind="invalid_request", message="", status=422))[0].status
        == 422
    )


@pytest.mark.parametrize("dialect", NATIVE)
def test_half_a_character_is_replaced(dialect: Dialect) -> None:
    error, _, _ = encoded(dialect, Problem(kind="internal", message="a\ud800b"))
    assert b"a?b" in error.body


@pytest.mark.parametrize("dialect", UPSTREAM_CODECS)
def test_the_error_of_a_stream_is_one_that_the_observer_reads(dialect: Dialect) -> None:
    native = NATIVE[dialect]
    problem = Problem(kind="timeout", message="It took too long.")
    event = native.error_event(problem, "req_1")
    frames = native.splitter(cap=10_000).feed(event)
    assert b"".join(frames) == event
    # SDKs of Responses overlook an error that is not the response's.
    assert len(frames) == (2 if dialect == "openai.responses" else 1)
    observer = native.observer(hide_usage=False)
    for frame in frames:
        observer.feed(frame)
    assert observer.failure is not None
    assert observer.failure.message == problem.message
    assert b"[DONE]" not in event


def test_a_refused_body_names_the_place() -> None:
    error = DecodeError("messages[2].role", "is 'clown'; expected user or assistant")
    assert str(error) == "messages[2].role is 'clown'; expected user or assistant"
    assert (error.path, error.why) == ("messages[2].role", "is 'clown'; expected user or assistant")
    assert str(DecodeError("", "the body is not UTF-8")) == "the body is not UTF-8"
