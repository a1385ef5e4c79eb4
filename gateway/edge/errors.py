"""Refusals of the edge and their one rendering, RFC 9457.

    Refused            carries code and detail
    REFUSALS           code -> status and title

A dialect's own shape is the dialect's business; everything else reads problem+json.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

JSON: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    status: int
    title: str


REFUSALS: Final[Mapping[str, Refusal]] = {
    "bad_framing": Refusal(status=400, title="The request can be read in more than one way."),
    "bad_host": Refusal(status=400, title="The Host header is missing or invalid."),
    "bad_path": Refusal(status=400, title="The path can be read in more than one way."),
    "bad_body": Refusal(status=400, title="The request body ended early or is malformed."),
    "not_found": Refusal(status=404, title="There is nothing here."),
    "method_not_allowed": Refusal(status=405, title="This method is not allowed here."),
    "body_too_slow": Refusal(status=408, title="The request body arrived too slowly."),
    "body_too_large": Refusal(status=413, title="The request body is too large."),
    "unsupported_encoding": Refusal(status=415, title="Compressed request bodies are not accepted."),
    "headers_too_large": Refusal(status=431, title="The request has too many or too large headers."),
    "internal_error": Refusal(status=500, title="Something failed on our side."),
}


class Refused(Exception):
    """The guard says no; `code` is a key of REFUSALS."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def problem(*, code: str, detail: str, instance: str, request_id: str) -> bytes:
    refusal = REFUSALS[code]
    return JSON.encode(
        {
            "type": f"/docs/errors#{code}",
            "title": refusal.title,
            "status": refusal.status,
            "detail": detail,
            "instance": instance,
            "code": code,
            "request_id": request_id,
            "errors": [],
        }
    )
