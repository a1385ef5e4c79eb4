"""The question of an attempt: in the client's words, or in those of the vendor.

Law: whoever cannot be asked what the client wants, as faithfully as its key demands, is not asked.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from accounts.specs import Fidelity
from gateway.edge.editing.documents import holds_documents
from gateway.edge.editing.features import (
    USUAL,
    Features,
    may_change,
    may_hold_documents,
    refused_tools,
)
from gateway.edge.editing.fidelity import conversion_loss, refused
from gateway.edge.editing.sealed import (
    GOOGLE_SEAL,
    SPELLED_SEAL,
    holds_anothers,
    holds_googles,
    holds_wrapped,
)
from gateway.edge.editing.spelling import ESCAPED
from gateway.edge.egress.fetching import Fetcher, Unfetchable, stood_in
from gateway.edge.errors import CannotCount, GatewayError, refusal
from gateway.edge.exchange import Candidate, Exchange
from gateway.edge.memory.seals import GOOGLE_VENDORS, WRAPPED, is_of
from gateway.edge.memory.steps import UNANSWERED, echoes
from gateway.edge.passages.carried import OPENED, holds_links
from gateway.edge.questions.counted import CountQuestion
from gateway.edge.questions.following import SEVERAL, is_apart
from gateway.edge.questions.meant import COUNTING, shown
from gateway.edge.questions.passing import PassedQuestion
from gateway.edge.questions.questions import KeptQuestion, NativeQuestion, Question
from gateway.edge.questions.translation import TranslatedQuestion, read
from gateway.edge.questions.vectors import VectorsQuestion, check_vectors, is_oversize, is_respelled
from gateway.edge.runtime import Runtime
from protocols.errors import DecodeError, Problem
from protocols.held import MARKS, held_in, judged
from protocols.ir import Dialect
from protocols.registry import UPSTREAM_CODECS

# What only the vendor that keeps a conversation can go on with.
KEEPS_STATE: Final[frozenset[Dialect]] = frozenset({"openai.responses"})
PROMPT: Final = "prompt"
# What names something that the vendor keeps for whoever holds the credential.
KEPT_THERE: Final[Mapping[Dialect, tuple[str, ...]]] = {
    "openai.responses": (PROMPT,),  # what else it names is followed: questions.following
    "gemini.generate": ("cachedContent", "cached_content"),
}
# Fields in which files and containers are named; of Responses they are followed, too.
HOLDING: Final[Mapping[Dialect, tuple[str, ...]]] = {
    "openai.chat": ("audio", "image", "images", "mask", "messages", "voice"),
    "anthropic.messages": ("container", "messages"),
    "gemini.generate": (
        "contents", "tools", "generateContentRequest", "generate_content_request",
    ),
}  # fmt: skip
NULL: Final = b"null"
CHAT: Final[Dialect] = "openai.chat"
CHATTING: Final = "chat"
EMBEDDING: Final = "embeddings"
COMPACTING: Final = "compact"
# What is asked in other words than the client's where these are not what the vendor is to see.
TRANSLATED: Final = frozenset({CHATTING, COUNTING})
# What shows a conversation to a vendor.
SHOWING: Final = TRANSLATED | {COMPACTING}
# Each of many requests in one body names the model once more.
NAMED_WITHIN: Final[frozenset[Dialect]] = frozenset({"gemini.generate"})
WEB: Final = ("https://", "http://")


class Unfit(Exception):
    """The candidate cannot be asked this; another one may."""

    def __init__(self, error: GatewayError, *, refused: Question | None = None) -> None:
        """`refused`: the question that would have lost too much."""
        super().__init__(str(error))
        self.error = error
        self.refused = refused


def ask(exchange: Exchange, candidate: Candidate, runtime: Runtime) -> Question:
    """Raises Unfit and CannotCount; nothing has been sent then, and nothing begun."""
    surface, hmac_key = candidate.surface, runtime.hmac_key
    question: Question
    if exchange.arrival.operation.kept:
        return KeptQuestion()
    if runtime.settings.features is not USUAL:
        _check_features(exchange, runtime.settings.features)
    if len(exchange.snapshot.tenants) >= SEVERAL:
        _check_kept(exchange, candidate)
    if exchange.arrival.operation.what == COMPACTING:
        _check_seals(exchange, candidate)
    try:
        if exchange.arrival.operation.passed:
            question = PassedQuestion(exchange, candidate, hmac_key=hmac_key)
        elif candidate.lane == "native" and not must_be_read(exchange, candidate, runtime):
            if exchange.arrival.operation.what == EMBEDDING:
                check_vectors(exchange, candidate)
            carried = surface.envelope
            native = runtime.native[surface.dialect] if carried is None else OPENED[carried]
            question = asked = NativeQuestion(exchange, candidate, native=native, hmac_key=hmac_key)
            if carried is not None and exchange.arrival.operation.what == COUNTING:
                question = CountQuestion(exchange, candidate, asked)
        else:
            question = _translated(exchange, candidate, runtime)
    except GatewayError as error:
        raise Unfit(error) from None
    if question.losses and exchange.key is not None:
        _check_losses(question, exchange, candidate, fidelity=exchange.key.fidelity)
    return question


def _check_losses(
    question: Question, exchange: Exchange, candidate: Candidate, *, fidelity: Fidelity
) -> None:
    """Raises Unfit. A number of tokens is told, whatever could not be counted."""
    lost = refused([each for each in question.losses if each != UNANSWERED], fidelity)
    if not lost or exchange.arrival.operation.what == COUNTING:
        return
    who = f"{candidate.provider.slug}/{candidate.target.upstream_name}"
    problem = conversion_loss(lost, who=who, fidelity=fidelity)
    raise Unfit(GatewayError(problem), refused=question)


def _translated(exchange: Exchange, candidate: Candidate, runtime: Runtime) -> Question:
    """Raises GatewayError and CannotCount."""
    what = exchange.arrival.operation.what
    if what == EMBEDDING:
        if candidate.lane == "native":
            check_vectors(exchange, candidate)
        return VectorsQuestion(exchange, candidate, runtime)
    if _asks_state(exchange, candidate):
        raise CannotCount if what == COUNTING else _stateless(candidate)
    question = TranslatedQuestion(exchange, candidate, runtime)
    return CountQuestion(exchange, candidate, question) if what == COUNTING else question


def to_fetch(exchange: Exchange, candidate: Candidate) -> tuple[str, ...]:
    """URLs of media that the vendor cannot fetch itself; raises Unfit."""
    if exchange.arrival.operation.what not in TRANSLATED:
        return ()
    if candidate.lane == "native" and (
        candidate.surface.envelope is None or not holds_links(exchange, candidate)
    ):
        return ()
    try:
        request = read(exchange).to_vendors
    except GatewayError as error:
        raise Unfit(error) from None
    codec = UPSTREAM_CODECS[candidate.surface.dialect]
    wanted = codec.wants(request, candidate.target.target)
    return tuple(url for url in wanted if url.startswith(WEB))


async def fetch(
    exchange: Exchange, candidate: Candidate, urls: tuple[str, ...], runtime: Runtime
) -> None:
    """Raises Unfit where they cannot be had, or the candidate cannot be asked even with them; and
    CannotCount."""
    asked = read(exchange)
    exchange.asked = replace(asked, to_vendors=stood_in(asked.to_vendors, urls))
    try:
        ask(exchange, candidate, runtime)
    finally:
        exchange.asked = asked
    fetcher = Fetcher(runtime.media, clock=runtime.clock)
    try:
        inlined = await fetcher.inlined(asked.to_vendors, urls)
    except Unfetchable as error:
        if exchange.arrival.operation.what == COUNTING:
            raise CannotCount from None
        raise Unfit(refusal("invalid_request", f"{error}.", param=error.path)) from None
    exchange.asked = replace(asked, to_vendors=inlined)


def must_be_read(exchange: Exchange, candidate: Candidate, runtime: Runtime) -> bool:
    """Whether the client's own words are not what its vendor is to see."""
    what, dialect = exchange.arrival.operation.what, candidate.surface.dialect
    if what == EMBEDDING:
        is_read = dialect in NAMED_WITHIN or is_oversize(exchange, candidate)
        return is_read or is_respelled(exchange, candidate)
    if what not in TRANSLATED or dialect not in UPSTREAM_CODECS:
        return False
    if exchange.seals.refused_by and candidate.target.target.vendor in exchange.seals.refused_by:
        return True
    if candidate.surface.envelope is not None and holds_links(exchange, candidate):
        return True
    body, features, target = exchange.body, runtime.settings.features, candidate.target.target
    spoken = exchange.arrival.operation.dialect
    if what == COUNTING:
        spoken, body = shown(exchange)
    if exchange.seals.pin is not None and not is_of(exchange.seals.pin, target):
        return True
    if candidate is not exchange.candidates[0] and holds_anothers(
        exchange, target, body=body, dialect=spoken
    ):
        return True
    if target.reasoning_passback != "never" and not echoes(body):
        return True
    may_show = dialect == CHAT and (GOOGLE_SEAL in body or ESCAPED in body)
    if may_show and target.vendor not in GOOGLE_VENDORS and holds_googles(body):
        return True  # the one seal that Chat has a field for
    if features is not USUAL and may_change(body, target, features):
        return True
    return WRAPPED in body or (ESCAPED in body and SPELLED_SEAL.search(body) is not None)


def _check_seals(exchange: Exchange, candidate: Candidate) -> None:
    """What goes up as it came holds no seal of another's; raises Unfit."""
    body, dialect = exchange.body, exchange.arrival.operation.dialect
    target = candidate.target.target
    if not holds_wrapped(body) and not holds_anothers(exchange, target, body=body, dialect=dialect):
        return
    message = (
        f"input holds reasoning that {candidate.provider.slug} has not sealed and cannot read:"
        " leave these items out."
    )
    raise Unfit(refusal("unsupported", message, param="input"))


def _check_features(exchange: Exchange, features: Features) -> None:
    """Raises GatewayError for what is switched off."""
    tools = refused_tools(exchange.top, features)
    if tools is not None:
        raise _switched_off("Tools are", param=tools)
    what = exchange.arrival.operation.what
    if what not in SHOWING:
        return
    body = shown(exchange)[1] if what == COUNTING else exchange.body
    if may_hold_documents(body, features) and holds_documents(read(exchange).request):
        raise _switched_off("Documents are", param=None)


def _switched_off(what: str, *, param: str | None) -> GatewayError:
    message = f"{what} switched off in this gateway. Send the request without."
    return refusal("unsupported", message, code="feature_disabled", param=param)


def _check_kept(exchange: Exchange, candidate: Candidate) -> None:
    """On a credential that several tenants share, whoever knows an id could go on with what is
    another's: raises Unfit."""
    top, operation = exchange.top, exchange.arrival.operation
    dialect = operation.body or operation.dialect
    names = KEPT_THERE.get(dialect, ())
    field = next((name for name in names if bytes(top.get(name, NULL)) != NULL), None)
    if field is None and candidate.surface.dialect.startswith(dialect.partition(".")[0]):
        field = _held_field(exchange, HOLDING.get(dialect, ()))
    if field is None or is_apart(exchange, candidate):
        return
    raise Unfit(
        refusal(
            "unsupported",
            f"{field} names what {candidate.provider.slug} keeps, whose credential serves"
            " several tenants: send the full input, or use a provider of the tenant's own.",
            param=field,
        )
    )


def _held_field(exchange: Exchange, fields: tuple[str, ...]) -> str | None:
    """Raises Unfit."""
    if not fields or (ESCAPED not in exchange.body and MARKS.search(exchange.body) is None):
        return None
    try:
        held = held_in(judged(exchange.top, *fields))
    except DecodeError as error:
        raise Unfit(refusal("invalid_request", f"{error}.", param=error.path)) from None
    return held[0][0] if held else None


def _asks_state(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether a prompt is named that only another kind of vendor keeps."""
    request = read(exchange).request
    if candidate.surface.dialect in KEEPS_STATE or request.dialect not in KEEPS_STATE:
        return False
    return PROMPT in (request.extra or {})


def _stateless(candidate: Candidate) -> GatewayError:
    return GatewayError(
        Problem(
            kind="unsupported",
            message=(
                f"{PROMPT} is not supported by {candidate.provider.slug}, which keeps none:"
                " send the full input."
            ),
            param=PROMPT,
        )
    )
