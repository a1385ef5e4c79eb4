"""All that is known about one request from its first byte to its record.

Laws: one Exchange per request, filled in by the stages in their order and never reset; whatever is
not known yet is None; nothing here does anything.
"""

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

import msgspec

from gateway.edge.messages import Receive, Send
from gateway.edge.operations.operation import Operation
from gateway.snapshot.snapshot import Snapshot
from gateway.spool.frames import Difference, Start, Tariff
from protocols import ir
from protocols.codec import ClientCodec
from protocols.ir import Dialect
from providers.adapters.base import VerdictClass
from providers.specs import CredentialSpec, PriceSpec, ProviderSpec, Surface, TargetSpec

if TYPE_CHECKING:
    from accounts.specs import KeySpec, TenantSpec
    from gateway.edge.memory.steps import Recalled
    from gateway.edge.memory.vault import Pin
    from protocols.continuing import Continuation
    from protocols.errors import Problem
    from protocols.multipart import Form
    from providers.usage import UsageClasses

Status: TypeAlias = Literal[
    "running", "ok", "client_error", "upstream_error", "blocked", "limited", "canceled",
    "interrupted",
]  # fmt: skip
Lane: TypeAlias = Literal["native", "translation", "none"]
Envelope: TypeAlias = Literal["bedrock", "vertex"]
NO_USAGE: Final = ir.Usage()


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request may go: one model at one provider, by one of its surfaces."""

    provider: ProviderSpec
    target: TargetSpec
    surface: Surface
    lane: Lane = "native"  # translation: the surface speaks another dialect than the client


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked, as its own codec and those of vendors need it."""

    codec: ClientCodec
    request: ir.Request
    to_vendors: ir.Request  # without what the gateway does itself


class Seals(msgspec.Struct, kw_only=True):
    """What is known of those in the history."""

    pin: "Pin | None" = None  # whose those are that do not say so
    is_pin_read: bool = False
    recalled: "Recalled | None" = None  # what the vault has kept, once it was asked
    refused_by: frozenset[str] = frozenset()  # vendors that have refused one
    are_told: bool = False  # the client has been told one that does not say whose it is


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """By what an attempt is rated."""

    tariff: Tariff
    price: PriceSpec | None = None  # None: nobody knows one
    own_price: PriceSpec | None = None  # what the tenant is charged by


class Parts(msgspec.Struct):
    """Of a batch that is asked in several calls."""

    usages: list[ir.Usage] = []
    answered_bytes: int = 0
    open_bytes: int = 0  # of the one that was asked and has not been answered

    def answered(self, usage: ir.Usage) -> None:
        self.usages.append(usage)
        self.answered_bytes += self.open_bytes
        self.open_bytes = 0


class Attempt(msgspec.Struct, kw_only=True):
    """A question to a vendor, mostly one call, delivered or not."""

    candidate: Candidate
    credential: CredentialSpec
    began_at: float  # monotonic, as all times here
    rating: Rating | None = None
    start: Start | None = None  # as it was recorded
    called: bool = False
    sent: bool = False  # the vendor may have received it whole
    difference: Difference | None = None  # of what it was sent; None: nothing was
    status: int = 0
    paused: bool = False  # its vendor is asked to go on in the next one
    verdict: VerdictClass | None = None
    message: str = ""
    usage: ir.Usage | None = None  # of an answer that the vendor gave and nobody got
    parts: Parts | None = None  # where it was more than one call
    drained: bool = False  # ended because this worker has to go
    ended_at: float | None = None


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """What the edge knows of a request before any stage has run."""

    request_id: str
    operation: Operation
    headers: Mapping[bytes, bytes]  # lower-case names; each once, as the guard left them
    address: str
    began_at: float
    path: str = ""
    raw_path: bytes = b""  # as it came; signatures are made of it
    query: bytes = b""
    path_model: str = ""  # or the id of an answer that a vendor keeps
    path_stream: bool | None = None  # None: the body says
    envelope: Envelope | None = None  # in which a cloud carries Claude's Messages
    errors_in: Dialect | None = None  # where a prefix of the path says how they are read
    source: str = "api"


class AnswerKeeper(Protocol):
    """Remembers of an answer what outlives it."""

    def hear(self, made: Attempt, answer: bytes) -> None: ...

    async def settle(self) -> None:
        """Before its last bytes go out; raises nothing."""
        ...


class Exchange:
    __slots__ = (
        "admitted_at",
        "answer_status",
        "arrival",
        "asked",
        "asked_at",
        "asked_stream",
        "attempts",
        "body",
        "bytes_out",
        "candidates",
        "charge_nano",
        "classes",
        "client_gone",
        "continuation",
        "delivered",
        "error",
        "events",
        "first_content_at",
        "form",
        "holds_slot",
        "keeper",
        "kept_id",
        "kept_query",
        "key",
        "known_at",
        "lane",
        "losses",
        "media_type",
        "model",
        "receive",
        "recorded",
        "said_bytes",
        "seals",
        "send",
        "sending",
        "snapshot",
        "started_at",
        "state",
        "status",
        "stop",
        "tenant",
        "text_bytes",
        "tier",
        "top",
        "usage",
        "vendor_key",
        "whole",
        "withheld",
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
        # When these stages were over, and all of the request was here and read; 0: not yet.
        self.known_at = self.asked_at = self.admitted_at = 0.0
        # decode
        self.body = b""
        self.form: Form | None = None  # where the parts of a body lie that is one
        self.top: dict[str, msgspec.Raw] = {}
        self.model = ""
        self.asked_stream = False
        # route
        self.candidates: tuple[Candidate, ...] = ()
        self.lane: Lane = "none"
        self.keeper: AnswerKeeper | None = None
        self.kept_id = self.kept_query = ""  # where the path names what a vendor keeps
        # admit
        self.started_at = 0.0  # the same moment, in seconds since 1970: by it prices are chosen
        # attempt
        self.asked: Asked | None = None  # once a vendor of another dialect is to be asked
        self.seals = Seals()
        self.attempts: list[Attempt] = []
        self.losses: list[str] = []
        self.continuation: Continuation | None = None  # of an answer that may come in several
        self.delivered: Attempt | None = None  # the attempt whose bytes went to the client
        self.media_type = b""  # of an answer that is sound
        self.sending = self.whole = False  # the response has begun; its vendor has said it all
        self.answer_status = 0
        self.bytes_out = self.said_bytes = 0  # an answer in one piece has said no more than these
        self.events = self.text_bytes = 0  # of a stream: those that said something, and how much
        self.tier: str | None = None  # as which the vendor says it has served
        self.usage: ir.Usage = NO_USAGE
        self.classes: UsageClasses | None = None
        self.charge_nano: int | None = None  # what the tenant pays, once that is recorded
        self.stop: str | None = None
        self.first_content_at: float | None = None
        # the end
        self.client_gone = False
        self.error: Problem | None = None
        self.status: Status = "running"
        # What cannot be recorded is not answered.
        self.recorded = self.holds_slot = self.withheld = False
