"""Five-minute windows, the days of a zone, and which of them a range is made of. Pure.

Laws: a window is [k·300 s, (k+1)·300 s) of UTC; a day begins at the first moment of its date in its
zone, so days of 23 and 25 hours are whole days; every offset of today is a multiple of a quarter of
an hour, so a day is always a whole number of windows.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
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
    """Windows by their starts, in order, as few spans."""
    return list(_joined(Span(start, start + WINDOW) for start in starts))


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltDays:
    """For which zone, and from which day on, a tenant's days are summed."""

    tz: str
    since: date
    # Before it only days are kept, as they were closed; None: every window is.
    kept_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The parts of a range, by where they are read: they do not overlap and leave nothing out."""

    # The whole windows of the range, and of these the days that are read as days.
    inner: Span
    day_starts: tuple[datetime, ...] = ()
    day_spans: tuple[Span, ...] = ()
    windows: tuple[Span, ...] = ()
    # Parts of windows, which only the records know apart.
    records: tuple[Span, ...] = ()
    # What is kept as days only: those that begin in it.
    closed: Span | None = None


def reading_of(
    span: Span, *, built: BuiltDays | None = None, cuts: Iterable[datetime] = ()
) -> Reading:
    """Days where they are built and not cut by a bucket of the answer, windows around them, records
    where a window is cut. `cuts` are within whole windows."""
    if built is None or built.kept_from is None or span.start >= built.kept_from:
        return _open_reading(span, built, cuts)
    closed = Span(span.start, min(span.end, built.kept_from))
    return replace(_open_reading(Span(closed.end, span.end), built, cuts), closed=closed)


def _open_reading(span: Span, built: BuiltDays | None, cuts: Iterable[datetime]) -> Reading:
    inner = Span(ceil(span.start), floor(span.end))
    if inner.start >= inner.end:
        return Reading(inner=Span(inner.start, inner.start), records=_not_empty((span,)))
    days = list(_whole_days(inner, built, sorted(cuts))) if built is not None else []
    day_spans = _joined(days)
    return Reading(
        inner=inner,
        day_starts=tuple(day.start for day in days),
        day_spans=day_spans,
        windows=_between(inner, day_spans),
        records=_not_empty((Span(span.start, inner.start), Span(inner.end, span.end))),
    )


def _whole_days(inner: Span, built: BuiltDays, cuts: Sequence[datetime]) -> Iterator[Span]:
    zone = ZoneInfo(built.tz)
    for day in days_of(inner, zone):
        found = day_span(day, zone)
        whole = inner.start <= found.start and found.end <= inner.end
        cut = bisect_right(cuts, found.start) != bisect_left(cuts, found.end)
        if day >= built.since and whole and not cut:
            yield found


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, with those that meet made one."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].end == span.start:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return tuple(joined)


def _between(whole: Span, taken: Sequence[Span]) -> tuple[Span, ...]:
    starts = [whole.start, *(span.end for span in taken)]
    ends = [*(span.start for span in taken), whole.end]
    return _not_empty(Span(start, end) for start, end in zip(starts, ends, strict=True))


def _not_empty(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(span for span in spans if span.start < span.end)
