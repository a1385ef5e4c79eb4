"""A question put into the vendor's dialect, and its answer put back into the client's.

Laws: a request is read once, however many vendors are asked; what its dialect cannot say is a loss,
never silence; what cannot be asked at all is found out before anything is sent.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from msgspec import Raw
from msgspec.structs import replace

from gateway.edge.editing.features import changed
from gateway.edge.editing.fidelity import loss_of
from gateway.edge.editing.sealed import owner_of
from gateway.edge.editing.splices import (
    END_USER,
    OF_THE_GATEWAY,
    adjusted,
    alias,
    aliased,
    is_shared,
)
from gateway.edge.errors import GatewayError, refusal
from gateway.edge.exchange import Asked, Candidate, Exchange, Lane
from gateway.edge.memory.foreign import as_text
from gateway.edge.memory.kept_answers import RESPONSES
from gateway.edge.memory.seals import Sealer, doubted, opened
from gateway.edge.memory.steps import restored
from gateway.edge.passages.carried import OPENED
from gateway.edge.passages.keeping import keeping_of
from gateway.edge.passages.naming import Naming, answer_id
from gateway.edge.passages.translated_passage import ModelFailed, TranslatedPassage
from gateway.edge.questions.batches import Batch
from gateway.edge.questions.meant import meant
from gateway.edge.questions.questions import Told, event_cap
from gateway.edge.runtime import Runtime
from protocols import ir
from protocols.codec import Encoded, EventEncoder, Head, Loss, Memo, Target, UpstreamCodec
from protocols.continuing import Continuation
from protocols.errors import DecodeError, ProtocolError, Unsupported
from protocols.extras import Bared
from protocols.ir import Dialect
from protocols.json_limits import MAX_PIECES, is_crowded
from protocols.native import FAILED_STOPS
from protocols.registry import CLIENT_CODECS, CONTINUED, UPSTREAM_CODECS
from protocols.stream import replay

# Headers that belong to what a body says: `ir.Request.headers`.
BODY_HEADERS: Final[Mapping[Dialect, tuple[bytes, ...]]] = {
    "anthropic.messages": (b"anthropic-version", b"anthropic-beta"),
}
# Said to the gateway, which does it itself.
DONE_HERE: Final[Mapping[Dialect, frozenset[str]]] = {
    "openai.chat": frozenset({"stream_options", *OF_THE_GATEWAY}),
    "openai.responses": frozenset({"stream_options", *OF_THE_GATEWAY}),
}
CONVERSATIONS: Final = ("contents", "messages", "input", "system")
STORE: Final = "store"
DROPPED: Final = "the target is asked without it"
REFUSED_SEALS: Final = Loss(code="seal", path="messages", why="was refused by the target")


def read(exchange: Exchange) -> Asked:
    """Once per exchange; raises GatewayError where the body is not of its dialect."""
    asked = exchange.asked
    if asked is None:
        asked = exchange.asked = _read(exchange)
    return asked


def check_pieces(body: bytes, top: Mapping[str, Raw]) -> None:
    """Raises GatewayError where reading it would keep everybody else waiting."""
    if body.count(b"{") <= MAX_PIECES:
        return
    for name in CONVERSATIONS:
        if is_crowded(bytes(top.get(name, b""))):
            message = (
                f"{name} holds too many pieces to be read here: at most {MAX_PIECES:,} messages,"
                " parts and what these hold."
            )
            raise refusal("invalid_request", message, param=name)


def _read(exchange: Exchange) -> Asked:
    operation, headers = exchange.arrival.operation, exchange.arrival.headers
    codec = CLIENT_CODECS[operation.dialect]
    try:
        told = meant(exchange)
        dialect = told.dialect
        check_pieces(told.body, told.top)
        said = {
            name.decode(): headers[name].decode("latin-1")
            for name in BODY_HEADERS.get(dialect, ())
            if name in headers
        }
        head = Head(
            model=exchange.model, stream=exchange.asked_stream, headers={**said, **told.headers}
        )
        request = CLIENT_CODECS[dialect].decode_request(told.body, head)
    except ProtocolError as error:
        raise unaskable(error) from None
    done = DONE_HERE.get(dialect, frozenset(OF_THE_GATEWAY))
    extra = request.extra
    if extra is None or done.isdisjoint(extra):
        return Asked(codec=codec, request=request, to_vendors=request)
    left = {name: raw for name, raw in extra.items() if name not in done}
    return Asked(codec=codec, request=request, to_vendors=replace(request, extra=left or None))


def unaskable(error: ProtocolError) -> GatewayError:
    """What a codec says of a client's body, as the client is told it."""
    if isinstance(error, Unsupported):
        return refusal("unsupported", f"{error}.", param=error.feature)
    path = error.path if isinstance(error, DecodeError) else None
    return refusal("invalid_request", f"{error}.", param=path or None)


class TranslatedQuestion:
    __slots__ = (
        "_asked",
        "_cap",
        "_client",
        "_continuation",
        "_memo",
        "_naming",
        "_upstream",
        "body",
        "headers",
        "keeping",
        "losses",
        "native",
    )

    lane: Lane = "translation"
    top: Mapping[str, Raw] | None = None
    batch: Batch | None = None

    def __init__(
        self,
        exchange: Exchange,
        candidate: Candidate,
        runtime: Runtime,
    ) -> None:
        """Raises GatewayError where the client's body is not of its dialect."""
        dialect = candidate.surface.dialect
        request_id = exchange.arrival.request_id
        self._asked = read(exchange)
        self._upstream: UpstreamCodec = UPSTREAM_CODECS[dialect]
        seed = f"{request_id}.{len(exchange.attempts)}"
        target = target_of(candidate)
        if (budgets := runtime.settings.reasoning_budgets) != target.budgets:
            target = replace(target, budgets=budgets)
        hidden = _of_tenant(self._asked.to_vendors, exchange, candidate, hmac_key=runtime.hmac_key)
        request, unsealed = _with_seals(hidden, exchange, target)
        if exchange.tenant is not None and exchange.tenant.foreign_reasoning == "text":
            request, told = as_text(request, target, speaks=dialect)
            unsealed += told
        request, left_out = changed(request, target, runtime.settings.features)
        if dialect == RESPONSES and exchange.arrival.operation.body:
            request, unsealed = _unstored(request, unsealed)
        encoded = self._upstream.encode_request(request, target, seed)
        self._continuation = continuation_of(exchange, request, dialect)
        body = encoded.body
        if self._continuation is not None and self._continuation.content:
            body = CONTINUED[dialect](body, self._continuation.content, target)
        carried = candidate.surface.envelope
        self.native = runtime.native[dialect] if carried is None else OPENED[carried]
        self._client = runtime.native[exchange.arrival.operation.dialect]
        self.body, dropped = adjusted(body, candidate, dialect=dialect)
        self.headers = encoded.headers
        lost = tuple(loss_of(name, why=DROPPED) for name in dropped)
        self.losses = unsealed + left_out + encoded.losses + lost
        self._memo = encoded.memo or Memo(seed=seed)
        self._cap = event_cap(dialect, exchange.top)
        is_kept = exchange.keeper is not None and dialect == RESPONSES
        self._naming = Naming(
            id="" if is_kept else answer_id(exchange.arrival.operation.dialect, request_id),
            model=exchange.model,
            created=int(runtime.wall()),
            sealer=Sealer(
                asks=exchange.arrival.operation.dialect,
                target=target,
                pin=exchange.seals.pin,
                owner=owner_of(exchange),
            ),
            bared=None if dialect == exchange.arrival.operation.dialect else Bared(dialect),
        )
        self.keeping = keeping_of(exchange, self._asked.request, target, runtime.vault)

    def passage(self) -> TranslatedPassage:
        passage = TranslatedPassage(
            self.native,
            client=self._client,
            decoder=self._upstream.event_decoder(self._memo),
            encoder=self._encoder(),
            naming=self._naming,
            cap=self._cap,
        )
        if self.keeping is not None:
            passage.keep_in(self.keeping)
        if self._continuation is not None:
            passage.may_pause(self._continuation, self._end_of_stream)
        return passage

    def told(self, body: bytes, *, stream: bool) -> Told:
        response = self._upstream.decode_response(body, self._memo)
        if response.stop.reason in FAILED_STOPS:
            raise ModelFailed(response.stop.raw or response.stop.reason)
        if self.keeping is not None:
            before = self._continuation.content if self._continuation is not None else ()
            self.keeping.take(response.content, after=len(before))
        if stream:
            return self._as_stream(response)
        if (continuation := self._continuation) is not None:
            if continuation.may_pause(response.stop, response.usage):
                continuation.pause(response)
                continuation.end = partial(self._encoded, continuation.paused(response))
                return Told(body=b"", pauses=True)
            response = continuation.whole(response)
        encoded = self._encoded(response)
        return Told(body=encoded.body, losses=encoded.losses)

    def _encoded(self, response: ir.Response) -> Encoded:
        named = self._naming.response(response)
        encoded = self._asked.codec.encode_response(named, self._asked.request)
        return replace(encoded, losses=encoded.losses + self._naming.losses)

    def _encoder(self) -> EventEncoder:
        begun = None if self._continuation is None else self._continuation.encoder
        return begun or self._asked.codec.event_encoder(self._asked.request)

    def _as_stream(self, response: ir.Response) -> Told:
        """All at once, though one was asked for: nobody is asked to go on."""
        encoder = self._encoder()
        events: Iterable[ir.Event] = replay(response)
        if self._continuation is not None:
            events = filter(None, map(self._continuation.part().heard, events))
        body = b"".join(encoder.feed(self._naming.event(event)) for event in events)
        return Told(body=body + encoder.close(), losses=self._lost(encoder))

    def _lost(self, encoder: EventEncoder) -> tuple[Loss, ...]:
        return (*encoder.losses, *self._naming.losses)

    def _end_of_stream(self, finished: ir.Finished) -> Encoded:
        encoder = self._encoder()
        body = encoder.feed(self._naming.event(finished)) + encoder.close()
        return Encoded(body=body, losses=self._lost(encoder))


def continuation_of(
    exchange: Exchange, request: ir.Request, dialect: Dialect
) -> Continuation | None:
    """Where a vendor of that dialect may pause, and the client's has no word for it."""
    is_same = exchange.arrival.operation.dialect == dialect
    if is_same or dialect not in CONTINUED:
        return None
    if not any(isinstance(tool, ir.ProviderTool) for tool in request.tools):
        return None
    if exchange.continuation is None:
        exchange.continuation = Continuation()
    return exchange.continuation


def _with_seals(
    request: ir.Request, exchange: Exchange, target: Target
) -> tuple[ir.Request, tuple[Loss, ...]]:
    """Those that are the target's to read, be they in the history or in the vault."""
    seals, owner = exchange.seals, owner_of(exchange)
    if target.vendor in seals.refused_by:
        request, are_kept_trusted = doubted(request, target=target, pin=owner)
        if not are_kept_trusted:
            return request, (REFUSED_SEALS,) if seals.recalled and seals.recalled.kept else ()
    else:
        request = opened(request, target=target, pin=owner)
    if seals.recalled is None:
        return request, ()
    return restored(request, seals.recalled, target)


def _unstored(request: ir.Request, losses: tuple[Loss, ...]) -> tuple[ir.Request, tuple[Loss, ...]]:
    """Answers told in Chat have no name by which one could go on with them, or delete them."""
    if request.store:
        losses += (Loss(code=STORE, path=STORE, why="the answer is not stored"),)
    return replace(request, store=False), losses


def target_of(candidate: Candidate) -> Target:
    """Under the name that the vendor knows, also where the name is only a pattern's."""
    target, name = candidate.target.target, candidate.target.upstream_name
    return target if target.model == name else replace(target, model=name)


def _of_tenant(
    request: ir.Request, exchange: Exchange, candidate: Candidate, *, hmac_key: bytes
) -> ir.Request:
    """On a credential that tenants share, users and caches of one are not those of another."""
    if not is_shared(exchange, candidate):
        return request
    extra = request.extra
    # A user has two names, and one of them may be no field of the representation.
    named = [name for name in END_USER.get(request.dialect, ()) if extra and name in extra]
    if extra and named:
        tenant_id = exchange.key.tenant_id if exchange.key is not None else ""
        told = {
            name: aliased(extra[name], tenant_id=tenant_id, hmac_key=hmac_key) for name in named
        }
        request = replace(request, extra={**extra, **told})
    if (request.end_user or request.cache_key) is None:
        return request
    return replace(
        request,
        end_user=hidden(request.end_user, exchange, hmac_key=hmac_key),
        cache_key=hidden(request.cache_key, exchange, hmac_key=hmac_key),
    )


def hidden(name: str | None, exchange: Exchange, *, hmac_key: bytes) -> str | None:
    if name is None:
        return None
    tenant_id = exchange.key.tenant_id if exchange.key is not None else ""
    return alias(name, tenant_id=tenant_id, hmac_key=hmac_key)
