"""Requests that go on with what a vendor keeps: to that vendor, on that account, or not at all.

Laws: whoever goes on with an answer asks the one who keeps it and nobody else; an id that this
tenant was never given and one that nobody was given are told alike; nothing is looked up for a
request that names nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from gateway.edge.answering.noting import account_of, keeper_of
from gateway.edge.editing.splices import is_shared
from gateway.edge.errors import GatewayError, refusal
from gateway.edge.exchange import Candidate, Exchange
from gateway.edge.memory.kept_answers import RESPONSES, Place
from gateway.edge.questions.meant import COUNTING
from gateway.edge.runtime import Runtime
from protocols.errors import DecodeError
from protocols.held import Held
from protocols.openai_responses.kept import PREVIOUS, Named, held_by, named_by

BACKGROUND: Final = "background"
NOT_ASKED: Final = (b"null", b"false")
SEVERAL: Final = 2
CHATTING: Final = "chat"
OPENAI: Final = "openai."


async def follow(
    exchange: Exchange, runtime: Runtime, candidates: Sequence[Candidate]
) -> Sequence[Candidate]:
    """Those that can go on with what the request names; raises GatewayError.

    None: tokens are to be counted, and nobody knows those of what is named.
    """
    _refuse_background(exchange)
    items: tuple[Held, ...] = ()
    things: tuple[Held, ...] = ()
    try:
        named = named_by(exchange.top)
        if not all(is_apart(exchange, each) for each in candidates):
            items, things = held_by(exchange.top)
    except DecodeError as error:
        raise refusal("invalid_request", f"{error}.", param=error.path) from None
    operation = exchange.arrival.operation
    if operation.what == CHATTING and operation.dialect == RESPONSES:
        exchange.keeper = keeper_of(exchange, runtime)
    fields = named.fields()
    able = candidates
    if fields:
        able = [each for each in candidates if each.surface.dialect == RESPONSES]
        if not able:
            if operation.what == COUNTING:
                return ()
            raise _unable(fields[0][0], candidates)
    ids = [id_ for _, id_ in (*fields, *items, *things)]
    if not ids:
        return candidates
    assert exchange.key is not None  # noqa: S101 - authenticate has run
    places = await runtime.kept_answers.find(ids, tenant_id=exchange.key.tenant_id)
    able = _those_of(exchange, able, named, places[: len(fields)], hmac_key=runtime.hmac_key)
    places, hmac_key = places[len(fields) :], runtime.hmac_key
    for held, place in zip(items, places[: len(items)], strict=True):
        able = _holding(exchange, able, held, place, reads=RESPONSES, hmac_key=hmac_key)
    for held, place in zip(things, places[len(items) :], strict=True):
        able = _holding(exchange, able, held, place, reads=OPENAI, hmac_key=hmac_key)
    return able


def _those_of(
    exchange: Exchange,
    able: Sequence[Candidate],
    named: Named,
    places: Sequence[Place | None],
    *,
    hmac_key: bytes,
) -> Sequence[Candidate]:
    for (field, id_), place in zip(named.fields(), places, strict=True):
        if place is not None:
            able = _with(exchange, able, field, id_, place, hmac_key=hmac_key)
            continue
        # Conversations are not made here, and items may be older than what is remembered.
        apart = [each for each in able if field != PREVIOUS and is_apart(exchange, each)]
        if not apart:
            raise unknown(field, id_)
        able = apart
    return able


def _with(
    exchange: Exchange,
    able: Sequence[Candidate],
    field: str,
    id_: str,
    place: Place,
    *,
    hmac_key: bytes,
) -> Sequence[Candidate]:
    there = [each for each in able if each.provider.id == place.provider_id]
    if not there:
        raise _unable(field, able)
    bound = [each for each in (bound_to(place, exchange, one, hmac_key) for one in there) if each]
    if not bound:
        raise unknown(field, id_)
    same = [each for each in bound if each.target.public_name == place.target]
    return same or bound


def _holding(
    exchange: Exchange,
    able: Sequence[Candidate],
    held: Held,
    place: Place | None,
    *,
    reads: str,
    hmac_key: bytes,
) -> Sequence[Candidate]:
    """Those to whom the id says nothing, whose credential is this tenant's, or who has given it.

    `reads`: how the dialects begin in which the id says something.
    """
    left: list[Candidate] = []
    for each in able:
        if not each.surface.dialect.startswith(reads) or is_apart(exchange, each):
            left.append(each)
        elif place is not None and each.provider.id == place.provider_id:
            bound = bound_to(place, exchange, each, hmac_key)
            left += [bound] if bound is not None else []
    if not left:
        raise unknown(*held)
    return left


def bound_to(
    place: Place, exchange: Exchange, candidate: Candidate, hmac_key: bytes
) -> Candidate | None:
    """The candidate with the one account on which the answer is; None without it."""
    if exchange.vendor_key is not None or not place.account:
        mine = account_of(exchange, "", hmac_key=hmac_key) == place.account
        return candidate if mine else None
    provider = candidate.provider
    only = tuple(each for each in provider.credentials if each.id == place.account)
    return replace(candidate, provider=replace(provider, credentials=only)) if only else None


def is_apart(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether the account is this tenant's alone: elsewhere whoever knows an id could go on with
    what is another's."""
    return len(exchange.snapshot.tenants) < SEVERAL or not is_shared(exchange, candidate)


def unknown(field: str | None, id_: str) -> GatewayError:
    """The same for what is not there, no longer there, and another's."""
    hint = "" if field is None else ": send the full input"
    return refusal(
        "not_found",
        f"Nothing with the id {id_!r} is kept here{hint}.",
        code="not_found",
        param=field,
    )


def _unable(field: str, candidates: Iterable[Candidate]) -> GatewayError:
    who = ", ".join(
        dict.fromkeys(f"{each.provider.slug}/{each.target.upstream_name}" for each in candidates)
    )
    return refusal(
        "unsupported",
        f"{field} is not supported by {who}, which does not keep it: send the full input.",
        param=field,
    )


def _refuse_background(exchange: Exchange) -> None:
    """Its usage is told when nobody listens any more."""
    raw = exchange.top.get(BACKGROUND)
    if raw is not None and bytes(raw) not in NOT_ASKED:
        raise refusal(
            "unsupported",
            f"{BACKGROUND} is not supported: what such an answer uses is not told with it. Leave"
            " it out, send the full input, and stream where it takes long.",
            param=BACKGROUND,
        )
