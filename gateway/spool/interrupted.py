"""What is written of an attempt whose writer died. Pure.

1. It is billed by its last checkpoint, at the price and the moment of its START.
2. What the client had received is charged as where a client leaves: by the tenant's terms, and on
   the last attempt only. Where nothing had come back, the vendor may have served it or not: the
   cost is only possible, and nobody is charged.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from billing.pricing import FREE, bounded, charge_nano, cost_nano
from gateway.spool.attempts import Interrupted
from gateway.spool.frames import Checkpoint, End, Money, Outcome, Start, Tokens
from providers.specs import PriceSpec
from providers.usage import IN_CLASSES

US_PER_S: Final = 1_000_000


class Terms(Struct, frozen=True, kw_only=True):
    """By what interrupted attempts are billed."""

    prices: Mapping[str, PriceSpec]
    not_charged: frozenset[str]  # ids of tenants that are not, for what was cut off


def end_of(one: Interrupted, *, terms: Terms) -> End:
    start, checkpoint = one.start, one.checkpoint
    has_output = checkpoint is not None and checkpoint.bytes_out > 0
    tokens = _tokens(start, checkpoint)
    return End(
        v=start.v,
        request_id=start.request_id,
        started_us=start.started_us,
        attempt=start.attempt,
        node=start.node,
        subject=start.subject,
        errand=start.errand,
        tariff=start.tariff,
        tokens=tokens,
        money=msgspec.structs.replace(
            _money(start, tokens, terms=terms, is_delivered=has_output and one.final),
            cost_certainty="estimated" if has_output else "possible",
        ),
        outcome=Outcome(
            final=one.final,
            status="interrupted",
            http_status=200 if has_output else 0,
            error_code="interrupted",
            terminated="crash",
            attempts=start.attempt + 1,
            latency_ms=0,
        ),
        budgets=start.budgets,
    )


def _tokens(start: Start, checkpoint: Checkpoint | None) -> Tokens:
    tokens = Tokens(usage_source="estimate") if checkpoint is None else checkpoint.tokens
    if any(getattr(tokens, name) for name in IN_CLASSES):
        return tokens
    return msgspec.structs.replace(tokens, in_fresh=start.input_tokens)


def _money(start: Start, tokens: Tokens, *, terms: Terms, is_delivered: bool) -> Money:
    if start.errand.operation in FREE:
        return Money()
    cost = _rated(start.tariff.price_id, start, tokens, terms=terms)
    if start.subject.byok:
        return Money(cost_nano=0, notional_nano=bounded(cost or 0))
    charge = 0
    if is_delivered and start.subject.tenant_id not in terms.not_charged:
        own = _rated(start.tariff.charge_price_id, start, tokens, terms=terms)
        marked_up = None if cost is None else charge_nano(cost, markup_bp=start.tariff.markup_bp)
        charge = (marked_up if own is None else own) or 0
    return Money(cost_nano=None if cost is None else bounded(cost), charge_nano=bounded(charge))


def _rated(price_id: str | None, start: Start, tokens: Tokens, *, terms: Terms) -> int | None:
    price = terms.prices.get(price_id or "")
    if price is None:
        return None
    # What a tenant is charged by its own price has nothing to do with the provider's multiplier.
    is_cost = price_id == start.tariff.price_id
    return cost_nano(
        tokens,
        price,
        at=start.started_us / US_PER_S,
        multiplier=start.tariff.multiplier if is_cost else "1",
        variant=start.tariff.variant,
    )
