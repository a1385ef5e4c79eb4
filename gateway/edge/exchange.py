"""All that is known about one request from its first byte to its record.

Laws: one Exchange per request, filled in by the stages in their order and never reset; whatever is
not known yet is None; nothing here does anything.
"""

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec

from gateway.edge.messages import Receive, Send
from gateway.edge.surfaces import Operation
from gateway.snapshot.snapshot import Snapshot
from protocols import ir
from providers.adapters.base import VerdictClass
from providers.specs import CredentialSpec, ProviderSpec, Surface, TargetSpec

if TYPE_CHECKING:
    from accounts.specs import KeySpec, TenantSpec
    from protocols.errors import Problem
    from providers.usage import UsageClasses

Status: TypeAlias = Literal[
    "running", "ok", "client_error", "upstream_error", "blocked", "limited", "canceled",
    "interrupted",
]  # fmt: skip
Lane: TypeAlias = Literal["native", "translation", "none"]
NO_USAGE: Final = ir.Usage()


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request may go: one model at one provider, by the surface it speaks natively."""

    provider: ProviderSpec
    target: TargetSpec
    surface: Surface


class Attempt(msgspec.Struct, kw_only=True):
    """One call to a vendor, delivered or not."""

    candidate: Candidate
    credential: CredentialSpec
    began_at: float  # monotonic, as all times here
    sent: bool = False  # the vendor may have received it whole
    status: int = 0
    verdict: VerdictClass | None = None
    message: str = ""
    ended_at: float | None = None


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What the edge knows of a request before any stage has run."""

    request_id: str
    operation: Operation
    headers: Mapping[bytes, bytes]  # lower-case names; each once, as the guard left them
    address: str
    began_at: float
    path: str = ""
    query: bytes = b""
    path_model: str = ""
    source: str = "api"


class Exchange:
    __slots__ = (
        "answer_status",
        "arrival",
        "asked_stream",
        "attempts",
        "body",
        "bytes_out",
        "candidates",
        "classes",
        "client_gone",
        "delivered",
        "error",
        "first_content_at",
        "holds_slot",
        "key",
        "lane",
        "losses",
        "model",
        "receive",
        "recorded",
        "send",
        "sending",
        "snapshot",
        "state",
        "status",
        "stop",
        "tenant",
        "top",
        "usage",
        "vendor_key",
        "withhold_usage",
    )

    def __init__(
        self,
        arrival: Arrival,
        *,
        receive: Receive,
        send: Send,
        snapshot: Snapshot,
        state: MutableMapping[str, Any],
    ) -> None:
        self.arrival = arrival
        self.state = state  # of the ASGI scope: what the request's log line will say
        self.receive = receive
        self.send = send
        self.snapshot = snapshot
        # authenticate
        self.key: KeySpec | None = None
        self.tenant: TenantSpec | None = None
        self.vendor_key: bytes | None = None  # the client's own credential, where its key allows
        # decode
        self.body = b""
        self.top: dict[str, msgspec.Raw] = {}
        self.model = ""
        self.asked_stream = False
        # route
        self.candidates: tuple[Candidate, ...] = ()
        self.lane: Lane = "none"
        # attempt
        self.attempts: list[Attempt] = []
        self.losses: list[str] = []
        self.delivered: Attempt | None = None  # the attempt whose bytes went to the client
        self.withhold_usage = False
        self.sending = False  # the response has begun
        self.answer_status = 0
        self.bytes_out = 0
        self.usage: ir.Usage = NO_USAGE
        self.classes: UsageClasses | None = None
        self.stop: str | None = None
        self.first_content_at: float | None = None
        # the end
        self.client_gone = False
        self.error: Problem | None = None
        self.status: Status = "running"
        self.recorded = False
        self.holds_slot = False
