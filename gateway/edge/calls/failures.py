"""What a failed attempt means for the client. Pure.

Laws: what a vendor said in the client's own dialect passes as it said it, unless it is about our
credential, is no JSON or holds a secret; of our own words none names an address; the most helpful
of several failures is the one that is told.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from gateway.edge.egress.upstream import (
    AddressRefused,
    BadCall,
    ConnectFailed,
    Disconnected,
    Phase,
    PoolExhausted,
    Stopping,
    TimedOut,
    TooLarge,
    UpstreamFault,
)
from gateway.edge.exchange import Attempt
from protocols.errors import FrameTooLarge, Kind, Problem, ProtocolError
from protocols.ir import Usage
from protocols.native import NativeDialect
from providers.adapters.base import RETRYABLE, Verdict, VerdictClass

NOTHING_TO_SAY: Final = Verdict(cls="client_error")  # changes nothing in a pool
ERRORS_BEGIN: Final = (b"{", b"[")  # Google wraps its errors in a list
ABOUT_US: Final = frozenset({"auth", "quota"})
KINDS: Final[Mapping[VerdictClass, Kind]] = {
    "rate_limited": "rate_limited",
    "overloaded": "overloaded",
    "timeout": "timeout",
    "auth": "upstream_credential",
    "quota": "upstream_quota",
}
TOLD: Final[Mapping[VerdictClass, str]] = {
    "auth": "{slug} refused the gateway's credential.",
    "quota": "The gateway's account at {slug} is used up.",
    "rate_limited": "{slug} is limiting the gateway's requests.",
    "overloaded": "{slug} is overloaded.",
}
CONTENT_TYPE: Final = re.compile(r"[a-z]{1,16}/[a-z.+-]{1,40}")
LATE: Final[Mapping[Phase, str]] = {
    "connect": "could not be reached in time",
    "pool": "could not be reached in time",
    "headers": "did not begin its answer in time",
    "body": "fell silent in the middle of its answer",
    "total": "did not finish its answer in time",
}
IN_A_HURRY: Final = (
    "{slug} did not finish its answer within the time that x-request-timeout-ms set."
)
CLASSES: Final[Mapping[Kind, VerdictClass]] = {
    "invalid_request": "client_error",
    "unsupported": "client_error",
    "conversion_loss": "client_error",
    "too_large": "client_error",
    "conflict": "client_error",
    "context_length": "context_window",
    "blocked": "content_policy",
    "authentication": "auth",
    "permission": "auth",
    "upstream_credential": "auth",
    "insufficient_quota": "quota",
    "upstream_quota": "quota",
    "not_found": "model_missing",
    "rate_limited": "rate_limited",
    "overloaded": "overloaded",
    "timeout": "timeout",
}
# Which of several failures is told, first to last.
PRECEDENCE: Final[Mapping[VerdictClass, int]] = {"rate_limited": 0, "overloaded": 1, "timeout": 2}
LAST: Final = 3
BAD_REQUEST: Final = 400
FORBIDDEN: Final = 403
NOT_SERVED: Final = frozenset({404, 405, 501})
NO_COUNTER: Final = b"support counting tokens"  # as Bedrock says it, with 400


class Failure(Struct, kw_only=True):
    """Why one attempt failed, with all that the client may hear of it."""

    verdict: Verdict
    told: str  # in our own words
    code: str = ""
    counts: bool = True  # against the credential
    closes: bool = False  # the same target must not or need not be asked again
    problem: Problem | None = None  # the vendor's own words, read
    status: int = 0  # of an answer whose bytes may pass
    headers: Mapping[str, str] = {}
    body: bytes = b""
    delivered: bool = False  # the client has been told, in its stream


def of_fault(fault: UpstreamFault | ProtocolError, *, slug: str, answered: bool) -> Failure:
    """`answered`: the vendor's headers had come."""
    cls: VerdictClass = "transport"
    told, code, counts, closes = f"{slug} broke off the connection.", "", True, False
    match fault:
        case AddressRefused():
            told, code = (
                f"The address of {slug} is not allowed by this gateway.",
                "upstream_blocked",
            )
            counts, closes = False, True
        case Stopping():
            cls, told, counts = "overloaded", "This gateway is restarting.", False
        case BadCall():
            told = f"The request to {slug} cannot be written as one."
            cls, counts, closes = "protocol_error", False, True
        case PoolExhausted():
            cls, told, counts = "overloaded", f"No connection to {slug} came free in time.", False
        case ConnectFailed():
            told = f"{slug} could not be reached."
        case TimedOut():
            # Whatever was sent may have been done, and is not asked twice of the same target.
            cls, told, closes = "timeout", f"{slug} {LATE[fault.phase]}.", fault.sent
        case Disconnected():
            closes = fault.sent and not answered
        case TooLarge() | FrameTooLarge():
            cls, told = "protocol_error", f"{slug} sent more than this gateway takes: {fault}."
            # An answer is as large as it was asked to be: no client takes a credential out so.
            counts, closes = not answered, answered
        case _:
            cls, told = "protocol_error", f"{slug} broke the protocol: {fault}."
    verdict = Verdict(cls=cls, message=str(fault))
    return Failure(verdict=verdict, told=told, code=code, counts=counts, closes=closes)


def odd(why: str, *, slug: str) -> Failure:
    """An answer that its status promises and its form denies."""
    told = f"{slug} broke the protocol: it {why}."
    return Failure(verdict=Verdict(cls="protocol_error", message=why), told=told)


def unwritable(why: str, *, slug: str, own_credential: bool) -> Failure:
    """A header that cannot be sent; the vendor is not at fault, the client may be."""
    told = f"The request to {slug} cannot be sent: {why}."
    if not own_credential:
        verdict = Verdict(cls="protocol_error", message=why)
        return Failure(verdict=verdict, told=told, counts=False)
    problem = Problem(kind="invalid_request", message=told)
    verdict = Verdict(cls="client_error", message=why)
    return Failure(verdict=verdict, told=told, counts=False, problem=problem)


def of_problem(problem: Problem, *, slug: str) -> Failure:
    """An error event in a stream that had begun well."""
    cls = CLASSES.get(problem.kind, "server_error")
    verdict = Verdict(cls=cls, message=problem.message, retry_after=problem.retry_after)
    return Failure(verdict=verdict, told=f"{slug} failed.", problem=problem)


def given_up(problem: Problem, made: Attempt, usage: Usage | None) -> Failure:
    """The model has failed, its vendor has not."""
    made.usage = usage
    failure = of_problem(problem, slug=made.candidate.provider.slug)
    failure.counts = False
    return failure


def of_answer(
    verdict: Verdict, *, slug: str, status: int, headers: Mapping[str, str], body: bytes
) -> Failure:
    """An answer with the status of an error; `body` without secrets."""
    told = TOLD.get(verdict.cls, "{slug} answered {status}.").format(slug=slug, status=status)
    return Failure(verdict=verdict, told=told, status=status, headers=headers, body=body)


def is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def is_json_object(content_type: str, body: bytes) -> bool:
    """By its look: reading all of an embedding would cost more than it is worth."""
    kind = content_type.partition(";")[0].strip().lower()
    text = body.strip()
    return kind.endswith(("/json", "+json")) and text[:1] == b"{" and text[-1:] == b"}"


def shown_type(content_type: str) -> str:
    """A vendor's word, as far as it is one."""
    kind = content_type.partition(";")[0].strip()
    return kind if CONTENT_TYPE.fullmatch(kind) else "no known content type"


def is_about_us(failure: Failure, *, own_credential: bool) -> bool:
    """What a vendor says of our account is not for clients."""
    return not own_credential and failure.verdict.cls in ABOUT_US


def passes(failure: Failure, *, own_credential: bool) -> bool:
    """Whether the vendor's answer may go to the client as it is."""
    if failure.status < 400 or is_about_us(failure, own_credential=own_credential):
        return False
    is_page = "html" in failure.headers.get("content-type", "").lower()
    return not is_page and failure.body.lstrip().startswith(ERRORS_BEGIN) and is_json(failure.body)


def lacks_counter(failure: Failure, *, status: int, name: str) -> bool:
    """Of a question for the number of tokens: whether it is the counting that is not there, or not
    for us. A model can be served where its tokens are not counted.

    `status` is the vendor's, `name` its name of the model.
    """
    if status == FORBIDDEN or NO_COUNTER in failure.body:
        return True
    cls = failure.verdict.cls
    if cls == "model_missing" or status in NOT_SERVED:
        return name.encode() not in failure.body  # who names the model misses that one
    # Where the vendor's words were read it was asked in ours: the client's are not at fault.
    return failure.problem is not None and status >= BAD_REQUEST and cls not in RETRYABLE


def chosen(failures: Sequence[Failure], *, wall: float) -> Failure:
    """The one to tell; of several rate limits the one that ends soonest."""

    def order(failure: Failure) -> tuple[int, float]:
        rank = PRECEDENCE.get(failure.verdict.cls, LAST)
        return rank, (failure.verdict.wait_s(wall) or 0.0) if rank == 0 else 0.0

    # Of equals the last: `min` takes the first it meets.
    return min(reversed(failures), key=order)


def with_wait(failure: Failure, *, wall: float) -> Mapping[str, str]:
    """The answer's headers; a limit says when to come back, also where the vendor did not."""
    wait_s = failure.verdict.wait_s(wall)
    if failure.verdict.cls != "rate_limited" or wait_s is None or "retry-after" in failure.headers:
        return failure.headers
    return {**failure.headers, "retry-after": str(math.ceil(wait_s))}


def problem_of(
    failure: Failure, *, native: NativeDialect, own_credential: bool, wall: float
) -> Problem:
    """The failure in words every dialect can render, with the status that each has for its kind."""
    cls = failure.verdict.cls
    wait_s = failure.verdict.wait_s(wall)
    about_us = is_about_us(failure, own_credential=own_credential)
    if failure.problem is not None and not about_us:
        return replace(failure.problem, status=0)
    if failure.status >= 400 and not about_us:
        return replace(native.problem(failure.status, failure.body, wait_s), status=0)
    return Problem(
        kind=KINDS.get(cls, "upstream_error"),
        message=failure.told,
        code=failure.code,
        retry_after=wait_s,
    )
