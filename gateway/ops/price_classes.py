"""Rates by usage class, in the words of `prices.json`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeAlias

from msgspec.structs import replace

from providers.price_file import Terms

Rates: TypeAlias = dict[str, str]

# Vendors' own rules for how long a cache is kept, where a list leaves a time out: where writing the
# first costs so many times fresh input, writing the second costs so many times fresh input.
KEPT_LONGER: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("in_cache_write_5m", "1.25", "in_cache_write_1h", "2"),
    ("in_cache_write_30m", "1.25", "in_cache_write_12h", "2.5"),
)


def plain(value: Decimal) -> str:
    """Without exponent and superfluous zeros."""
    return f"{value.normalize():f}"


def completed(rates: Mapping[str, str]) -> Rates:
    found = dict(rates)
    fresh = Decimal(found.get("in_fresh", "0"))
    for short, times, long, longer in KEPT_LONGER:
        if short in found and long not in found and Decimal(found[short]) == fresh * Decimal(times):
            found[long] = plain(fresh * Decimal(longer))
    return found


def scaled(terms: Terms, times: Decimal) -> Terms:
    """Tokens cost so many times as much; calls stay as they are."""

    def each(rates: Mapping[str, str]) -> Rates:
        return {name: plain(Decimal(rate) * times) for name, rate in rates.items()}

    def of_all(variants: Mapping[str, Mapping[str, str]]) -> dict[str, Rates]:
        return {name: each(rates) for name, rates in variants.items()}

    return replace(
        terms,
        rates=each(terms.rates),
        variants=of_all(terms.variants),
        tiers=tuple(
            replace(tier, rates=each(tier.rates), variants=of_all(tier.variants))
            for tier in terms.tiers
        ),
        time_windows=tuple(replace(one, rates=each(one.rates)) for one in terms.time_windows),
    )
