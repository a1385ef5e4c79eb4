"""What a vendor is asked in one attempt, and how its answer is read.

Laws: a question is whole before anything is sent; what it had to leave out is named; the answer is
read in the vendor's dialect and told in the client's.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from msgspec import Raw, Struct

from gateway.edge.editing.fidelity import loss_of
from gateway.edge.editing.splices import splice
from gateway.edge.exchange import Candidate, Exchange, Lane
from gateway.edge.passages.carried import ENCLOSED, EnclosedPassage, stays_enclosed
from gateway.edge.passages.keeping import Keeping
from gateway.edge.passages.passage import EVENT_CAP_BYTES, MEDIA_EVENT_CAP_BYTES, Passage
from gateway.edge.questions.batches import Batch
from protocols.anthropic_messages.betas import cleared, judged
from protocols.codec import Loss
from protocols.ir import Dialect
from protocols.native import NativeDialect
from protocols.openai_responses.native import KEPT_ANSWERS
from providers.specs import Envelope, TargetSpec

BETAS: Final = b"anthropic-beta"
# What a client may say to the vendor in headers; an adapter may take less.
UPSTREAM_HEADERS: Final[Mapping[Dialect, tuple[bytes, ...]]] = {
    "openai.chat": (b"openai-beta",),
    "openai.responses": (b"openai-beta",),
    "openai.embeddings": (b"openai-beta",),
    "anthropic.messages": (b"anthropic-version", BETAS),
}
REFUSED: Final = "the target refuses it"
# One event may hold a whole picture, or the whole answer once more.
LARGE_EVENTS: Final[frozenset[Dialect]] = frozenset({"openai.responses", "gemini.generate"})
MEDIA: Final = frozenset({b"audio", b"image"})


class Told(Struct, frozen=True, kw_only=True):
    """A whole answer, as the client is told it."""

    body: bytes
    losses: tuple[Loss, ...] = ()
    pauses: bool = False  # the vendor is asked to go on: nothing is told yet


class Question(Protocol):
    lane: Lane
    native: NativeDialect  # of the vendor
    body: bytes
    headers: dict[str, str]
    losses: tuple[Loss, ...]
    top: Mapping[str, Raw] | None  # fields of the body, where they are known without reading it
    keeping: Keeping | None  # what the answer leaves behind, where it leaves anything
    batch: Batch | None  # where it is asked in parts; `body` is the first then

    def passage(self) -> Passage:
        """For a stream."""
        ...

    def told(self, body: bytes, *, stream: bool) -> Told:
        """A whole answer, as a stream where the client wants one; raises ProtocolError."""
        ...


class NativeQuestion:
    """In the client's own words."""

    __slots__ = (
        "_asked",
        "_enclosed_in",
        "_hides_usage",
        "body",
        "headers",
        "losses",
        "native",
        "top",
    )

    lane: Lane = "native"
    keeping: Keeping | None = None
    batch: Batch | None = None

    def __init__(
        self,
        exchange: Exchange,
        candidate: Candidate,
        *,
        native: NativeDialect,
        hmac_key: bytes,
    ) -> None:
        spliced = splice(exchange, candidate, hmac_key=hmac_key)
        self.native = native
        self.body = spliced.body
        self.headers, dropped = upstream_headers(exchange, candidate.target)
        self.losses = tuple(loss_of(name, why=REFUSED) for name in spliced.losses)
        if dropped:
            kept = self.headers.get(BETAS.decode(), "").split(",")
            target = candidate.target.target
            self.body, lost = cleared(self.body, target, kept=kept, dropped=dropped)
            self.losses += lost
        self._hides_usage = spliced.withhold_usage
        self._asked, self.top = exchange.top, None if dropped else spliced.top
        self._enclosed_in: Envelope | None = None
        if candidate.surface.envelope is not None and stays_enclosed(exchange, candidate):
            self._enclosed_in = candidate.surface.envelope

    def passage(self) -> Passage:
        cap = event_cap(self.native.dialect, self._asked)
        if self._enclosed_in is not None:
            return EnclosedPassage(ENCLOSED[self._enclosed_in], hide_usage=False, cap=cap)
        return Passage(self.native, hide_usage=self._hides_usage, cap=cap)

    def told(self, body: bytes, *, stream: bool) -> Told:
        return Told(body=body)


class KeptQuestion:
    """About an answer that the vendor keeps: all of it is in the path."""

    __slots__ = ("body", "headers", "keeping", "losses", "native", "top")

    lane: Lane = "native"
    batch: Batch | None = None

    def __init__(self) -> None:
        self.native: NativeDialect = KEPT_ANSWERS
        self.body = b""
        self.headers: dict[str, str] = {}
        self.losses: tuple[Loss, ...] = ()
        self.top: Mapping[str, Raw] | None = {}
        self.keeping: Keeping | None = None

    def passage(self) -> Passage:
        return Passage(self.native, hide_usage=False, cap=EVENT_CAP_BYTES)

    def told(self, body: bytes, *, stream: bool) -> Told:
        return Told(body=body)


def upstream_headers(
    exchange: Exchange, target: TargetSpec
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The client's headers that its dialect allows; and the betas the target does not know."""
    headers: dict[str, str] = {}
    dropped: tuple[str, ...] = ()
    known = target.target.betas
    for name in UPSTREAM_HEADERS.get(exchange.arrival.operation.dialect, ()):
        value = exchange.arrival.headers.get(name)
        if value is None:
            continue
        text = value.decode("latin-1")
        if name == BETAS and known is not None:
            kept, dropped = judged(text, target.target)
            text = ",".join(kept)
        if text:
            headers[name.decode()] = text
    return headers, dropped


def event_cap(dialect: Dialect, top: Mapping[str, Raw]) -> int:
    """`dialect` is the vendor's, `top` what the client asked."""
    if dialect in LARGE_EVENTS:
        return MEDIA_EVENT_CAP_BYTES
    asked = bytes(top.get("modalities", b""))
    return MEDIA_EVENT_CAP_BYTES if MEDIA & set(asked.split(b'"')) else EVENT_CAP_BYTES
