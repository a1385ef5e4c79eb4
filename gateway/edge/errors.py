"""Refusals of the edge and their rendering, RFC 9457.

    accounts.errors.Refused   code and detail; status and title stand in accounts.problem_codes
    └── EdgeRefused           may add response headers

A dialect's own shape is the dialect's business; everything else reads problem+json.
"""

from typing import Final, TypeAlias

import msgspec

from accounts.errors import Refused
from accounts.problem_codes import PROBLEMS

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
