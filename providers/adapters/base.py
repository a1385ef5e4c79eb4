"""What a back-end must be able to do. Pure: no I/O, no clock, no ORM.

An adapter turns a request in its own dialect into a call and reads the answers' meaning; whoever
holds a socket makes the call.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol, TypeAlias

from msgspec import Struct

from providers.specs import CredentialSpec, ProviderSpec, Surface, TargetSpec

VerdictClass: TypeAlias = Literal[
    "ok", "client_error", "context_window", "content_policy", "auth", "quota", "rate_limited",
    "overloaded", "server_error", "timeout", "transport", "protocol_error", "model_missing",
]  # fmt: skip
RETRY_AFTER_CAP_S: Final = 300.0
VerdictScope: TypeAlias = Literal["request", "model", "credential", "provider"]
# Another credential, then another candidate, may do better (routing.md RT-22).
RETRYABLE: Final[frozenset[VerdictClass]] = frozenset(
    {
        "auth", "quota", "rate_limited", "overloaded", "server_error", "timeout", "transport",
        "protocol_error", "model_missing",
    }
)  # fmt: skip


class Revealable(Protocol):
    """A secret that shows itself only when asked."""

    def reveal(self) -> bytes: ...


class UpstreamCall(Struct, frozen=True, kw_only=True):
    """Everything a transport needs; `url` is checked against the credential's origin by it."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    stream: bool = False


class Verdict(Struct, frozen=True, kw_only=True):
    cls: VerdictClass
    scope: VerdictScope = "request"
    retry_after: float | None = None  # seconds; None: not said
    retry_at: float | None = None  # said as a moment: seconds since 1970
    retry_after_guessed: bool = False  # not said in so many words
    message: str = ""

    def wait_s(self, wall: float) -> float | None:
        """Seconds to wait from `wall` (seconds since 1970) on, at most RETRY_AFTER_CAP_S."""
        said = self.retry_after if self.retry_at is None else max(0.0, self.retry_at - wall)
        return None if said is None else min(said, RETRY_AFTER_CAP_S)


class Destination(Struct, frozen=True, kw_only=True):
    """Where a call goes and on whose credential."""

    provider: ProviderSpec
    target: TargetSpec
    surface: Surface
    credential: CredentialSpec
    secret: Revealable | None = None
    answer: str = ""  # the id of one that the vendor keeps, where the call is about it
    query: str = ""  # of such a call
    now: float = 0.0  # seconds since 1970; signatures are made for a moment


class DiscoveredModel(Struct, frozen=True, kw_only=True):
    name: str
    operations: frozenset[str] = frozenset({"chat"})
    context_window: int | None = None
    max_output_tokens: int | None = None


class UnreadableModels(ValueError):
    """The answer is not what the kind's model list looks like; the message says how."""


class Adapter(Protocol):
    kind: str
    credential_kinds: tuple[str, ...]
    default_base_url: str  # "": one must be given

    def surfaces(self, base_url: str) -> tuple[Surface, ...]:
        """What the kind speaks at this base URL, natively, first choice first."""
        ...

    def call(
        self,
        destination: Destination,
        *,
        operation: str,
        body: bytes,
        headers: Mapping[str, str],
        stream: bool,
    ) -> UpstreamCall:
        """`headers` are the client's that its dialect allows upstream; `body` is final."""
        ...

    def verdict(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict: ...

    def models_call(
        self,
        *,
        provider: ProviderSpec,
        credential: CredentialSpec,
        secret: Revealable | None,
        now: float = 0.0,
    ) -> UpstreamCall:
        """`now` in seconds since 1970, for signatures."""
        ...

    def models_base_url(self, provider: ProviderSpec) -> str:
        """Below which it goes."""
        ...

    def models(self, body: bytes) -> Sequence[DiscoveredModel]:
        """Raises UnreadableModels where the body is no list of models."""
        ...
