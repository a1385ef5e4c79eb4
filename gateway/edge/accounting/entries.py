"""An exchange as frames of the spool. No I/O.

Law: every text in a frame is bounded and such that PostgreSQL takes it; never a body, never a
secret.
"""

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

from msgspec.structs import replace

from billing.pricing import MOST_NANO, flags_of
from gateway.edge.accounting.counting import BYTES_PER_TOKEN, NO_TOKENS, counted, tokens_of
from gateway.edge.accounting.passed_counting import asked_tokens
from gateway.edge.accounting.rating import NO_MONEY, is_charged, money_of, served_as
from gateway.edge.exchange import Attempt, Exchange, Rating
from gateway.edge.identity.sessions import agent_hashes, session_hash
from gateway.spool.frames import (
    VERSION,
    Checkpoint,
    End,
    Errand,
    Money,
    Outcome,
    Span,
    Start,
    Subject,
    Tariff,
    Terminated,
    Tokens,
)
from protocols.errors import Problem
from providers.usage import UsageClasses
from routing.names import MAX_LENGTH

if TYPE_CHECKING:
    from gateway.spool.frames import Status
    from providers.specs import CredentialSpec

NAME_CHARS: Final = 256
CODE_CHARS: Final = 64
MOST_LOSSES: Final = 32
MOST_TAGS: Final = 64
TAG_CHARS: Final = 100
TAGS_BYTES: Final = 8_192  # altogether; a frame has other things to say
CLIENT_LEFT: Final = 499  # where nothing was answered
FAILED: Final = "upstream_error"  # the status of an attempt that another one follows
UNPRICED: Final = "unpriced"
CLAMPED: Final = "clamped"  # what it comes to is more than can be recorded
INTERNAL: Final = "internal"  # the gateway has failed to reckon
NO_TARIFF: Final = Tariff()
PAUSE_LEAST_US: Final = 1_000
US: Final = 1_000_000


def start_of(
    exchange: Exchange, made: Attempt, *, number: int, node: str, hmac_key: bytes
) -> Start:
    return Start(
        VERSION,
        request_uuid(exchange),
        started_us(exchange),
        number,
        node,
        subject_of(exchange, made, hmac_key=hmac_key),
        errand_of(exchange, made),
        NO_TARIFF if made.rating is None else made.rating.tariff,
        asked_tokens(exchange) if exchange.form else len(exchange.body) // BYTES_PER_TOKEN,
    )


def checkpoint_of(exchange: Exchange, made: Attempt, start: Start) -> Checkpoint:
    classes, _ = counted(exchange, made)
    return Checkpoint(
        VERSION,
        start.request_id,
        start.started_us,
        start.attempt,
        tokens_of(classes),
        exchange.bytes_out,
    )


def end_of_failed(exchange: Exchange, made: Attempt, start: Start) -> End:
    """Of an attempt after which another one follows."""
    ended_at = made.ended_at or made.began_at
    terminated: Terminated = "timeout" if made.verdict == "timeout" else "upstream"
    outcome = Outcome(
        False,  # noqa: FBT003 - frames are arrays
        FAILED,
        made.status,
        made.verdict or "",
        terminated,
        start.attempt + 1,
        _ms(ended_at - made.began_at),
        difference=made.difference,
    )
    return _end(exchange, made, start, outcome=outcome, charged=False)


def end_of_paused(exchange: Exchange, made: Attempt, start: Start) -> End:
    """Of an attempt whose vendor goes on in the next one: what it said is told, and paid for."""
    outcome = Outcome(
        False,  # noqa: FBT003 - frames are arrays
        "ok",
        made.status,
        "",
        "complete",
        start.attempt + 1,
        _ms((made.ended_at or made.began_at) - made.began_at),
        difference=made.difference,
    )
    return _end(exchange, made, start, outcome=outcome, charged=True)


def end_of(exchange: Exchange, made: Attempt, start: Start, *, now: float) -> End:
    """The final one."""
    return _end(exchange, made, start, outcome=_outcome(exchange, made, now=now), charged=True)


def bare_end_of(exchange: Exchange, start: Start, *, now: float) -> End:
    """The final one, where another cannot be made: as little as possible is reckoned."""
    tokens = NO_TOKENS if exchange.classes is None else tokens_of(exchange.classes)
    return End(
        VERSION,
        start.request_id,
        start.started_us,
        start.attempt,
        start.node,
        start.subject,
        start.errand,
        start.tariff,
        replace(tokens, flags=(*tokens.flags, INTERNAL)),
        Money(None, 0, 0, "estimated"),
        Outcome(
            True,  # noqa: FBT003 - frames are arrays
            cast("Status", exchange.status),
            exchange.answer_status or CLIENT_LEFT,
            error_code(exchange.error),
            "upstream",
            len(exchange.attempts),
            _ms(now - exchange.arrival.began_at),
        ),
    )


def end_of_refused(exchange: Exchange, *, node: str, hmac_key: bytes, now: float) -> End:
    """Where no vendor was asked."""
    return End(
        VERSION,
        request_uuid(exchange),
        started_us(exchange),
        0,
        node,
        subject_of(exchange, None, hmac_key=hmac_key),
        errand_of(exchange, None),
        NO_TARIFF,
        NO_TOKENS,
        NO_MONEY,
        _outcome(exchange, None, now=now),
    )


def _end(
    exchange: Exchange, made: Attempt, start: Start, *, outcome: Outcome, charged: bool
) -> End:
    tariff, tokens, money = _bill(exchange, made, charged=charged)
    errand = start.errand
    if exchange.losses:  # known when the call was made
        errand = replace(errand, degraded=_degraded(exchange))
    return End(
        VERSION,
        start.request_id,
        start.started_us,
        start.attempt,
        start.node,
        start.subject,
        errand,
        tariff,
        tokens,
        money,
        outcome,
    )


def request_uuid(exchange: Exchange) -> str:
    text = exchange.arrival.request_id.removeprefix("req_")
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def started_us(exchange: Exchange) -> int:
    return round(exchange.started_at * 1_000_000)


def subject_of(exchange: Exchange, made: Attempt | None, *, hmac_key: bytes) -> Subject:
    key, tenant = exchange.key, exchange.tenant
    assert key is not None  # noqa: S101 - strangers are never recorded
    assert tenant is not None  # noqa: S101 - neither is who may not call
    agent, parent_agent = agent_hashes(exchange, hmac_key=hmac_key)
    return Subject(
        tenant.id,
        tenant.slug,
        key.id,
        exchange.arrival.source,
        key.team_id,
        key.owner_id,
        session_hash(exchange, hmac_key=hmac_key),
        agent,
        parent_agent,
        tags_of(key.tags) if key.tags else (),
        key.environment == "test" or (made is not None and made.candidate.provider.simulated),
        exchange.vendor_key is not None,
    )


def tags_of(tags: Iterable[str]) -> tuple[str, ...]:
    """The first ones, as far as there is room."""
    kept: list[str] = []
    left = TAGS_BYTES
    for tag in islice(tags, MOST_TAGS):
        said = plain(tag, most=TAG_CHARS)
        left -= len(said.encode())
        if left < 0:
            break
        kept.append(said)
    return tuple(kept)


def errand_of(exchange: Exchange, made: Attempt | None) -> Errand:
    operation, model = exchange.arrival.operation, plain(exchange.model, most=MAX_LENGTH)
    if made is None:
        degraded = _degraded(exchange)
        return Errand(
            operation.dialect, operation.what, model, exchange.asked_stream, degraded=degraded
        )
    provider, target = made.candidate.provider, made.candidate.target
    credential: CredentialSpec = made.credential
    return Errand(
        operation.dialect,
        operation.what,
        model,
        exchange.asked_stream,
        exchange.lane,
        plain(target.public_name, most=NAME_CHARS),
        provider.id,
        provider.slug,
        credential.id or None,
        plain(credential.name, most=NAME_CHARS),
        plain(target.upstream_name, most=NAME_CHARS),
        target_dialect=made.candidate.surface.dialect,
    )


def _degraded(exchange: Exchange) -> tuple[str, ...]:
    return tuple(plain(loss, most=CODE_CHARS) for loss in exchange.losses[:MOST_LOSSES])


def plain(text: str, *, most: int) -> str:
    """What a client or a vendor sent may hold halves of characters, and NUL."""
    if text.isascii() and "\0" not in text:
        return text[:most]
    return text[:most].encode(errors="replace").decode().replace("\0", "")


def _bill(exchange: Exchange, made: Attempt, *, charged: bool) -> tuple[Tariff, Tokens, Money]:
    rating = made.rating
    classes, certainty = counted(exchange, made)
    tokens = tokens_of(classes)
    if exchange.delivered is made and tokens is not NO_TOKENS:
        exchange.classes = classes
    if rating is None:
        return NO_TARIFF, tokens, NO_MONEY
    if tokens is NO_TOKENS:
        return rating.tariff, tokens, NO_MONEY
    tariff = served_as(rating, exchange.tier) if exchange.delivered is made else rating.tariff
    money = money_of(
        exchange,
        rating,
        classes,
        tariff=tariff,
        certainty=certainty,
        charged=charged and is_charged(exchange, made, classes),
    )
    doubts = _doubts(exchange, rating, classes, tariff)
    if MOST_NANO in (money.cost_nano, money.charge_nano, money.notional_nano):
        doubts += (CLAMPED,)
    if doubts:
        tokens = replace(tokens, flags=(*tokens.flags, *doubts))
    return tariff, tokens, money


def _doubts(
    exchange: Exchange, rating: Rating, classes: UsageClasses, tariff: Tariff
) -> tuple[str, ...]:
    """What of the price is unknown, or stands for another."""
    if rating.price is None:
        return () if rating.own_price is not None else (UNPRICED,)
    return flags_of(
        classes,
        rating.price,
        at=exchange.started_at,
        multiplier=tariff.multiplier,
        variant=tariff.variant,
    )


def _outcome(exchange: Exchange, made: Attempt | None, *, now: float) -> Outcome:
    began_at, first_at = exchange.arrival.began_at, exchange.first_content_at
    return Outcome(
        True,  # noqa: FBT003 - frames are arrays
        cast("Status", exchange.status),
        exchange.answer_status or CLIENT_LEFT,
        error_code(exchange.error),
        _terminated(exchange, made),
        len(exchange.attempts),
        _ms(now - began_at),
        None if first_at is None else _ms(first_at - began_at),
        overhead_us(exchange, now=now),
        None if first_at is None else _ms(now - first_at),
        _spans(exchange, now=now),
        None if made is None else made.difference,
    )


def error_code(problem: Problem | None) -> str:
    return "" if problem is None else plain(problem.code or problem.kind, most=CODE_CHARS)


def _terminated(exchange: Exchange, made: Attempt | None) -> Terminated:
    if exchange.client_gone and exchange.error is None:
        return "client_closed"
    if exchange.error is None:
        return "complete"
    if made is None:
        return "refused"
    if made.drained:
        return "drained"
    return "timeout" if exchange.error.kind == "timeout" else "upstream"


def overhead_us(exchange: Exchange, *, now: float) -> int:
    """All that is neither a vendor's time nor a pause between two calls."""
    attempts = exchange.attempts
    if not attempts:
        return round((now - exchange.arrival.began_at) * 1_000_000)
    last_at = attempts[-1].ended_at or now
    if not exchange.asked_stream and exchange.delivered is attempts[-1]:
        last_at = exchange.first_content_at or last_at
    with_vendors = last_at - attempts[0].began_at
    return max(0, round((now - exchange.arrival.began_at - with_vendors) * 1_000_000))


def _spans(exchange: Exchange, *, now: float) -> tuple[Span, ...]:
    zero = at = exchange.arrival.began_at
    spans: list[Span] = []
    for name, until in (
        ("authenticate", exchange.known_at),
        ("read", exchange.asked_at),
        ("route", exchange.admitted_at),
    ):
        if until:
            spans.append(Span(name, round((at - zero) * US), round((until - zero) * US)))
            at = until
    before = 0
    for number, made in enumerate(exchange.attempts):
        began = round((made.began_at - zero) * US)
        if number and began - before > PAUSE_LEAST_US:
            spans.append(Span("backoff", before, began))
        before = round(((made.ended_at or now) - zero) * US)
        spans.append(Span("attempt", began, before, "upstream", number))
        first_at = exchange.first_content_at
        is_told = exchange.delivered is made or made.paused
        if is_told and exchange.asked_stream and first_at is not None:
            first = round((first_at - zero) * US)
            if first >= began:
                spans.append(Span("first token", began, first, "upstream", number))
            until = before if made.paused else round((now - zero) * US)
            spans.append(Span("stream", max(first, began), until, "upstream", number))
    return tuple(spans)


def _ms(seconds: float) -> int:
    return round(seconds * 1_000)
