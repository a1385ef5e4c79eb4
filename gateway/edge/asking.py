"""The question of an attempt: in the client's words, or in those of the vendor.

Law: whoever cannot be asked what the client wants, as faithfully as its key demands, is not asked.
"""

from typing import Final

from msgspec.structs import replace

from gateway.edge.errors import GatewayError, refusal
from gateway.edge.exchange import Candidate, Exchange
from gateway.edge.fetching import Fetcher, Unfetchable
from gateway.edge.fidelity import conversion_loss, refused
from gateway.edge.questions import NativeQuestion, Question
from gateway.edge.runtime import Runtime
from gateway.edge.seals import holds_wrapped
from gateway.edge.translation import TranslatedQuestion, read
from gateway.edge.vectors import VectorsQuestion
from protocols.codec import Loss
from protocols.errors import Problem
from protocols.ir import NOTHING, Dialect
from protocols.registry import UPSTREAM_CODECS

# What only the vendor that keeps a conversation can go on with.
KEEPS_STATE: Final[frozenset[Dialect]] = frozenset({"openai.responses"})
STATE_FIELDS: Final = ("conversation", "prompt")
BACKGROUND: Final = "background"
CHATTING: Final = "chat"
WEB: Final = ("https://", "http://")


class Unfit(Exception):
    """The candidate cannot be asked this; another one may."""

    def __init__(self, error: GatewayError, *, losses: tuple[Loss, ...] = ()) -> None:
        super().__init__(str(error))
        self.error = error
        self.losses = losses


def ask(exchange: Exchange, candidate: Candidate, runtime: Runtime) -> Question:
    """Raises Unfit; nothing has been sent then, and nothing begun."""
    native, hmac_key = runtime.native[candidate.surface.dialect], runtime.hmac_key
    question: Question
    if candidate.lane == "native" and not must_be_read(exchange, candidate):
        question = NativeQuestion(exchange, candidate, native=native, hmac_key=hmac_key)
    else:
        try:
            question = _translated(exchange, candidate, runtime)
        except GatewayError as error:
            raise Unfit(error) from None
    if question.losses and exchange.key is not None:
        fidelity = exchange.key.fidelity
        lost = refused(question.losses, fidelity)
        if lost:
            who = f"{candidate.provider.slug}/{candidate.target.upstream_name}"
            problem = conversion_loss(lost, who=who, fidelity=fidelity)
            raise Unfit(GatewayError(problem), losses=question.losses)
    return question


def _translated(exchange: Exchange, candidate: Candidate, runtime: Runtime) -> Question:
    native, hmac_key = runtime.native[candidate.surface.dialect], runtime.hmac_key
    operation = exchange.arrival.operation
    if operation.what != CHATTING:
        return VectorsQuestion(exchange, candidate, native=native, hmac_key=hmac_key)
    _check_state(exchange, candidate)
    return TranslatedQuestion(
        exchange,
        candidate,
        native=native,
        client=runtime.native[operation.dialect],
        hmac_key=hmac_key,
        created=int(runtime.wall()),
    )


def to_fetch(exchange: Exchange, candidate: Candidate) -> tuple[str, ...]:
    """URLs of media that the vendor cannot fetch itself; raises Unfit."""
    if candidate.lane == "native" or exchange.arrival.operation.what != CHATTING:
        return ()
    try:
        request = read(exchange).to_vendors
    except GatewayError as error:
        raise Unfit(error) from None
    codec = UPSTREAM_CODECS[candidate.surface.dialect]
    wanted = codec.wants(request, candidate.target.target)
    return tuple(url for url in wanted if url.startswith(WEB))


async def fetch(exchange: Exchange, urls: tuple[str, ...], runtime: Runtime) -> None:
    """Raises Unfit where they cannot be had."""
    asked = read(exchange)
    fetcher = Fetcher(runtime.upstream, clock=runtime.clock)
    try:
        inlined = await fetcher.inlined(asked.to_vendors, urls)
    except Unfetchable as error:
        raise Unfit(refusal("invalid_request", f"{error}.", param=error.path)) from None
    exchange.asked = replace(asked, to_vendors=inlined)


def must_be_read(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether the client's own words hold what its vendor must not see."""
    chats = exchange.arrival.operation.what == CHATTING
    return chats and candidate.surface.dialect in UPSTREAM_CODECS and holds_wrapped(exchange.body)


def _check_state(exchange: Exchange, candidate: Candidate) -> None:
    request = read(exchange).request
    if candidate.surface.dialect in KEEPS_STATE or request.dialect not in KEEPS_STATE:
        return
    extra = request.extra or {}
    field = next((name for name in STATE_FIELDS if name in extra), None)
    if request.previous_response_id is not None:
        field = "previous_response_id"
    elif bytes(extra.get(BACKGROUND, NOTHING)) == b"true":
        field = BACKGROUND
    if field is not None:
        raise GatewayError(
            Problem(
                kind="unsupported",
                message=(
                    f"{field} is not supported by {candidate.provider.slug}, which keeps no"
                    " conversations: send the full input."
                ),
                param=field,
            )
        )
