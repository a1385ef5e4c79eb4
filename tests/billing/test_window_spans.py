"""Days of zones, and of which days, windows and records a range is made. Pure."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.windows import (
    WINDOW,
    BuiltDays,
    Reading,
    Span,
    ceil,
    day_of,
    day_span,
    day_start,
    days_of,
    floor,
    merged,
    reading_of,
)

NOON: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ZONES: Final = (
    "Asia/Shanghai", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/Santiago", "Pacific/Chatham", "UTC",
)  # fmt: skip


def moments(first: datetime, *, days: int) -> st.SearchStrategy[datetime]:
    return st.integers(0, days * 86_400_000).map(lambda ms: first + timedelta(milliseconds=ms))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Santiago", date(2026, 9, 6), 23),
        ("Asia/Shanghai", date(2028, 2, 29), 24),
        ("Asia/Kathmandu", date(2026, 12, 31), 24),
        ("Pacific/Apia", date(2011, 12, 30), 0),
    ],
)
def test_a_day_is_as_long_as_its_zone_makes_it(zone: str, day: date, hours: float) -> None:
    found = day_span(day, ZoneInfo(zone))

    assert found.end - found.start == timedelta(hours=hours)


@given(moment=moments(datetime(2000, 1, 1, tzinfo=UTC), days=14_000), zone=st.sampled_from(ZONES))
def test_every_moment_is_in_the_day_of_its_date(moment: datetime, zone: str) -> None:
    place = ZoneInfo(zone)

    found = day_span(day_of(moment, place), place)

    assert found.start <= moment < found.end
    assert floor(found.start) == found.start


# --- of what a range is made ----------------------------------------------------------------------

# Around the end of summer time, here and there.
MOMENTS: Final = moments(datetime(2026, 10, 24, tzinfo=UTC), days=18)


def parts_of(reading: Reading) -> list[Span]:
    return sorted((*reading.day_spans, *reading.windows, *reading.records))


@given(
    start=MOMENTS,
    length=st.timedeltas(timedelta(seconds=1), timedelta(days=12)),
    cuts=st.lists(MOMENTS, max_size=3),
    zone=st.sampled_from(ZONES),
    since=st.dates(date(2026, 10, 20), date(2026, 11, 12)),
)
def test_the_parts_of_a_range_are_the_range(
    start: datetime, length: timedelta, cuts: list[datetime], zone: str, since: date
) -> None:
    span = Span(start, start + length)
    cuts = [floor(cut) for cut in cuts]

    reading = reading_of(span, built=BuiltDays(tz=zone, since=since), cuts=cuts)

    parts = parts_of(reading)
    assert (parts[0].start, parts[-1].end) == (span.start, span.end)
    assert all(before.end == after.start for before, after in pairwise(parts))
    assert all(part.start < part.end for part in parts)
    place = ZoneInfo(zone)
    for day_begin in reading.day_starts:
        found = day_span(day_of(day_begin, place), place)
        assert found.start == day_begin
        assert day_of(day_begin, place) >= since
        assert not any(found.start < cut < found.end for cut in cuts)
    for window in reading.windows:
        assert floor(window.start) == window.start
        assert floor(window.end) == window.end


def test_without_days_a_range_is_windows_and_the_parts_of_windows_at_its_ends() -> None:
    start, end = NOON + timedelta(minutes=1), NOON + timedelta(minutes=13)

    reading = reading_of(Span(start, end))

    assert reading.windows == (Span(ceil(start), floor(end)),)
    assert reading.records == (Span(start, ceil(start)), Span(floor(end), end))
    short = Span(start, start + timedelta(minutes=2))
    assert reading_of(short).records == (short,)


def test_neighbours_are_one_span() -> None:
    starts = [NOON, NOON + WINDOW, NOON + 3 * WINDOW]

    assert merged(starts) == [Span(NOON, NOON + 2 * WINDOW), Span(starts[2], starts[2] + WINDOW)]


def test_a_span_has_the_days_it_touches() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    start = day_start(date(2026, 11, 20), zone)

    assert days_of(Span(start, start + WINDOW), zone) == [date(2026, 11, 20)]
    assert len(days_of(Span(start - WINDOW, start + WINDOW), zone)) == 2


@given(start=MOMENTS, length=st.timedeltas(timedelta(seconds=1), timedelta(days=12)), kept=MOMENTS)
def test_what_is_kept_as_days_only_is_read_as_days_and_the_rest_as_ever(
    start: datetime, length: timedelta, kept: datetime
) -> None:
    span, kept_from = Span(start, start + length), floor(kept)
    built = BuiltDays(tz="America/New_York", since=date.min, kept_from=kept_from)

    reading = reading_of(span, built=built)

    parts = parts_of(reading)
    if reading.closed is not None:
        parts = [reading.closed, *parts]
        assert reading.closed.end == min(span.end, kept_from)
    assert (parts[0].start, parts[-1].end) == (span.start, span.end)
    assert all(before.end == after.start for before, after in pairwise(parts))
    assert all(part.start >= kept_from for part in parts[reading.closed is not None :])
