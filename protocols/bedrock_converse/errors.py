"""Errors as Bedrock tells them: the kind in a header, or in the header of a stream's message."""

from collections.abc import Mapping
from typing import Final

import msgspec

from protocols.errors import Kind, Problem
from protocols.framing.aws import write_exception
from protocols.native import EncodedError, encodable, retry_headers

VALIDATION: Final = ("ValidationException", 400)
DENIED: Final = ("AccessDeniedException", 403)
INTERNAL: Final = ("InternalServerException", 500)
UNAVAILABLE: Final = ("ServiceUnavailableException", 503)
FORMS: Final[Mapping[Kind, tuple[str, int]]] = {
    "invalid_request": VALIDATION,
    "unsupported": VALIDATION,
    "conversion_loss": VALIDATION,
    "context_length": VALIDATION,
    "blocked": VALIDATION,
    "authentication": DENIED,
    "permission": DENIED,
    "not_found": ("ResourceNotFoundException", 404),
    "conflict": ("ConflictException", 400),
    "too_large": ("ValidationException", 413),
    "rate_limited": ("ThrottlingException", 429),
    "insufficient_quota": ("ServiceQuotaExceededException", 400),
    "upstream_error": INTERNAL,
    "upstream_credential": INTERNAL,
    "overloaded": UNAVAILABLE,
    "upstream_quota": UNAVAILABLE,
    "timeout": ("ModelTimeoutException", 408),
    "internal": INTERNAL,
    "usage_unavailable": ("InternalServerException", 503),
}
NOT_ALLOWED: Final = 405  # AWS has no word for a wrong method; every client knows the number
# What verifiers of signatures say, whose words SDKs act on.
OWN_WORDS: Final = frozenset(
    {"UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"}
)
# The five that a stream may end in; SDKs know no others there.
STREAM_FORMS: Final[Mapping[str, str]] = {
    "ValidationException": "validationException",
    "ThrottlingException": "throttlingException",
    "ServiceUnavailableException": "serviceUnavailableException",
    "ModelTimeoutException": "modelStreamErrorException",
    "InternalServerException": "internalServerException",
}
OF_UPSTREAM: Final = frozenset({"upstream_error", "upstream_credential"})
MODEL_STREAM_ERROR: Final = "modelStreamErrorException"
# Without regard to upper and lower case: streams begin them small.
KINDS: Final[Mapping[str, Kind]] = {
    "validationexception": "invalid_request",
    "throttlingexception": "rate_limited",
    "modelnotreadyexception": "rate_limited",
    "serviceunavailableexception": "overloaded",
    "internalserverexception": "upstream_error",
    "modelstreamerrorexception": "upstream_error",
    "modelerrorexception": "upstream_error",
    "modeltimeoutexception": "timeout",
    "accessdeniedexception": "authentication",
    "unrecognizedclientexception": "authentication",
    "invalidsignatureexception": "authentication",
    "expiredtokenexception": "authentication",
    "resourcenotfoundexception": "not_found",
    "conflictexception": "conflict",
    "servicequotaexceededexception": "insufficient_quota",
}


def encode_error(problem: Problem, request_id: str) -> EncodedError:
    form, status = FORMS[problem.kind]
    if problem.status == NOT_ALLOWED:
        status = NOT_ALLOWED
    if problem.code in OWN_WORDS:
        form = problem.code
    return EncodedError(
        status=status,
        headers=(
            ("content-type", "application/json"),
            ("x-amzn-requestid", request_id),
            ("x-amzn-errortype", form),
            *retry_headers(problem),
        ),
        body=error_object(problem),
    )


def error_object(problem: Problem) -> bytes:
    return msgspec.json.encode({"message": encodable(problem.message)})


def error_message(problem: Problem) -> bytes:
    """The message of a stream that failed after it had begun."""
    form = STREAM_FORMS.get(FORMS[problem.kind][0], "validationException")
    if problem.kind in OF_UPSTREAM:
        form = MODEL_STREAM_ERROR
    return write_exception(form, error_object(problem))
