"""What an answer means for the credential, the model and the next attempt. Pure.

Laws: the vendor's own code decides before its status, its status before the words of its message;
what a client can provoke at will is about the request and about nothing else; HTML is never
repeated.
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from providers.adapters.base import Verdict, VerdictClass, VerdictScope
from providers.adapters.error_bodies import Told, is_error, told
from providers.adapters.waiting import wait_of

SCOPES: Final[Mapping[VerdictClass, VerdictScope]] = {
    "ok": "request",
    "client_error": "request",
    "context_window": "request",
    "content_policy": "request",
    "auth": "credential",
    "quota": "credential",
    "rate_limited": "model",
    "overloaded": "model",
    "model_missing": "model",
    "server_error": "provider",
    "timeout": "provider",
    "transport": "provider",
    "protocol_error": "provider",
}
STATUSES: Final[Mapping[int, VerdictClass]] = {
    401: "auth",
    402: "quota",
    403: "auth",
    408: "timeout",
    424: "server_error",
    429: "rate_limited",
    # Not implemented: said of what was asked, however often it is asked.
    501: "client_error",
    503: "overloaded",
    504: "timeout",
    524: "timeout",
    529: "overloaded",
}
TOLD_TO_WAIT: Final = frozenset({"rate_limited", "overloaded"})
NOT_FOUND: Final = frozenset({404, 405, 410})
REJECTED: Final = frozenset({400, 403, 404, 413, 422})
TOO_LONG: Final = re.compile(
    r"prompt is too long|maximum context length|exceeds? (?:the )?(?:available |model'?s? )?context"
    r"|maximum prompt length|context window|exceeds the maximum number of tokens"
    r"|input is too long|input tokens exceeded|inputs tokens \+ max_new_tokens"
    r"|too many input tokens",
    re.IGNORECASE,
)
FILTERED: Final = re.compile(
    r"content filter|content management policy|content policy|usage polic|flagged|moderation",
    re.IGNORECASE,
)
# These two take a credential or a model away from everybody, and vendors repeat what clients wrote:
# only how a message begins is believed.
OUT_OF_MONEY: Final = re.compile(
    r"(?:your )?credit balance|you(?:'ve| have)? exceeded your current quota"
    r"|insufficient (?:balance|credits?|funds|quota)|you (?:have|'ve) (?:run out of|reached your) "
    r"(?:credits|specified api usage limits)",
    re.IGNORECASE,
)
NO_SUCH_MODEL: Final = re.compile(
    r"model: |(?:specified )?model not found|no endpoints found for |this is not a chat model"
    r"|(?:the )?model \S+ (?:does not exist|not found|(?:was|is|has been) (?:deprecated|removed"
    r"|decommissioned|no longer))|models/\S+ is not found for api version"
    r"|publisher model \S+ (?:was )?not found|the supported api model names are"
    r"|the provided model identifier is invalid|you don't have access to the model with the"
    r"|you are not allowed to \w+(?: \w+)? from this model",
    re.IGNORECASE,
)


PAYMENT_REQUIRED: Final = 402


class ErrorTable(Struct, frozen=True, kw_only=True):
    """A vendor's own words for what went wrong: its codes, then its types."""

    codes: dict[str, VerdictClass]
    types: dict[str, VerdictClass]


OPENAI: Final = ErrorTable(
    codes={
        "insufficient_quota": "quota",
        "billing_hard_limit_reached": "quota",
        "billing_not_active": "quota",
        "1113": "quota",  # GLM's arrears, which come as 429
        "invalid_api_key": "auth",
        "account_deactivated": "auth",
        "context_length_exceeded": "context_window",
        "content_filter": "content_policy",
        "content_policy_violation": "content_policy",
        "ResponsibleAIPolicyViolation": "content_policy",
        "model_not_found": "model_missing",
        "model_decommissioned": "model_missing",
        "DeploymentNotFound": "model_missing",
        "server_is_overloaded": "overloaded",
    },
    types={
        "insufficient_quota": "quota",
        "authentication_error": "auth",
        "exceed_context_size_error": "context_window",
        "invalid_model": "model_missing",
        "overloaded_error": "overloaded",
        "service_unavailable_error": "overloaded",
    },
)
ANTHROPIC: Final = ErrorTable(
    codes={},
    types={
        "authentication_error": "auth",
        "permission_error": "auth",
        "billing_error": "quota",
        "rate_limit_error": "rate_limited",
        "overloaded_error": "overloaded",
        "timeout_error": "timeout",
        "request_too_large": "client_error",
    },
)
GEMINI: Final = ErrorTable(
    codes={},
    types={
        # Keys that are wrong come as 400; rates and quotas by the day as one.
        "API_KEY_INVALID": "auth",
        "API_KEY_EXPIRED": "auth",
        "ACCESS_TOKEN_EXPIRED": "auth",
        "UNAUTHENTICATED": "auth",
        "PERMISSION_DENIED": "auth",
        "RESOURCE_EXHAUSTED": "rate_limited",
        "RATE_LIMIT_EXCEEDED": "rate_limited",
        "UNAVAILABLE": "overloaded",
        "DEADLINE_EXCEEDED": "timeout",
        "INTERNAL": "server_error",
    },
)
BEDROCK: Final = ErrorTable(
    codes={},
    types={
        "ThrottlingException": "rate_limited",
        "ModelNotReadyException": "rate_limited",
        "ServiceQuotaExceededException": "quota",
        "AccessDeniedException": "auth",
        "UnrecognizedClientException": "auth",
        "InvalidSignatureException": "auth",
        "ExpiredTokenException": "auth",
        "ResourceNotFoundException": "model_missing",
        "ModelTimeoutException": "timeout",
        "ModelErrorException": "server_error",
        "InternalServerException": "server_error",
        "ServiceUnavailableException": "overloaded",
    },
)
# Of a back-end that answers as each of them does.
EITHER: Final = ErrorTable(codes=OPENAI.codes, types={**OPENAI.types, **ANTHROPIC.types})


def verdict_of(
    status: int, headers: Mapping[str, str], body: bytes, *, table: ErrorTable, kind: str = ""
) -> Verdict:
    """`headers` have names in lower case; `body` may be empty where the answer is a stream.

    `kind`: the type of an error, where it is not in the body.
    """
    if status in {200, 201}:
        return _of_success(headers, body, table=table)
    if status < 400:
        return _verdict("protocol_error", f"answered {status}")
    said = told(body)
    if kind:
        said = replace(said, type=kind)
    cls = _of_error(status, said, table)
    message = said.message or f"answered {status}"
    if cls not in TOLD_TO_WAIT:
        return _verdict(cls, message)
    wait = wait_of(headers)
    if cls == "overloaded" and wait.guessed:
        return _verdict(cls, message)
    return Verdict(
        cls=cls,
        scope=SCOPES[cls],
        retry_after=wait.after_s,
        retry_at=wait.at,
        retry_after_guessed=wait.guessed,
        message=message,
    )


def _verdict(cls: VerdictClass, message: str) -> Verdict:
    return Verdict(cls=cls, scope=SCOPES[cls], message=message)


def _of_success(headers: Mapping[str, str], body: bytes, *, table: ErrorTable) -> Verdict:
    if "html" in headers.get("content-type", ""):
        return _verdict("protocol_error", "answered with HTML")
    if not is_error(body):
        return Verdict(cls="ok")
    said = told(body)
    # OpenRouter names the status it would have had.
    status = int(said.code) if said.code.isascii() and said.code.isdecimal() else 500
    cls = _of_error(status if 400 <= status < 600 else 500, said, table)
    return _verdict(cls, said.message or "answered with an error")


def _of_error(status: int, said: Told, table: ErrorTable) -> VerdictClass:
    coded = table.codes.get(said.code) or table.types.get(said.type)
    if coded == "auth" and status == 403:
        coded = None  # a 403 may be about the model or the content
    if coded == "rate_limited" and status == PAYMENT_REQUIRED:
        coded = None  # who has no credit is told so by many in the words of a limit
    return coded or _of_words(status, said) or STATUSES.get(status) or _of_range(status)


def _of_words(status: int, said: Told) -> VerdictClass | None:
    """What only the message tells apart. 5xx answers are believed as they are."""
    if status in NOT_FOUND and not said.readable:
        return "model_missing"  # nothing is served under the path, which no client chose
    if status == 403 and said.html:
        return "client_error"  # a firewall before the vendor, which disliked the text
    if status in {400, 429} and OUT_OF_MONEY.match(said.message):
        return "quota"
    if status not in REJECTED:
        return None
    if NO_SUCH_MODEL.match(said.message) or (status == 404 and said.param == "model"):
        return "model_missing"
    return _of_request(said.message)


def _of_request(message: str) -> VerdictClass | None:
    if TOO_LONG.search(message):
        return "context_window"
    return "content_policy" if FILTERED.search(message) else None


def _of_range(status: int) -> VerdictClass:
    return "client_error" if status < 500 else "server_error"
