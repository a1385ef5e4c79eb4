"""What tokens cost: units x rate, in Decimal, rounded once. Pure.

1. A cost is the sum of its lines, rounded half to even to whole nano-USD; nothing is rounded
   before. No line is negative, and so no cost.
2. Rates are laid over one another: the row's, those of its time window (the vendor's clock), of the
   variant, of its tier (a cliff: by the total input, for all tokens), of the variant there.
3. A class without a rate of its own costs what its tokens are made of (`STANDS_FOR`); but for
   reasoning, which vendors bill as output, that is flagged `rate_assumed`. What nothing stands
   for costs nothing and is flagged `rate_missing`.
4. What no column and no reader of JSON takes is cut off (`bounded`) by who records it.
5. `cost_nano` is `rate().cost_nano` in integers: exact too, and fast enough for every request;
   `flags_of` are its flags.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from operator import attrgetter, mul
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from providers.specs import PriceSpec, TimeWindow
from providers.usage import CALL_CLASSES, IN_CLASSES, OUT_CLASSES

# Operations that cost nothing anywhere.
FREE: Final = frozenset(
    {
        "count_tokens", "retrieve_response", "delete_response", "list_input_items",
        "cancel_response",
    }
)  # fmt: skip
REQUESTS: Final = "requests"  # of which a rated attempt is one
STANDS_FOR: Final[Mapping[str, str]] = {
    **dict.fromkeys(IN_CLASSES, "in_fresh"),
    **dict.fromkeys(OUT_CLASSES, "out_text"),
}
ASSUMED: Final = "rate_assumed"
MISSING: Final = "rate_missing"
UNKNOWN: Final = "\0"  # instead of a variant of which the price does not know: words have no end
# More digits than any sum of lines has: nothing is lost before the one rounding.
EXACT: Final = Context(prec=400, rounding=ROUND_HALF_EVEN)
NANO: Final = Decimal(10**9)
NANO_PER_MILLION: Final = Decimal(10**3)
BASIS_POINTS: Final = 10_000
MOST_NANO: Final = 2**53 - 1  # nine million dollars for one attempt
MOST_KEPT: Final = 4_096

Per: TypeAlias = Literal["million", "each"]
Usage: TypeAlias = Any  # whatever has the classes: UsageClasses, frames.Tokens
Case: TypeAlias = tuple[int | None, int | None, str, str]  # tier, window, variant, multiplier


class Line(Struct, frozen=True):
    """Numbers as exact decimal text; `nano` is before the rounding of the sum."""

    usage_class: str
    units: int
    rate: str
    per: Per
    multiplier: str
    nano: str


class Rated(Struct, frozen=True, kw_only=True):
    cost_nano: int
    lines: tuple[Line, ...]
    flags: tuple[str, ...]
    tier: int | None  # above how many input tokens; None: the row's own rates
    variant: str
    window: int | None  # index of the time window


def rate(
    usage: Usage, price: PriceSpec, *, at: float, multiplier: str = "1", variant: str = ""
) -> Rated:
    """Line by line, as a receipt tells it."""
    tier, window = _tier_of(price, usage), _window_of(price, at)
    rates = _rates(price, tier=tier, window=window, variant=variant)
    flags = set() if _knows(price, variant, tier) else {ASSUMED}
    lines: list[Line] = []
    total = Decimal(0)
    for name, units in _counted(usage, price):
        found = _found(price, rates, name)
        if found.flag:
            flags.add(found.flag)
        nano = EXACT.multiply(
            EXACT.multiply(Decimal(units), EXACT.multiply(Decimal(found.rate), found.nano_per)),
            Decimal(multiplier),
        )
        total = EXACT.add(total, nano)
        per: Per = "million" if name in STANDS_FOR else "each"
        lines.append(Line(name, units, found.rate, per, multiplier, _plain(nano)))
    return Rated(
        cost_nano=int(total.to_integral_value(rounding=ROUND_HALF_EVEN)),
        lines=tuple(lines),
        flags=tuple(sorted(flags)),
        tier=None if tier is None else price.tiers[tier].above_input_tokens,
        variant=variant,
        window=window,
    )


def cost_nano(
    usage: Usage, price: PriceSpec, *, at: float, multiplier: str = "1", variant: str = ""
) -> int:
    table = _table_of(usage, price, at, multiplier, variant)
    total = table.fixed + sum(map(mul, table.units(usage), table.factors))
    return _rounded(total, table.scale)


def flags_of(
    usage: Usage, price: PriceSpec, *, at: float, multiplier: str = "1", variant: str = ""
) -> tuple[str, ...]:
    """Those of `rate`, as fast as the cost."""
    table = _table_of(usage, price, at, multiplier, variant)
    found = {flag for name, flag in table.doubts if not name or getattr(usage, name)}
    return tuple(sorted(found))


def charge_nano(cost: int, *, markup_bp: int) -> int:
    return _rounded(cost * (BASIS_POINTS + markup_bp), BASIS_POINTS)


def bounded(nano: int) -> int:
    """As much of an amount as can be recorded."""
    return min(nano, MOST_NANO)


# --- which rates ----------------------------------------------------------------------------------


class _Found(Struct, frozen=True):
    rate: str
    nano_per: Decimal  # nano-USD of a unit at a rate of 1
    flag: str = ""


def _counted(usage: Usage, price: PriceSpec) -> Iterator[tuple[str, int]]:
    for name in (*IN_CLASSES, *OUT_CLASSES, *CALL_CLASSES):
        if units := getattr(usage, name):
            yield name, units
    if REQUESTS in price.per_call:
        yield REQUESTS, 1


def _rates(
    price: PriceSpec, *, tier: int | None, window: int | None, variant: str
) -> Mapping[str, str]:
    rates = dict(price.rates)
    if window is not None:
        rates |= price.time_windows[window].rates
    rates |= price.variants.get(variant, {})
    if tier is not None:
        rates |= price.tiers[tier].rates
        rates |= price.tiers[tier].variants.get(variant, {})
    return rates


def _knows(price: PriceSpec, variant: str, tier: int | None) -> bool:
    return not variant or variant in (price if tier is None else price.tiers[tier]).variants


def _is_named(price: PriceSpec, variant: str, tier: int | None) -> bool:
    return variant in price.variants or (tier is not None and variant in price.tiers[tier].variants)


def _found(price: PriceSpec, rates: Mapping[str, str], name: str) -> _Found:
    if name not in STANDS_FOR:
        each = price.per_call.get(name)
        if each is not None:
            return _Found(each, NANO)
        # Pictures and seconds are counted beside the tokens that pay for them; searches never are.
        paid = bool(price.rates) and name != "web_search_calls"
        return _Found("0", NANO, "" if paid else MISSING)
    if name in rates:
        return _Found(rates[name], NANO_PER_MILLION)
    stand_in = rates.get(STANDS_FOR[name])
    if stand_in is None:
        return _Found("0", NANO_PER_MILLION, MISSING)
    return _Found(stand_in, NANO_PER_MILLION, "" if name == "out_reasoning" else ASSUMED)


def _tier_of(price: PriceSpec, usage: Usage) -> int | None:
    if not price.tiers:
        return None
    total = sum(getattr(usage, name) for name in IN_CLASSES)
    taken = None
    for index, tier in enumerate(price.tiers):
        if total > tier.above_input_tokens:
            taken = index
    return taken


def _window_of(price: PriceSpec, at: float) -> int | None:
    for index, window in enumerate(price.time_windows):
        if _is_open(window, at):
            return index
    return None


def _is_open(window: TimeWindow, at: float) -> bool:
    local = datetime.fromtimestamp(at, _zone(window.tz))
    clock = f"{local.hour:02}:{local.minute:02}"
    today = local.isoweekday()
    if window.since < window.till:
        return today in window.days and window.since <= clock < window.till
    if clock >= window.since:
        return today in window.days
    return clock < window.till and (local - timedelta(days=1)).isoweekday() in window.days


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


# --- in integers ----------------------------------------------------------------------------------


class _Table(Struct, frozen=True):
    """Factors of the classes, as multiples of 1 / scale nano-USD."""

    units: Callable[[Any], tuple[int, ...]]
    factors: tuple[int, ...]
    fixed: int
    scale: int
    doubts: tuple[tuple[str, str], ...]  # class with units -> flag; without a class: always


class _Plan(Struct, frozen=True):
    price: PriceSpec  # kept, so that no other object ever gets its identity
    tables: dict[Case, _Table]


_KEPT: Final[dict[int, _Plan]] = {}


def _keep(price: PriceSpec) -> _Plan:
    if len(_KEPT) >= MOST_KEPT:
        _KEPT.clear()
    plan = _KEPT[id(price)] = _Plan(price, {})
    return plan


def _table_of(usage: Usage, price: PriceSpec, at: float, multiplier: str, variant: str) -> _Table:
    plan = _KEPT.get(id(price))
    if plan is None or plan.price is not price:
        plan = _keep(price)
    tier = _tier_of(price, usage) if price.tiers else None
    window = _window_of(price, at) if price.time_windows else None
    if variant and not _is_named(price, variant, tier):
        variant = UNKNOWN
    case = (tier, window, variant, multiplier)
    table = plan.tables.get(case)
    if table is None:
        table = plan.tables[case] = _table(price, case)
    return table


def _table(price: PriceSpec, case: Case) -> _Table:
    tier, window, variant, multiplier = case
    rates = _rates(price, tier=tier, window=window, variant=variant)
    names = (*IN_CLASSES, *OUT_CLASSES, *CALL_CLASSES)
    found = [_found(price, rates, name) for name in names]
    found.append(_Found(price.per_call.get(REQUESTS, "0"), NANO))
    factors = [
        EXACT.multiply(EXACT.multiply(Decimal(one.rate), one.nano_per), Decimal(multiplier))
        for one in found
    ]
    digits = max(0, *(-int(factor.as_tuple().exponent) for factor in factors))
    scale = 10**digits
    *whole, fixed = (int(EXACT.multiply(factor, Decimal(scale))) for factor in factors)
    doubts = [(name, one.flag) for name, one in zip(names, found, strict=False) if one.flag]
    if not _knows(price, variant, tier):
        doubts.append(("", ASSUMED))
    return _Table(attrgetter(*names), tuple(whole), fixed, scale, tuple(doubts))


def _rounded(numerator: int, denominator: int) -> int:
    """Half to even."""
    whole, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return whole + (twice > denominator or (twice == denominator and whole & 1))


def _plain(value: Decimal) -> str:
    return f"{value.normalize(EXACT):f}"
