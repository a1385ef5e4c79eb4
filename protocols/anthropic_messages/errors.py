"""Errors as Anthropic tells them."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from protocols.errors import Kind, Problem
from protocols.native import EncodedError, encodable, retry_headers

TYPES: Final[Mapping[Kind, str]] = {
    "invalid_request": "invalid_request_error",
    "unsupported": "invalid_request_error",
    "conversion_loss": "invalid_request_error",
    "context_length": "invalid_request_error",
    "blocked": "invalid_request_error",
    "authentication": "authentication_error",
    "permission": "permission_error",
    "not_found": "not_found_error",
    "conflict": "conflict_error",
    "too_large": "request_too_large",
    "rate_limited": "rate_limit_error",
    "insufficient_quota": "rate_limit_error",
    "upstream_error": "api_error",
    "upstream_credential": "api_error",
    "overloaded": "overloaded_error",
    "upstream_quota": "overloaded_error",
    "timeout": "timeout_error",
    "internal": "api_error",
    "usage_unavailable": "api_error",
}
OVERLOADED: Final = 529  # where HTTP has 503, and the SDKs of the dialect look for it


def encode_error(problem: Problem, request_id: str) -> EncodedError:
    status = problem.http_status
    if not problem.status and TYPES[problem.kind] == "overloaded_error":
        status = OVERLOADED
    return EncodedError(
        status=status,
        headers=(
            ("content-type", "application/json"),
            ("request-id", request_id),
            *retry_headers(problem),
        ),
        body=error_object(problem, request_id),
    )


def error_object(problem: Problem, request_id: str = "") -> bytes:
    error: dict[str, Any] = {"type": TYPES[problem.kind], "message": encodable(problem.message)}
    code = problem.code or ("insufficient_quota" if problem.kind == "insufficient_quota" else "")
    if code:
        error["details"] = {"error_code": code}
    said = {"type": "error", "error": error}
    return msgspec.json.encode({**said, "request_id": request_id} if request_id else said)
