"""Rates by usage class, in the words of `prices.json`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeAlias

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
