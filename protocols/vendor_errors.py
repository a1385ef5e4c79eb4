"""A vendor's error, read: whatever the vendor, whatever it sent, a Problem comes out.

Rule 1: the kind is what the vendor means. Whose credential was refused the caller knows, not we.
Rule 2: words that say one thing count before the status, the status before words that say little.
Rule 3: a page of HTML is never carried along, nor a code that says something else than the kind.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols.errors import Kind, Problem
from protocols.lenient import VALUES, as_object, read, whole, words

MARK_OF_ERRORS: Final = "error"
SAYS_NOTHING: Final = frozenset({b"", b"null"})
LONGEST_MESSAGE: Final = 16_384
PAYMENT_REQUIRED: Final = 402
STATUSES: Final[Mapping[int, Kind]] = {
    401: "authentication",
    402: "insufficient_quota",
    403: "permission",
    404: "not_found",
    408: "timeout",
    409: "conflict",
    413: "too_large",
    424: "upstream_error",  # Bedrock: the model failed
    429: "rate_limited",
    503: "overloaded",
    504: "timeout",
    529: "overloaded",
}
WORDS: Final[Mapping[str, Kind]] = {
    "context_length_exceeded": "context_length",
    "exceed_context_size_error": "context_length",
    "content_filter": "blocked",
    "content_policy_violation": "blocked",
    "insufficient_quota": "insufficient_quota",
    "insufficient_balance": "insufficient_quota",
    "exceeded_current_quota_error": "insufficient_quota",
    "billing_hard_limit_reached": "insufficient_quota",
    "billing_error": "insufficient_quota",
    "invalid_api_key": "authentication",
    "authentication_error": "authentication",
    "invalid_authentication_error": "authentication",
    "permission_error": "permission",
    "permission_denied": "permission",
    "model_not_found": "not_found",
    "not_found_error": "not_found",
    "deploymentnotfound": "not_found",
    "conflict_error": "conflict",
    "request_too_large": "too_large",
    "rate_limit_exceeded": "rate_limited",
    "rate_limit_error": "rate_limited",
    "rate_limit_reached_error": "rate_limited",
    "resource_exhausted": "rate_limited",
    "overloaded_error": "overloaded",
    "engine_overloaded_error": "overloaded",
    "server_is_overloaded": "overloaded",
    "service_unavailable_error": "overloaded",
    "timeout_error": "timeout",
}
# What GLM says in numbers, whatever its status: arrears (1113) come as 429.
GLM_CODES: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("1000", "1001", "1002", "1003", "1004"), "authentication"),
    "1113": "insufficient_quota",
    **dict.fromkeys(("1210", "1212", "1213", "1214", "1215"), "invalid_request"),
    "1220": "permission",
    **dict.fromkeys(("1221", "1222"), "not_found"),
    **dict.fromkeys(("500", "1230", "1231", "1234"), "upstream_error"),
    "1301": "blocked",
    **dict.fromkeys(("1302", "1303", "1305"), "rate_limited"),
}
# Said beside any status; they decide only where there is none.
VAGUE_WORDS: Final[Mapping[str, Kind]] = {
    "invalid_request_error": "invalid_request",
    "invalid_argument": "invalid_request",
}
PHRASES: Final[Mapping[str, Kind]] = {
    "maximum context length": "context_length",
    "context window": "context_length",
    "available context size": "context_length",
    "prompt is too long": "context_length",
    "input is too long": "context_length",
    "input tokens exceeded": "context_length",
    "credit balance": "insufficient_quota",
}
MARKUP: Final = ("<html", "<!doctype", "<head", "<body", "<?xml")


class Told(Struct, frozen=True, kw_only=True):
    """The parts of an error that vendors agree on, however they wrap them."""

    message: str | None
    code: object = None
    type: object = None
    param: str | None = None
    status: int | None = None
    is_error: bool = False  # there was an `error` that was not empty
    nested: bool = False  # it was an object, as OpenAI has it


def problem_of(status: int, body: bytes, retry_after: float | None) -> Problem:
    """`status` of the answer; one that is no error's counts as not said."""
    told = _told(read(VALUES, body))
    if told is None:
        told = Told(message=_plain_text(body))
    return _problem(told, status=status, retry_after=retry_after)


def problem_among(data: bytes, *, error: Raw, mark: object) -> Problem | None:
    """The error in a body or event that may as well be an answer.

    `error`, and the `mark` that says what the object is, were read from it before.
    """
    if mark != MARK_OF_ERRORS and bytes(error) in SAYS_NOTHING:
        return None
    told = _told(read(VALUES, data))
    if told is None or not (mark == MARK_OF_ERRORS or told.is_error):
        return None
    return _problem(told, status=0, retry_after=None)


def _problem(told: Told, *, status: int, retry_after: float | None) -> Problem:
    said = status if 400 <= status <= 599 else told.status or 0
    kind = _kind(told, said)
    return Problem(
        kind=kind,
        message=told.message or _unexplained(said or status),
        status=said,
        code=_code(told, kind),
        param=told.param,
        retry_after=retry_after,
    )


def _told(value: object) -> Told | None:
    # Google's OpenAI surface wraps its errors in a list of one.
    outer = as_object(value[0] if isinstance(value, list) and value else value)
    error = outer.get("error")
    inner = as_object(error) or outer
    if not inner:
        return None
    return Told(
        message=_message(error, inner),
        code=inner.get("code"),
        type=inner.get("type"),
        param=words(inner.get("param")),
        status=next(_statuses(inner), None),
        is_error=bool(error),
        nested=inner is error,
    )


def _message(error: object, inner: dict[str, Any]) -> str | None:
    candidates = (error, inner.get("message"), inner.get("detail"), inner.get("msg"))
    found = next((each for each in map(words, candidates) if each), None)
    if found is None and inner.get("detail"):
        # FastAPI lists what it did not like.
        found = msgspec.json.encode(inner["detail"]).decode()
    if found is None or any(mark in found[:LONGEST_MESSAGE].lower() for mark in MARKUP):
        return None
    return found[:LONGEST_MESSAGE]


def _statuses(inner: dict[str, Any]) -> Iterator[int]:
    for key in ("status_code", "code", "status", "raw_status_code"):
        number = whole(inner.get(key))
        if number is not None and 400 <= number <= 599:
            yield number


def _kind(told: Told, status: int) -> Kind:
    said = [each.lower() for each in (told.code, told.type) if isinstance(each, str)]
    tables = (WORDS, GLM_CODES) if told.nested else (WORDS,)
    for table in tables:
        for word in said:
            # Who has no credit is told so by some in the words of a limit.
            if word in table and (table[word] != "rate_limited" or status != PAYMENT_REQUIRED):
                return table[word]
    kind = _kind_of_status(status) if status else _first(said, VAGUE_WORDS) or "upstream_error"
    if kind == "invalid_request" and told.message:
        message = told.message.lower()
        return next((PHRASES[phrase] for phrase in PHRASES if phrase in message), kind)
    return kind


def _code(told: Told, kind: Kind) -> str:
    """DeepSeek has `invalid_request_error` for whoever has not paid."""
    code = words(told.code) or ""
    word = code.lower()
    return code if WORDS.get(word, VAGUE_WORDS.get(word, kind)) == kind else ""


def _first(said: list[str], table: Mapping[str, Kind]) -> Kind | None:
    return next((table[word] for word in said if word in table), None)


def _kind_of_status(status: int) -> Kind:
    return STATUSES.get(status, "invalid_request" if status < 500 else "upstream_error")


def _plain_text(body: bytes) -> str | None:
    try:
        text = body.decode().strip()
    except UnicodeDecodeError:
        return None
    is_prose = text[:1].isalpha() and "<" not in text and text != "null"
    return text[:LONGEST_MESSAGE] if is_prose else None


def _unexplained(status: int) -> str:
    if status:
        return f"the provider answered with status {status} and no explanation"
    return "the provider answered with an error and no explanation"
