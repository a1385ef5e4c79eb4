"""F-29, of the periods that costs are told by: each begins once, however clocks are turned."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.selectors.costs import Calendar
from billing.windows import WINDOW, day_start, floor

ZONES: Final = (
    "Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/Santiago", "UTC",
)  # fmt: skip
# Two leap days, four turns of each clock, and what a turned clock of the machine adds or takes.
FIRST: Final = datetime(2027, 9, 1, tzinfo=UTC)
DAYS: Final = 1_700
STEPS: Final = st.sampled_from([timedelta(hours=-1), timedelta(0), timedelta(hours=1)])
MOMENTS: Final = st.builds(
    lambda seconds, step: FIRST + timedelta(seconds=seconds) + step,
    st.integers(0, DAYS * 86_400),
    STEPS,
)


def starts_of(at: datetime, *, zone: str, week_start: int = 1) -> tuple[datetime, ...]:
    calendar = Calendar.at(at, zone=ZoneInfo(zone), week_start=week_start)
    days = (calendar.today, calendar.week, calendar.month)
    return tuple(day_start(day, calendar.zone) for day in days)


@given(at=MOMENTS, zone=st.sampled_from(ZONES), week_start=st.integers(1, 7))
def test_whoever_asks_is_in_one_day_one_week_and_one_month(
    at: datetime, zone: str, week_start: int
) -> None:
    calendar = Calendar.at(at, zone=ZoneInfo(zone), week_start=week_start)

    starts = starts_of(at, zone=zone, week_start=week_start)

    ends = (
        calendar.today + timedelta(days=1),
        calendar.week + timedelta(days=7),
        calendar.next_month,
    )
    for start, end in zip(starts, ends, strict=True):
        assert start <= at < day_start(end, calendar.zone)
    for name, span in calendar.before().items():
        assert span.start <= span.end <= at, name


@pytest.mark.parametrize("zone", ZONES)
def test_each_period_begins_once(zone: str) -> None:
    """Asked every half hour for a year of leap, and once more after each turn of a clock back."""
    asked = [datetime(2028, 1, 1, tzinfo=UTC) + n * timedelta(minutes=30) for n in range(17_568)]

    told = [starts_of(at, zone=zone) for at in asked]

    for place, expected in ((0, 366), (1, 53), (2, 12)):
        begun = [after[place] for before, after in pairwise(told) if before[place] != after[place]]
        assert begun == sorted(set(begun))
        assert len(begun) in (expected - 1, expected)
        assert all(floor(start, WINDOW) == start for start in begun)


def test_a_clock_that_is_set_back_tells_the_day_it_was_in_again() -> None:
    midnight = datetime(2028, 2, 29, tzinfo=UTC)
    calendars = [
        Calendar.at(midnight + timedelta(minutes=minutes), zone=ZoneInfo("UTC"), week_start=1)
        for minutes in (1, -59, 2)
    ]

    assert [calendar.today for calendar in calendars] == [
        date(2028, 2, 29),
        date(2028, 2, 28),
        date(2028, 2, 29),
    ]
    assert {calendar.month for calendar in calendars} == {date(2028, 2, 1)}
