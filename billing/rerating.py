"""What recorded attempts come to by another price. Pure.

1. Nothing recorded is changed: the difference to all that was booked for an attempt so far is a row
   of its own, without tokens and never a request; where there is none, there is no row.
2. Tiers, hours, variant, multiplier and markup are those of the attempt, the rates alone are new.
3. Who was charged by a price of its own goes on to be; who was not charged for what had a cost goes
   on not to be. Of what had none, the delivered attempt is charged, by the terms of the tenant.
4. What is given back stays given back: refunds are no part of what an attempt came to.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Raw, Struct

from billing.measures import WAS_UNPRICED
from billing.pricing import bounded, charge_nano, cost_nano, flags_of
from billing.receipt import Whole
from billing.record import CORRECTION, RERATE, USAGE, Record
from providers.specs import PriceSpec
from providers.usage import CALL_CLASSES, CLASSES, OUT_CLASSES

Row: TypeAlias = Any  # of cost_records, COLUMNS of it

COLUMNS: Final = (
    "tenant_id", "started_at", "request_id", "attempt", "kind", "operation", "requested_model",
    "provider_id", "upstream_name", *CLASSES, "multiplier", "markup_bp", "variant",
    "charge_price_id", "cost_nano", "charge_nano", "cost_certainty", "final", "status",
)  # fmt: skip
CHAT: Final = "chat"
SERVED: Final = frozenset({"ok", "canceled", "interrupted"})
ZERO: Final = dict.fromkeys(CLASSES, 0)


class Terms(Struct, frozen=True, kw_only=True):
    """For what a tenant is charged that had no price."""

    on_disconnect: bool
    on_empty: bool


class Change(Struct, frozen=True, kw_only=True):
    """What an attempt came to and comes to; None: nobody knows."""

    usage: Row  # the row that counts
    last: Row  # the row that tells how it ended
    whole: Whole
    price: PriceSpec | None
    before: int | None
    after: int | None
    charge: int  # more than before

    @property
    def cost(self) -> int:
        return (self.after or 0) - (self.before or 0)

    @property
    def is_one(self) -> bool:
        return self.before != self.after or self.charge != 0


def change_of(rows: Sequence[Row], *, price: PriceSpec | None, terms: Terms) -> Change | None:
    """`rows`: all of an attempt but its refunds; None where it used nothing."""
    usage = next((row for row in rows if row.kind == USAGE), None)
    whole = Whole.of(rows)
    if usage is None or not any(getattr(whole, name) for name in CLASSES):
        return None
    last = next((row for row in rows if row.kind == CORRECTION), usage)
    is_known = any(row.cost_nano is not None for row in rows)
    before = after = whole.cost_nano if is_known else None
    charge = 0
    if price is not None:
        after = _cost(whole, price, last)
        if _is_charged(usage, last, whole, terms=terms):
            charge = bounded(charge_nano(after, markup_bp=last.markup_bp)) - whole.charge_nano
    return Change(
        usage=usage,
        last=last,
        whole=whole,
        price=price,
        before=before,
        after=after,
        charge=charge,
    )


def delta_of(stored: Record, change: Change, *, job: str) -> Record:
    """`stored`: the row that counts, of which the new one has all but money and tokens."""
    price, last = change.price, change.last
    assert price is not None  # noqa: S101 - without one nothing changes
    flags = flags_of(change.whole, price, at=stored.started_at.timestamp(), variant=last.variant)
    was_unpriced = stored.final and change.before is None and stored.charge_price_id is None
    return msgspec.structs.replace(
        stored,
        **ZERO,
        kind=f"{RERATE}{job}",
        final=False,
        usage_raw=None,
        spans=Raw(b"[]"),
        difference=None,
        budgets=(),
        flags=(*flags, WAS_UNPRICED) if was_unpriced else flags,
        price_id=price.id,
        price_version=price.version,
        multiplier=last.multiplier,
        variant=last.variant,
        cost_nano=change.cost,
        charge_nano=change.charge,
        notional_nano=0,
        cost_certainty=last.cost_certainty,
    )


def _cost(whole: Whole, price: PriceSpec, last: Row) -> int:
    at = last.started_at.timestamp()
    return bounded(
        cost_nano(whole, price, at=at, multiplier=last.multiplier or "1", variant=last.variant)
    )


def _is_charged(usage: Row, last: Row, whole: Whole, *, terms: Terms) -> bool:
    if last.charge_price_id is not None or not usage.final:
        return False
    if whole.charge_nano or whole.cost_nano:
        return bool(whole.charge_nano)
    if last.status not in SERVED or last.cost_certainty == "possible":
        return False
    has_output = any(getattr(whole, name) for name in (*OUT_CLASSES, *CALL_CLASSES))
    is_empty = last.operation == CHAT and not has_output
    return (last.status == "ok" or terms.on_disconnect) and (not is_empty or terms.on_empty)
