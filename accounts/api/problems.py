"""Refusals as `application/problem+json`, RFC 9457.

Law: what is not a known refusal is `internal_error` without a word about the inside: no traceback,
SQL, table name or hash.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from psycopg.errors import IdleInTransactionSessionTimeout
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.callers import request_id_of
from accounts.errors import FieldProblem, Invalid, Refused
from accounts.problem_codes import PROBLEMS
from accounts.tenancy import CrossTenant

CONTENT_TYPE: Final = "application/problem+json"
UNKNOWN_HOST: Final = (
    "The console does not answer to this host; PUBLIC_URL or ALLOWED_HOSTS names those it knows."
)
# Facts that are headers as well.
RETRY_AFTER: Final = "retry_after"

CODES: Final[Mapping[type[Exception], str]] = {
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.AuthenticationFailed: "invalid_api_key",
    exceptions.PermissionDenied: "permission_denied",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.ParseError: "malformed_json",
    PermissionDenied: "permission_denied",
    Http404: "not_found",
    CrossTenant: "not_found",
    RequestDataTooBig: "body_too_large",
    SuspiciousOperation: "validation",
    OperationalError: "unavailable",
}


def exception_handler(raised: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's hook; None for defects, which `server_error` answers."""
    refused = as_refused(raised)
    if refused is None:
        return None
    response = Response(
        problem_body(context["request"], refused),
        status=PROBLEMS[refused.code].status,
        headers=problem_headers(refused),
        content_type=CONTENT_TYPE,
    )
    response.exception = True
    return response


def as_refused(raised: Exception) -> Refused | None:
    if isinstance(raised, Refused):
        return raised
    if isinstance(raised, exceptions.ValidationError):
        return Invalid(_field_problems(raised.detail))
    if isinstance(raised, exceptions.Throttled):
        return Refused("rate_limited", facts={RETRY_AFTER: int(getattr(raised, "wait", None) or 1)})
    if isinstance(raised.__cause__, IdleInTransactionSessionTimeout):
        return Refused("unavailable")
    for kind, code in CODES.items():
        if isinstance(raised, kind):
            return Refused(code)
    return None


def _field_problems(detail: Any, path: str = "") -> Iterator[FieldProblem]:
    """DRF's nested details as one list with paths as `allowed_ips[2]`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            if name == "non_field_errors":
                yield from _field_problems(inner, path)
            elif isinstance(name, int):
                yield from _field_problems(inner, f"{path}[{name}]")
            else:
                yield from _field_problems(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _field_problems(inner, f"{path}[{position}]" if nested else path)
    else:
        yield FieldProblem(field=path, code=detail.code, message=str(detail))


def problem_body(request: HttpRequest, refused: Refused) -> dict[str, Any]:
    problem = PROBLEMS[refused.code]
    problems = refused.problems if isinstance(refused, Invalid) else ()
    return {
        "type": f"/docs/errors#{refused.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": refused.detail,
        "instance": request.path,
        "code": refused.code,
        "request_id": request_id_of(request),
        "errors": [
            {"field": found.field, "code": found.code, "message": found.message}
            for found in problems
        ],
        **refused.facts,
    }


def problem_headers(refused: Refused) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if PROBLEMS[refused.code].status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if RETRY_AFTER in refused.facts:
        headers["Retry-After"] = str(refused.facts[RETRY_AFTER])
    return headers


def problem_response(request: HttpRequest, refused: Refused) -> HttpResponse:
    """For views and handlers outside DRF."""
    return HttpResponse(
        msgspec.json.encode(problem_body(request, refused)),
        status=PROBLEMS[refused.code].status,
        headers=problem_headers(refused),
        content_type=CONTENT_TYPE,
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return problem_response(request, Refused("csrf_failed", facts={"reason": reason}))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        return problem_response(request, Refused("bad_host", UNKNOWN_HOST))
    return problem_response(request, Refused("validation"))


def server_error(request: HttpRequest) -> HttpResponse:
    return problem_response(request, Refused("internal_error"))
