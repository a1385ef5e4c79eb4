"""What a price may say."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from accounts.errors import Invalid
from accounts.regions import is_time_zone
from providers.patterns import compiled
from providers.specs import PriceMatch, Tier, TimeWindow
from providers.usage import CALL_CLASSES, TOKEN_CLASSES

CALLS: Final = ("requests", *CALL_CLASSES)
VARIANTS: Final = ("flex", "batch", "priority", "fast")
AMOUNT: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,12})?", re.ASCII)
HOUR: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
MAX_TIERS: Final = 8
WEEK: Final = range(1, 8)


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a PriceSpec that a caller decides; raises Invalid naming the first bad one."""
    rates = _rates(given.get("rates") or {}, field="rates", known=TOKEN_CLASSES)
    per_call = _rates(given.get("per_call") or {}, field="per_call", known=CALLS)
    if not rates and not per_call:
        raise Invalid.one(
            field="rates", message='say what it costs, as {"in_fresh": "0.25", "out_text": "1"}'
        )
    return {
        "scope": given["scope"],
        "provider": given.get("provider") or "",
        "region": given.get("region") or "",
        "model": given["model"],
        "match": _match(given),
        "rates": rates,
        "per_call": per_call,
        "tiers": _tiers(given.get("tiers") or ()),
        "variants": _variants(given.get("variants") or {}),
        "time_windows": _windows(given.get("time_windows") or ()),
    }


def _match(given: Mapping[str, Any]) -> PriceMatch:
    match: PriceMatch = msgspec.convert(given.get("match") or "exact", PriceMatch)
    if match == "re2":
        try:
            compiled(given["model"])
        except ValueError as refused:
            raise Invalid.one(field="model", message=f"no pattern: {refused}") from None
    return match


def _rates(given: Mapping[str, Any], *, field: str, known: Iterable[str]) -> dict[str, str]:
    for name, amount in given.items():
        if name not in known:
            raise Invalid.one(
                field=f"{field}.{name}",
                code="invalid_choice",
                message=f"{name!r} has no price; known: {', '.join(known)}",
            )
        if not isinstance(amount, str) or AMOUNT.fullmatch(amount) is None:
            raise Invalid.one(
                field=f"{field}.{name}", message='write a plain decimal in quotes, as "0.25"'
            )
    return dict(given)


def _tiers(given: Iterable[Mapping[str, Any]]) -> tuple[Tier, ...]:
    tiers: list[Tier] = []
    for position, one in enumerate(given):
        field = f"tiers[{position}]"
        if position >= MAX_TIERS:
            raise Invalid.one(field="tiers", message=f"at most {MAX_TIERS}")
        above = one["above_input_tokens"]
        if tiers and above <= tiers[-1].above_input_tokens:
            raise Invalid.one(field=field, message="tiers stand in rising order")
        rates = _rates(one["rates"], field=f"{field}.rates", known=TOKEN_CLASSES)
        tiers.append(Tier(above_input_tokens=above, rates=rates))
    return tuple(tiers)


def _variants(given: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    for name in given:
        if name not in VARIANTS:
            raise Invalid.one(
                field=f"variants.{name}",
                code="invalid_choice",
                message=f"{name!r} is no variant; known: {', '.join(VARIANTS)}",
            )
    return {
        name: _rates(rates, field=f"variants.{name}", known=TOKEN_CLASSES)
        for name, rates in given.items()
    }


def _windows(given: Iterable[Mapping[str, Any]]) -> tuple[TimeWindow, ...]:
    windows = []
    for position, one in enumerate(given):
        field = f"time_windows[{position}]"
        for name in ("since", "till"):
            if HOUR.fullmatch(one[name]) is None:
                raise Invalid.one(field=f"{field}.{name}", message="write the hour as 16:30")
        days = tuple(one.get("days") or WEEK)
        if not set(days) <= set(WEEK):
            raise Invalid.one(field=f"{field}.days", message="1 is Monday, 7 is Sunday")
        windows.append(
            TimeWindow(
                days=days,
                since=one["since"],
                till=one["till"],
                tz=_zone(one["tz"], field=f"{field}.tz"),
                rates=_rates(one["rates"], field=f"{field}.rates", known=TOKEN_CLASSES),
            )
        )
    return tuple(windows)


def _zone(name: str, *, field: str) -> str:
    if not is_time_zone(name):
        raise Invalid.one(field=field, message=f"{name!r} is no time zone")
    return name
