"""Instead of decode and route, where the path names an answer that a vendor keeps.

Laws: it goes to who keeps it, on the account on which it is; of the query only what is documented
goes along; an id that is nobody's here is told as one that is another's.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

from accounts.specs import KeySpec
from gateway.edge.answering.noting import Forgetter
from gateway.edge.errors import refusal
from gateway.edge.exchange import Candidate, Exchange
from gateway.edge.memory.kept_answers import RESPONSES, Place
from gateway.edge.operations.operation import What
from gateway.edge.questions.following import bound_to, unknown
from gateway.edge.runtime import Runtime
from gateway.edge.stages.decode import whole_body
from gateway.edge.stages.route import allows, candidate_of, may_reach
from routing.names import Match

ID: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")
INCLUDE: Final = ("include", "include[]")
# What of a query goes to the vendor; SDKs write lists with brackets.
QUERIES: Final[Mapping[What, tuple[str, ...]]] = {
    "retrieve_response": INCLUDE,
    "list_input_items": (*INCLUDE, "after", "before", "limit", "order"),
}
STREAM: Final = "stream"
QUERY_CHARS: Final = 2_048
DELETING: Final = "delete_response"


async def locate(exchange: Exchange, runtime: Runtime) -> None:
    await whole_body(exchange)  # there may be one, and it says nothing
    key, arrival = exchange.key, exchange.arrival
    assert key is not None  # noqa: S101 - authenticate has run
    exchange.kept_query = _allowed(arrival.query, arrival.operation.what)
    id_ = arrival.path_model
    if ID.fullmatch(id_) is None:
        raise unknown(None, id_[:40])
    [place] = await runtime.kept_answers.find([id_], tenant_id=key.tenant_id)
    candidate = None if place is None else _candidate(exchange, place, runtime)
    if place is None or candidate is None:
        raise unknown(None, id_)
    exchange.kept_id = id_
    exchange.model = place.asked
    if arrival.operation.what == DELETING:
        exchange.keeper = Forgetter(exchange, runtime, id_=id_)
    exchange.candidates, exchange.lane = (candidate,), "native"
    exchange.asked_at = runtime.clock()


def _candidate(exchange: Exchange, place: Place, runtime: Runtime) -> Candidate | None:
    """None where this key may not see it, and where nobody is left who could be asked."""
    match = _match(exchange, place, now=runtime.snapshots.now())
    key = exchange.key
    if match is None or key is None or not may_see(key, place, match):
        return None
    candidate = candidate_of(match.provider, match.target, operation=exchange.arrival.operation)
    if candidate is None or candidate.surface.dialect != RESPONSES:
        return None
    return bound_to(place, exchange, candidate, runtime.hmac_key)


def _match(exchange: Exchange, place: Place, *, now: float) -> Match | None:
    """As the tenant sees the model now, under its qualified name."""
    snapshot, key = exchange.snapshot, exchange.key
    provider = snapshot.providers.get(place.provider_id)
    if provider is None or not provider.enabled or key is None:
        return None
    name = f"{provider.slug}.{place.target}"
    found = snapshot.names.resolve(name, tenant_id=key.tenant_id, now=now)
    return next((each for each in found if each.provider.id == place.provider_id), None)


def may_see(key: KeySpec, place: Place, match: Match) -> bool:
    """By the name under which it was asked for, or by the model's own."""
    names = (place.asked, match.target.public_name, match.qualified)
    return any(allows(key, name) for name in names) and may_reach(key, match)


def _allowed(query: bytes, what: What) -> str:
    """Raises GatewayError for what would make another answer of it."""
    known = QUERIES.get(what, ())
    pairs = parse_qsl(query.decode("latin-1")[:QUERY_CHARS], keep_blank_values=True)
    if any(name == STREAM and value != "false" for name, value in pairs):
        raise refusal(
            "unsupported",
            "stream is not supported here: an answer that is kept comes whole.",
            param=STREAM,
        )
    return urlencode([(name, value) for name, value in pairs if name in known])
