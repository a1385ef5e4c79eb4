"""How long a vendor asks us to wait. Pure: a moment stays a moment, for there is no clock here.

`retry-after-ms`, then `retry-after` in seconds or as a date, then the reset times of its limits.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from msgspec import Struct

from providers.adapters.base import RETRY_AFTER_CAP_S

UNREADABLE_S: Final = 30.0
UNSAID_S: Final = 5.0
NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
UNIT_S: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
# OpenAI: x-ratelimit-reset-tokens; Anthropic: anthropic-ratelimit-tokens-reset.
RESET: Final = re.compile(r"(x-ratelimit)-reset(-[a-z-]+)?|(anthropic-ratelimit-[a-z-]+)-reset")
EPOCH_MS: Final = 100_000_000_000.0  # larger numbers are milliseconds since 1970
EPOCH_S: Final = 1_000_000_000.0  # larger ones are seconds since 1970, smaller ones a duration


class Wait(Struct, frozen=True, kw_only=True):
    after_s: float | None = None
    at: float | None = None  # seconds since 1970
    guessed: bool = False


def wait_of(headers: Mapping[str, str]) -> Wait:
    """Header names are in lower case."""
    if (milliseconds := headers.get("retry-after-ms")) is not None:
        return _lasting(number, 0.001) if (number := _number(milliseconds)) is not None else _ODD
    if (said := headers.get("retry-after")) is not None:
        if (number := _number(said)) is not None:
            return _lasting(number, 1.0)
        moment = _http_date(said)
        return _ODD if moment is None else Wait(at=moment)
    return _of_resets(headers) or Wait(after_s=UNSAID_S, guessed=True)


_ODD: Final = Wait(after_s=UNREADABLE_S)


def _lasting(number: float, unit_s: float) -> Wait:
    return Wait(after_s=min(number * unit_s, RETRY_AFTER_CAP_S))


def _number(text: str) -> float | None:
    return float(text) if NUMBER.fullmatch(text.strip()) else None


def _http_date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return _epoch(moment)


def _epoch(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _of_resets(headers: Mapping[str, str]) -> Wait | None:
    """The longest of the limits used up; where none is said to be, the shortest of all."""
    spent: list[Wait] = []
    unspent: list[Wait] = []
    for name, wait in _resets(headers):
        (spent if headers.get(name, "") == "0" else unspent).append(wait)
    return max(spent, key=_order) if spent else min(unspent, key=_order, default=None)


def _order(wait: Wait) -> float:
    return wait.at if wait.at is not None else wait.after_s or 0.0


def _resets(headers: Mapping[str, str]) -> Iterator[tuple[str, Wait]]:
    """With the name of the header that says how much is left."""
    for name, value in headers.items():
        if (match := RESET.fullmatch(name)) and (wait := _reset(value.strip())) is not None:
            openai, limit, anthropic = match.groups()
            left = f"{openai}-remaining{limit or ''}" if openai else f"{anthropic}-remaining"
            yield left, wait


def _reset(text: str) -> Wait | None:
    if (number := _number(text)) is not None:
        if number >= EPOCH_S:
            return Wait(at=number / 1000 if number >= EPOCH_MS else number)
        return _lasting(number, 1.0)
    if text and not DURATION.sub("", text):
        seconds = math.fsum(float(n) * UNIT_S[unit] for n, unit in DURATION.findall(text))
        return _lasting(seconds, 1.0)
    try:
        return Wait(at=_epoch(datetime.fromisoformat(text)))
    except (ValueError, OverflowError):
        return None
