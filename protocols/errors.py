"""What can be wrong with an exchange, in words every dialect can render.

Problem            the value: a kind of the table below, a message, what else is known
ProtocolError      base of what decoders raise; nothing else leaves them, whatever the input
├── DecodeError    the body is not of this dialect; names the path
├── Unsupported    well-formed, and not servable
└── FrameTooLarge  one event of a stream is longer than we hold
"""

from typing import Final, Literal, TypeAlias

from msgspec import Struct

Kind: TypeAlias = Literal[
    "invalid_request", "unsupported", "conversion_loss", "context_length", "blocked",
    "authentication", "permission", "not_found", "conflict", "too_large", "rate_limited",
    "insufficient_quota", "upstream_error", "upstream_credential", "overloaded", "upstream_quota",
    "timeout", "internal", "usage_unavailable",
]  # fmt: skip

STATUS: Final[dict[Kind, int]] = {
    "invalid_request": 400,
    "unsupported": 400,
    "conversion_loss": 400,
    "context_length": 400,
    "blocked": 400,
    "authentication": 401,
    "permission": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "rate_limited": 429,
    "insufficient_quota": 429,
    "upstream_error": 502,
    "upstream_credential": 502,
    "overloaded": 503,
    "upstream_quota": 503,
    "timeout": 504,
    "internal": 500,
    "usage_unavailable": 503,
}
# Repeating the same request cannot help: clients are told so.
FINAL_KINDS: Final[frozenset[Kind]] = frozenset(
    {"blocked", "authentication", "permission", "insufficient_quota"}
)


def kind_named(word: str) -> Kind:
    """The kind of a stream's `Failed` event."""
    return next((kind for kind in STATUS if kind == word), "upstream_error")


class Problem(Struct, frozen=True, kw_only=True):
    kind: Kind
    message: str
    status: int = 0  # 0: that of the kind
    code: str = ""  # "": that of the kind in the dialect's table
    param: str | None = None
    retry_after: float | None = None  # seconds

    @property
    def http_status(self) -> int:
        return self.status or STATUS[self.kind]


class ProtocolError(Exception):
    """Base of what a decoder raises."""


class DecodeError(ProtocolError):
    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} {why}" if path else why)
        self.path = path
        self.why = why


class Unsupported(ProtocolError):
    def __init__(self, feature: str, why: str) -> None:
        super().__init__(f"{feature} {why}")
        self.feature = feature
        self.why = why


class FrameTooLarge(ProtocolError):
    def __init__(self, cap: int) -> None:
        super().__init__(f"an event of the stream is longer than {cap} bytes")
        self.cap = cap
