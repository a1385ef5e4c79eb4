"""Errors as Google tells them, read and written."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from protocols.errors import Kind, Problem
from protocols.lenient import VALUES, as_object, read, words
from protocols.native import EncodedError, encodable, retry_headers
from protocols.vendor_errors import PAYMENT_REQUIRED, problem_of

STATUSES: Final[Mapping[Kind, str]] = {
    "invalid_request": "INVALID_ARGUMENT",
    "unsupported": "INVALID_ARGUMENT",
    "conversion_loss": "INVALID_ARGUMENT",
    "context_length": "INVALID_ARGUMENT",
    "blocked": "FAILED_PRECONDITION",
    "authentication": "UNAUTHENTICATED",
    "permission": "PERMISSION_DENIED",
    "not_found": "NOT_FOUND",
    "conflict": "ABORTED",
    "too_large": "INVALID_ARGUMENT",
    "rate_limited": "RESOURCE_EXHAUSTED",
    "insufficient_quota": "RESOURCE_EXHAUSTED",
    "upstream_error": "INTERNAL",
    "upstream_credential": "INTERNAL",
    "overloaded": "UNAVAILABLE",
    "upstream_quota": "UNAVAILABLE",
    "timeout": "DEADLINE_EXCEEDED",
    "internal": "INTERNAL",
    "usage_unavailable": "UNAVAILABLE",
}
TYPES: Final = "type.googleapis.com/google.rpc."
DOMAIN: Final = "switchyard"
# Gemini's own client gives up at once where it would have to wait longer than five minutes.
HOPELESS_S: Final = 301
# What a status of HTTP does not tell: keys that are wrong come as 400.
REASONS: Final[Mapping[str, Kind]] = {
    "API_KEY_INVALID": "authentication",
    "API_KEY_EXPIRED": "authentication",
    "ACCESS_TOKEN_EXPIRED": "authentication",
    "SERVICE_DISABLED": "permission",
    "API_KEY_SERVICE_BLOCKED": "permission",
    "BILLING_DISABLED": "insufficient_quota",
}
KINDS: Final[Mapping[str, Kind]] = {
    "UNAUTHENTICATED": "authentication",
    "PERMISSION_DENIED": "permission",
    "NOT_FOUND": "not_found",
    "ABORTED": "conflict",
    "RESOURCE_EXHAUSTED": "rate_limited",
    "INTERNAL": "upstream_error",
    "UNAVAILABLE": "overloaded",
    "DEADLINE_EXCEEDED": "timeout",
}
TOO_LONG: Final = "exceeds the maximum number of tokens"
OUT_OF_CREDIT: Final = ("prepayment credits are depleted", "billing account")


def encode_error(problem: Problem, request_id: str) -> EncodedError:
    return EncodedError(
        status=problem.http_status,
        headers=(
            ("content-type", "application/json"),
            ("x-request-id", request_id),
            *retry_headers(problem),
        ),
        body=error_object(problem),
    )


def error_object(problem: Problem) -> bytes:
    error: dict[str, Any] = {
        "code": problem.http_status,
        "message": encodable(problem.message),
        "status": STATUSES[problem.kind],
    }
    details = [*_details(problem)]
    return msgspec.json.encode({"error": {**error, "details": details} if details else error})


def _details(problem: Problem) -> Iterator[dict[str, Any]]:
    if problem.code:
        yield {"@type": f"{TYPES}ErrorInfo", "reason": problem.code.upper(), "domain": DOMAIN}
    wait_s = problem.retry_after
    if wait_s is not None and not 0 <= wait_s < math.inf:
        wait_s = None
    if problem.kind == "insufficient_quota":
        wait_s = max(HOPELESS_S, wait_s or 0)
    elif problem.kind != "rate_limited":
        return
    if wait_s is not None:
        yield {"@type": f"{TYPES}RetryInfo", "retryDelay": _duration(wait_s)}


def _duration(seconds: float) -> str:
    """As protobuf writes it, who knows no exponents and nothing below a nanosecond."""
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def read_problem(status: int, body: bytes, retry_after: float | None) -> Problem:
    problem = problem_of(status, body, retry_after)
    value = read(VALUES, body)
    outer = as_object(value[0] if isinstance(value, list) and value else value)
    error = as_object(outer.get("error"))
    if not error:
        return problem
    details = [as_object(each) for each in _list(error.get("details"))]
    reason = next(filter(None, (words(each.get("reason")) for each in details)), None)
    word = words(error.get("status"))
    delay = next(filter(None, (words(each.get("retryDelay")) for each in details)), None)
    # Google's words are no codes: each dialect has one of its own for the kind.
    return replace(
        problem,
        kind=REASONS.get(reason or "") or _kind(problem, word),
        retry_after=_seconds(delay) if retry_after is None else retry_after,
    )


def _kind(problem: Problem, word: str | None) -> Kind:
    message = problem.message.lower()
    if TOO_LONG in message:
        return "context_length"
    kind = KINDS.get(word or "", problem.kind)
    is_broke = problem.status == PAYMENT_REQUIRED or any(each in message for each in OUT_OF_CREDIT)
    return "insufficient_quota" if kind == "rate_limited" and is_broke else kind


def _seconds(delay: str | None) -> float | None:
    number = (delay or "").removesuffix("s")
    whole, _, part = number.partition(".")
    return float(number) if whole.isdecimal() and whole.isascii() and _is_digits(part) else None


def _is_digits(part: str) -> bool:
    return not part or (part.isascii() and part.isdecimal())


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
