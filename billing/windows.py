"""Five-minute windows, the days of a zone, and which of them a range is made of. Pure.

Laws: a window is [k·300 s, (k+1)·300 s) of UTC; a day begins at the first moment of its date in its
zone, so days of 23 and 25 hours are whole days; every offset of today is a multiple of a quarter of
an hour, so a day is always a whole number of windows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

WINDOW: Final = timedelta(minutes=5)
ONE_DAY: Final = timedelta(days=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From the first moment to the first one after."""

    start: datetime
    end: datetime


def floor(at: datetime, step: timedelta = WINDOW) -> datetime:
    """The start of the step that holds the moment."""
    return at - (at - EPOCH) % step


def ceil(at: datetime, step: timedelta = WINDOW) -> datetime:
    """The first step that starts at the moment or after."""
    return at + (EPOCH - at) % step


def day_of(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Of a midnight that is skipped, the moment of the skip; of one that comes twice, the first."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def day_span(day: date, zone: ZoneInfo) -> Span:
    return Span(day_start(day, zone), day_start(day + ONE_DAY, zone))


def days_of(span: Span, zone: ZoneInfo) -> list[date]:
    """Every date of the zone the span has a part of."""
    first, last = day_of(span.start, zone), day_of(span.end - timedelta.resolution, zone)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def merged(starts: Iterable[datetime]) -> list[Span]:
    """Windows by their starts as few spans."""
    spans: list[Span] = []
    for start in sorted(starts):
        if spans and spans[-1].end == start:
            spans[-1] = Span(spans[-1].start, start + WINDOW)
        else:
            spans.append(Span(start, start + WINDOW))
    return spans


def steps(span: Span, step: timedelta) -> list[datetime]:
    """The starts of the steps of a span, which begins with one."""
    count = -((span.start - span.end) // step)
    return [span.start + n * step for n in range(count)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltDays:
    """For which zone, and from which day on, a tenant's days are summed."""

    tz: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The parts of a range, by where they are read: no two of them overlap."""

    whole: Span
    days: tuple[date, ...] = ()
    days_span: Span | None = None
    windows: tuple[Span, ...] = ()
    # Parts of windows, which only the records know apart.
    records: tuple[Span, ...] = ()


def reading_of(span: Span, *, built: BuiltDays | None) -> Reading:
    """Days where they are built, windows around them, records where a window is cut."""
    inner = Span(ceil(span.start), floor(span.end))
    if inner.start >= inner.end:
        return Reading(whole=span, records=(span,))
    records = _not_empty((Span(span.start, inner.start), Span(inner.end, span.end)))
    days = list(_whole_days(inner, built)) if built is not None else []
    if built is None or not days:
        return Reading(whole=span, windows=(inner,), records=records)
    zone = ZoneInfo(built.tz)
    covered = Span(day_start(days[0], zone), day_start(days[-1] + ONE_DAY, zone))
    around = (Span(inner.start, covered.start), Span(covered.end, inner.end))
    return Reading(
        whole=span,
        days=tuple(days),
        days_span=covered,
        windows=_not_empty(around),
        records=records,
    )


def _whole_days(inner: Span, built: BuiltDays) -> Iterator[date]:
    zone = ZoneInfo(built.tz)
    for day in days_of(inner, zone):
        found = day_span(day, zone)
        if day >= built.since and found.start >= inner.start and found.end <= inner.end:
            yield day


def _not_empty(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.start < span.end)


def spans_between(bounds: list[datetime]) -> list[Span]:
    return [Span(start, end) for start, end in pairwise(bounds)]
