"""Errors as OpenAI's dialects tell them: always all four keys, and the code always a string."""

from collections.abc import Mapping
from typing import Final

import msgspec

from protocols.errors import Kind, Problem
from protocols.native import EncodedError, encodable, retry_headers
from protocols.vendor_errors import problem_of

# Type and code of each kind.
FORMS: Final[Mapping[Kind, tuple[str, str]]] = {
    "invalid_request": ("invalid_request_error", "invalid_request"),
    "unsupported": ("invalid_request_error", "unsupported_parameter"),
    "conversion_loss": ("invalid_request_error", "conversion_loss"),
    "context_length": ("invalid_request_error", "context_length_exceeded"),
    "blocked": ("invalid_request_error", "content_filter"),
    "authentication": ("invalid_request_error", "invalid_api_key"),
    "permission": ("permission_error", "permission_denied"),
    "not_found": ("invalid_request_error", "not_found"),
    "conflict": ("invalid_request_error", "conflict"),
    "too_large": ("invalid_request_error", "request_too_large"),
    "rate_limited": ("requests", "rate_limit_exceeded"),
    "insufficient_quota": ("insufficient_quota", "insufficient_quota"),
    "upstream_error": ("server_error", "upstream_error"),
    "upstream_credential": ("server_error", "upstream_credential"),
    "overloaded": ("server_error", "overloaded"),
    "upstream_quota": ("server_error", "upstream_quota"),
    "timeout": ("server_error", "timeout"),
    "internal": ("server_error", "internal"),
    "usage_unavailable": ("server_error", "usage_unavailable"),
}


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
    return msgspec.json.encode({"error": error_fields(problem)})


def error_fields(problem: Problem) -> dict[str, str | None]:
    form, code = FORMS[problem.kind]
    if problem.kind == "rate_limited" and "token" in problem.code:
        form = "tokens"
    if problem.kind == "not_found" and problem.param == "model":
        code = "model_not_found"
    return {
        "message": encodable(problem.message),
        "type": form,
        "param": problem.param,
        "code": problem.code or code,
    }


class OpenAiErrors:
    """What is the same of errors in each native dialect of OpenAI's."""

    def problem(self, status: int, body: bytes, retry_after: float | None) -> Problem:
        return problem_of(status, body, retry_after)

    def encode_error(self, problem: Problem, request_id: str) -> EncodedError:
        return encode_error(problem, request_id)

    def error_event(self, problem: Problem, request_id: str) -> bytes:
        return b"data: " + error_object(problem) + b"\n\n"
