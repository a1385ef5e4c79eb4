"""What a month will have cost when it ends. Pure.

Law: whole nano-USD throughout; a guess is null where there is too little to guess by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import isqrt
from typing import Final

LOOKED_BACK_DAYS: Final = 28
LEAST_DAYS: Final = 3
# Of a normal distribution, four in five are within 1.28 deviations.
DEVIATIONS_PERCENT: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    amount_nano: int
    low_nano: int
    high_nano: int


def month_forecast(
    *, spent_nano: int, days: Mapping[date, int], today: date, month_end: date
) -> Forecast | None:
    """`days`: what each day cost, days without usage left out; `month_end` is the first day after.

    For each day after today the mean of the same weekday, and of today what is still missing to it;
    what was before the first usage of the last 28 days is no data.
    """
    first = today - timedelta(days=LOOKED_BACK_DAYS)
    used = [day for day in days if first <= day < today]
    if not used:
        return None
    begin = min(used)
    known = {
        day: days.get(day, 0)
        for day in (begin + timedelta(days=n) for n in range((today - begin).days))
    }
    if len(known) < LEAST_DAYS:
        return None
    remaining = [today + timedelta(days=n) for n in range(1, (month_end - today).days)]
    rest_of_today = max(0, _expected(known, today.weekday()) - days.get(today, 0))
    expected = rest_of_today + sum(_expected(known, day.weekday()) for day in remaining)
    amount = spent_nano + expected
    margin = _margin(list(known.values()), days=len(remaining) + 1)
    return Forecast(
        amount_nano=amount, low_nano=max(spent_nano, amount - margin), high_nano=amount + margin
    )


def _expected(known: Mapping[date, int], weekday: int) -> int:
    same = [cost for day, cost in known.items() if day.weekday() == weekday]
    return _mean(same if len(same) >= LEAST_DAYS else list(known.values()))


def _mean(costs: list[int]) -> int:
    return sum(costs) // len(costs)


def _margin(costs: list[int], *, days: int) -> int:
    mean = _mean(costs)
    squares = sum((cost - mean) ** 2 for cost in costs)
    variance = squares * days // (len(costs) - 1)
    return isqrt(variance * DEVIATIONS_PERCENT**2) // 100
