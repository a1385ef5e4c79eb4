"""Languages the product speaks, time zones and currencies it accepts."""

import re
import zoneinfo
from typing import Final

LOCALES: Final = ("en", "zh-CN")
CURRENCY: Final = re.compile(r"[A-Z]{3}")
# The server's own choice and a placeholder: files of zones, but no zones.
NO_ZONES: Final = frozenset({"Factory", "localtime"})


def is_time_zone(name: str) -> bool:
    return name not in NO_ZONES and name in zoneinfo.available_timezones()


def is_currency(code: str) -> bool:
    """Three capital letters, as ISO 4217; the currency is a label and converts nothing."""
    return CURRENCY.fullmatch(code) is not None
