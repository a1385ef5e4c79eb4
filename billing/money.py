"""Money in text and as a whole number. Pure.

Law: an amount is an integer of nano-USD; as text it is a decimal with exactly nine places. Never a
float, never an exponent.
"""

import re
from collections.abc import Iterable
from typing import Final

NANO_PER_USD: Final = 1_000_000_000
PLACES: Final = 9
_DECIMAL: Final = re.compile(r"(-?)(\d+)(?:\.(\d{1,9}))?", re.ASCII)


def usd(nano: int) -> str:
    """`123000` → `0.000123000`."""
    whole, rest = divmod(abs(nano), NANO_PER_USD)
    return f"{'-' if nano < 0 else ''}{whole}.{rest:0{PLACES}}"


def nano_of(text: str) -> int:
    """The inverse of `usd`; fewer places are taken too. ValueError for anything else."""
    found = _DECIMAL.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no amount; expected a decimal with at most {PLACES} places")
    sign, whole, rest = found.groups()
    nano = int(whole) * NANO_PER_USD + int((rest or "").ljust(PLACES, "0"))
    return -nano if sign else nano


def exact_sum(amounts: Iterable[str]) -> str:
    """Of decimals in text, to the last digit, none of them negative."""
    parts = [text.partition(".")[::2] for text in amounts]
    places = max((len(rest) for _, rest in parts), default=0)
    total = sum(int(whole + rest.ljust(places, "0")) for whole, rest in parts)
    return _pointed(total, places)


def exact_usd(nano: str) -> str:
    """A decimal number of nano-USD in USD, to the last digit."""
    whole, _, rest = nano.partition(".")
    return _pointed(int(whole + rest), PLACES + len(rest))


def _pointed(digits: int, places: int) -> str:
    text = str(digits).rjust(places + 1, "0")
    whole, rest = text[: len(text) - places], text[len(text) - places :].rstrip("0")
    return f"{whole}.{rest}" if rest else whole
