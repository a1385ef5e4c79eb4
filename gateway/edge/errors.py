"""Refusals of the edge and their rendering.

    accounts.errors.Refused   code and detail; status and title stand in accounts.problem_codes
    └── EdgeRefused           may add response headers
    ClientLeft                there is nobody to tell
    CannotCount               the vendor does not say how long a text is; the gateway guesses
    GatewayError              carries a protocols.errors.Problem; rendered by the client's dialect

Law: on a path of a dialect every error has that dialect's shape, a refusal by the guard too;
everywhere else it is problem+json.
"""

from typing import Final, TypeAlias

import msgspec

from accounts.errors import Refused
from accounts.problem_codes import PROBLEMS
from protocols.errors import Kind, Problem

REFUSED: Final = "refused"  # in the state of the scope: code and words the guard has told
HeaderPairs: TypeAlias = tuple[tuple[bytes, bytes], ...]

JSON: Final = msgspec.json.Encoder()
PROBLEM_JSON: Final = b"application/problem+json"
# After these nothing on the connection can be trusted to start where we think it does.
CLOSING_CODES: Final = frozenset(
    {
        "bad_framing",
        "bad_host",
        "bad_path",
        "bad_body",
        "body_too_slow",
        "body_too_large",
        "unsupported_encoding",
        "headers_too_large",
    }
)
FIXED_HEADERS: Final[HeaderPairs] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
CLOSE: Final[HeaderPairs] = ((b"connection", b"close"),)

INTERNAL: Final = Problem(kind="internal", message="The gateway failed; this is its fault.")


class EdgeRefused(Refused):
    def __init__(self, code: str, detail: str, *, headers: HeaderPairs = ()) -> None:
        super().__init__(code, detail)
        self.headers = headers


def response_headers(refused: Refused) -> HeaderPairs:
    own = refused.headers if isinstance(refused, EdgeRefused) else ()
    return FIXED_HEADERS + own + (CLOSE if refused.code in CLOSING_CODES else ())


def problem(refused: Refused, *, instance: str, request_id: str) -> bytes:
    row = PROBLEMS[refused.code]
    return JSON.encode(
        {
            "type": f"/docs/errors#{refused.code}",
            "title": row.title,
            "status": row.status,
            "detail": refused.detail,
            "instance": instance,
            "code": refused.code,
            "request_id": request_id,
            "errors": [],
        }
    )


class GatewayError(Exception):
    """Ends an exchange; the client hears of it in the dialect it spoke."""

    def __init__(self, problem: Problem, *, headers: HeaderPairs = ()) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.headers = headers


class ClientLeft(Exception):
    """The connection has ended; there is nobody to answer."""


class CannotCount(Exception):
    """The vendor serves the model and not the counting of its tokens."""


def refusal(kind: Kind, message: str, *, code: str = "", param: str | None = None) -> GatewayError:
    """The usual case: nothing to say but what is wrong."""
    return GatewayError(Problem(kind=kind, message=message, code=code, param=param))
