"""How an exchange came to its money, line by line. Pure.

1. Whoever has the receipt can do the sum again: classes x rates x multiplier, added up, rounded
   once, half to even; then the markup, or the tenant's own price.
2. It is done again here, from the stored classes and the price of that moment. Where it comes to
   something else than what is booked, the row says `recomputed_differs`, and what is booked holds.
3. A correction makes an attempt's rows sum to what it was in the end, and a later rating to what
   it is by another price: their lines are the whole attempt's, less what the rows before booked.
4. Cost is the platform's to know, unless it is what the tenant pays.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Struct

from billing.money import exact_sum, exact_usd, usd
from billing.pricing import FREE, Rated, charge_nano, rate
from billing.record import CORRECTION, RERATE, USAGE
from providers.specs import PriceSpec
from providers.usage import CLASSES, UsageClasses

Record: TypeAlias = Any  # a row of cost_records
Transfer: TypeAlias = Any  # a row of ledger_transfers
Pays: TypeAlias = Literal["tenant", "platform", "client", "nobody"]
ChargedBy: TypeAlias = Literal["markup", "own_price", "none"]

CURRENCY: Final = "USD"
DIFFERS: Final = "recomputed_differs"


class Books(Struct, frozen=True, kw_only=True):
    """What was read of one exchange."""

    records: Sequence[Record]  # by attempt, in the order they were written
    prices: Mapping[UUID, PriceSpec]
    transfers: Sequence[Transfer]
    accounts: Mapping[UUID, str]  # id -> kind
    is_platform: bool  # who asks may know what things cost


class Whole(UsageClasses, frozen=True, kw_only=True):
    """An attempt with all its rows."""

    cost_nano: int
    charge_nano: int

    @classmethod
    def of(cls, rows: Iterable[Record]) -> "Whole":
        rows = list(rows)
        names = (*CLASSES, "cost_nano", "charge_nano")
        sums: dict[str, Any] = {
            name: sum(getattr(row, name) or 0 for row in rows) for name in names
        }
        return cls(**sums)


def receipt_of(books: Books, *, request_id: str, tenant: str) -> dict[str, Any]:
    rows = [_row(record, books) for record in books.records]
    costs = [record.cost_nano for record in books.records]
    charges = sum(record.charge_nano for record in books.records)
    shown = all(_shows_cost(record, books) for record in books.records)
    known = [cost for cost in costs if cost is not None]
    return {
        "request_id": request_id,
        "tenant": tenant,
        "currency": CURRENCY,
        "started_at": books.records[0].started_at,
        "attempts": rows,
        "total": {"cost": usd(sum(known)) if shown and known else None, "charge": usd(charges)},
    }


def _row(record: Record, books: Books) -> dict[str, Any]:
    rows = _rows_of_attempt(record, books)
    whole = Whole.of(rows)
    cost = _cost_of(record, whole, books)
    charge = _charge_of(record, whole, books)
    flags = set(record.flags)
    if _differs(record, rows, whole, cost=cost, charge=charge):
        flags.add(DIFFERS)
    shows_cost = _shows_cost(record, books)
    return {
        "attempt": record.attempt,
        "kind": record.kind,
        "final": record.final,
        "status": record.status,
        "provider": record.provider,
        "model": record.upstream_name,
        "usage_raw": _raw(record.usage_raw, with_cost=shows_cost),
        "usage": {name: units for name in CLASSES if (units := getattr(record, name))},
        "usage_source": record.usage_source,
        "flags": sorted(flags),
        "simulated": record.simulated,
        "byok": record.byok,
        **(_cost_told(record, cost, books) if shows_cost else NO_COST),
        "booked_before": _booked_before(record, whole, with_cost=shows_cost),
        "certainty": record.cost_certainty,
        "charge": usd(record.charge_nano),
        "charged_by": _charged_by(record, whole),
        "markup_bp": record.markup_bp if shows_cost else None,  # with it the cost could be told
        "charge_price": _price(record.charge_price_id, books) if charge else None,
        "charge_lines": _lines(charge),
        "charge_rounding": _rounding(charge),
        "who_pays": _who_pays(record, whole, with_cost=shows_cost),
        "transfers": [
            _transfer(each, books)
            for each in books.transfers
            if each.ref == str(record) and (books.is_platform or each.tenant_id is not None)
        ],
        "timings": {
            "latency_ms": record.latency_ms,
            "ttft_ms": record.ttft_ms,
            "overhead_ms": record.overhead_us / 1000,
            "output_ms": record.output_ms,
        },
    }


NO_COST: Final[Mapping[str, Any]] = {
    "price": None, "tier": None, "variant": "", "window": None, "multiplier": None, "lines": [],
    "rounding": None, "cost": None,
}  # fmt: skip


def _rows_of_attempt(record: Record, books: Books) -> list[Record]:
    """Those that `record` is to be understood with."""
    rows = [each for each in books.records if each.attempt == record.attempt]
    if record.kind == USAGE:
        return [record]
    if record.kind.startswith(RERATE):
        return [each for each in rows if each.recorded_at <= record.recorded_at]
    return [each for each in rows if not each.kind.startswith(RERATE)]


def _is_rated(record: Record) -> bool:
    return record.kind in {USAGE, CORRECTION} or record.kind.startswith(RERATE)


def _shows_cost(record: Record, books: Books) -> bool:
    return books.is_platform or (not record.markup_bp and record.charge_price_id is None)


def _cost_of(record: Record, whole: Whole, books: Books) -> Rated | None:
    """None where nothing was rated: no price, the client's own key, or nothing that is billed."""
    price = books.prices.get(record.price_id)
    is_billed = record.operation not in FREE and any(getattr(whole, name) for name in CLASSES)
    if price is None or record.byok or not _is_rated(record) or not is_billed:
        return None
    return rate(
        whole,
        price,
        at=record.started_at.timestamp(),
        multiplier=record.multiplier,
        variant=record.variant,
    )


def _charge_of(record: Record, whole: Whole, books: Books) -> Rated | None:
    """By the tenant's own price, where that is what was charged."""
    price = books.prices.get(record.charge_price_id)
    if price is None or _charged_by(record, whole) != "own_price":
        return None
    return rate(whole, price, at=record.started_at.timestamp(), variant=record.variant)


def _charged_by(record: Record, whole: Whole) -> ChargedBy:
    if not whole.charge_nano or not _is_rated(record):
        return "none"
    return "own_price" if record.charge_price_id is not None else "markup"


def _differs(
    record: Record,
    rows: Sequence[Record],
    whole: Whole,
    *,
    cost: Rated | None,
    charge: Rated | None,
) -> bool:
    if not _is_rated(record) or len({each.price_id for each in rows}) > 1:
        return False
    if cost is not None and cost.cost_nano != whole.cost_nano:
        return True
    if charge is not None:
        return charge.cost_nano != whole.charge_nano
    marked_up = charge_nano(whole.cost_nano, markup_bp=record.markup_bp)
    return _charged_by(record, whole) == "markup" and marked_up != whole.charge_nano


def _cost_told(record: Record, cost: Rated | None, books: Books) -> dict[str, Any]:
    price = books.prices.get(record.price_id)
    window = None if price is None or cost is None else cost.window
    return {
        "price": _price(record.price_id, books),
        "tier": None if cost is None else cost.tier,
        "variant": record.variant,
        "window": None if price is None or window is None else _hours(price, window),
        "multiplier": record.multiplier,
        "lines": _lines(cost),
        "rounding": _rounding(cost),
        "cost": None if record.cost_nano is None else usd(record.cost_nano),
    }


def _price(price_id: UUID | None, books: Books) -> dict[str, Any] | None:
    price = None if price_id is None else books.prices.get(price_id)
    if price is None:
        return None
    return {
        "id": price.id,
        "version": price.version,
        "valid_from": datetime.fromtimestamp(price.valid_from, UTC),
        "source": price.source,
        "scope": price.scope,
        "matched_model": price.model,
    }


def _hours(price: PriceSpec, window: int) -> str:
    hours = price.time_windows[window]
    return f"{hours.since}-{hours.till} {hours.tz}"


def _lines(rated: Rated | None) -> list[dict[str, Any]]:
    if rated is None:
        return []
    return [
        {
            "class": line.usage_class,
            "units": line.units,
            "rate": line.rate,
            "per": line.per,
            "multiplier": line.multiplier,
            "nano": line.nano,
            "usd": exact_usd(line.nano),
        }
        for line in rated.lines
    ]


def _rounding(rated: Rated | None) -> dict[str, Any] | None:
    if rated is None:
        return None
    return {
        "exact_nano": exact_sum(line.nano for line in rated.lines),
        "rounded_nano": str(rated.cost_nano),
    }


def _booked_before(record: Record, whole: Whole, *, with_cost: bool) -> dict[str, Any] | None:
    """What the attempt's other rows come to, for a row that adds to them."""
    if record.kind == USAGE:
        return None
    cost = whole.cost_nano - (record.cost_nano or 0)
    return {
        "cost": usd(cost) if with_cost else None,
        "charge": usd(whole.charge_nano - record.charge_nano),
    }


def _who_pays(record: Record, whole: Whole, *, with_cost: bool) -> Pays:
    if record.byok:
        return "client"
    if record.simulated:
        return "nobody"
    if whole.charge_nano:
        return "tenant"
    return "platform" if with_cost and whole.cost_nano else "nobody"


def _transfer(transfer: Transfer, books: Books) -> dict[str, Any]:
    return {
        "id": bytes(transfer.id).hex(),
        "kind": transfer.kind,
        "debit": books.accounts.get(transfer.debit_id, str(transfer.debit_id)),
        "credit": books.accounts.get(transfer.credit_id, str(transfer.credit_id)),
        "amount": usd(transfer.amount_nano),
    }


def _raw(raw: Any, *, with_cost: bool) -> Any:
    """Some vendors tell what they bill in the object that counts the tokens."""
    if with_cost:
        return raw
    if isinstance(raw, list):
        return [_raw(value, with_cost=False) for value in raw]
    if not isinstance(raw, dict):
        return raw
    return {
        name: _raw(value, with_cost=False)
        for name, value in raw.items()
        if "cost" not in name.lower()
    }
