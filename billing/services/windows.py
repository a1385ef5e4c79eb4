"""Windows and days, made anew from the records below them.

Laws: nothing is ever added to a sum: a window is deleted and summed again, and its total and its
day with it in the same transaction, so each is the sum of its windows at every moment. One
transaction at a time works on a tenant. A mark is cleared last, and only if nothing came since it
was read. What cannot be summed stays marked and is logged; no other day or tenant waits for it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import DatabaseError, connection

from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing.models import CostRecord
from billing.partitions import day_of as day_of_partition
from billing.partitions import partitions
from billing.selectors.progress import progress
from billing.selectors.windows import BUILT_FROM_THE_FIRST
from billing.services.closed_days import RecordsGone, open_part, sum_closed_day
from billing.services.tenant_sums import (
    alone,
    clear,
    ends,
    marks_of,
    set_built,
    sum_records,
    sum_windows,
)
from billing.windows import (
    ONE_DAY,
    WINDOW,
    Span,
    ceil,
    day_of,
    day_span,
    day_start,
    days_of,
    floor,
    merged,
)

# With what one more day of one tenant takes it stays below the minute that a task may take.
BUDGET_S: Final = 40.0
WAITING: Final = "SELECT DISTINCT tenant_id FROM dirty_windows ORDER BY 1"
BACKLOG: Final = "SELECT count(*) FROM dirty_windows"
OF_ANOTHER_ZONE: Final = """
SELECT t.id FROM tenants t LEFT JOIN usage_zones z ON z.tenant_id = t.id
WHERE z.tz IS DISTINCT FROM t.reporting_tz OR z.built_since > %s ORDER BY 1
"""
MARKED: Final = "SELECT window_start FROM dirty_windows WHERE tenant_id = %s ORDER BY 1"
# Only the default partition has records of before the first day.
STRAYS: Final = "SELECT min(started_at) FROM cost_records WHERE started_at < %s"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A day of a tenant, made anew."""

    tenant_id: UUID
    day: date
    windows: int


def aggregate(*, budget_s: float = BUDGET_S) -> list[Slice]:
    """What is marked, and the days of zones that changed; the next run goes on with the rest."""
    until = time.monotonic() + budget_s
    done = []
    for slice_ in _work():
        if slice_ is not None:
            done.append(slice_)
        if time.monotonic() > until:
            break
    return done


def rebuild(*, span: Span) -> Iterator[Slice]:
    """Every window the span touches, marked or not; each slice is a transaction of its own."""
    span = Span(floor(span.start), ceil(span.end))
    with platform_scope("rebuild the windows of all tenants"):
        tenants = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    for tenant_id in tenants:
        with alone(tenant_id) as built:
            zone, kept_from = ZoneInfo(built.tz), built.kept_from or span.start
        closed_until = min(kept_from, span.end)
        at = span.start
        while at < closed_until:
            slice_, at = _sum_closed(tenant_id, at, zone=zone)
            if slice_ is not None:
                yield slice_
        rest = Span(max(at, span.start), span.end)
        for day in days_of(rest, zone) if rest.start < rest.end else []:
            yield _sum_day(tenant_id, day, within=rest)


def kept_since() -> datetime | None:
    """Of what is older no records are kept, only sums, which must not be made anew; None while
    there is no table of a day."""
    with platform_scope("find the first day that is kept"), connection.cursor() as cursor:
        names = partitions(cursor, CostRecord._meta.db_table)  # noqa: SLF001 - Django's documented meta API
        days = [day for name in names if (day := day_of_partition(name)) is not None]
        if not days:
            return None
        first = day_start(min(days), ZoneInfo("UTC"))
        cursor.execute(STRAYS, [first])
        (stray,) = cursor.fetchone()
        return min(first, stray or first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Windows that wait, and up to when the books are final; None while no shipper tells."""

    windows: int
    complete_to: datetime | None


def backlog() -> Backlog:
    with platform_scope("count what waits to be summed"), connection.cursor() as cursor:
        cursor.execute(BACKLOG)
        (windows,) = cursor.fetchone()
        return Backlog(windows=windows, complete_to=progress().complete_to)


def _work() -> Iterator[Slice | None]:
    """None: a day that could not be summed."""
    for tenant_id in _tenants(WAITING):
        days: set[date] = set()
        closed: list[datetime] = []
        zone = ZoneInfo("UTC")
        with _isolated(tenant_id), alone(tenant_id) as built:
            zone = ZoneInfo(built.tz)
            starts = _starts(MARKED, [tenant_id])
            closed = [start for start in starts if built.kept_from and start < built.kept_from]
            days = {day_of(start, zone) for start in starts[len(closed) :]}
        yield from _closed_work(tenant_id, closed, zone=zone)
        for day in sorted(days):
            slice_ = None
            with _isolated(tenant_id, day):
                slice_ = _sum_day(tenant_id, day)
            yield slice_
    for tenant_id in _tenants(OF_ANOTHER_ZONE, [BUILT_FROM_THE_FIRST]):
        with _isolated(tenant_id):
            yield from _build_days(tenant_id)


def _closed_work(
    tenant_id: UUID, starts: list[datetime], *, zone: ZoneInfo
) -> Iterator[Slice | None]:
    done_until = datetime.min.replace(tzinfo=UTC)
    for start in starts:
        if start >= done_until:
            slice_ = None
            with _isolated(tenant_id, day_of(start, zone)):
                slice_, done_until = _sum_closed(tenant_id, start, zone=zone)
            yield slice_


def _sum_closed(tenant_id: UUID, at: datetime, *, zone: ZoneInfo) -> tuple[Slice | None, datetime]:
    """And where the closed day around the moment ends."""
    try:
        day = sum_closed_day(tenant_id, at)
    except RecordsGone as gone:
        log.error(
            "closed_day_without_records",
            tenant_id=str(tenant_id),
            day=gone.day.start.isoformat(),
        )
        return None, gone.day.end
    windows = (day.end - day.start) // WINDOW
    return Slice(tenant_id=tenant_id, day=day_of(day.start, zone), windows=windows), day.end


@contextmanager
def _isolated(tenant_id: UUID, day: date | None = None) -> Iterator[None]:
    try:
        yield
    except (DatabaseError, Tenant.DoesNotExist) as error:
        if not connection.is_usable():
            raise
        log.error(
            "windows_not_summed",
            tenant_id=str(tenant_id),
            day=None if day is None else day.isoformat(),
            error=str(error).strip(),
        )


def _tenants(query: str, parameters: list[Any] | None = None) -> list[UUID]:
    with platform_scope("find the tenants whose sums are old"), connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def _sum_day(tenant_id: UUID, day: date, *, within: Span | None = None) -> Slice:
    """The marked windows of the day, or those of the day within a span; and the day itself."""
    with alone(tenant_id) as built:
        whole = open_part(day_span(day, ZoneInfo(built.tz)), built)
        marks = marks_of(tenant_id, whole)
        spans = merged(start for start, _ in marks)
        if within is not None:
            spans = [Span(max(within.start, whole.start), min(within.end, whole.end))]
            marks = [mark for mark in marks if spans[0].start <= mark[0] < spans[0].end]
        sum_records(tenant_id, spans)
        if day >= built.since:
            sum_windows(tenant_id, whole)
        # Last, for the shipper waits for whoever clears what it wants to mark.
        clear(tenant_id, marks)
    windows = sum((span.end - span.start) // WINDOW for span in spans)
    return Slice(tenant_id=tenant_id, day=day, windows=windows)


def _build_days(tenant_id: UUID) -> Iterator[Slice]:
    """From the last day to the first: what people look at most is there soonest."""
    while True:
        with alone(tenant_id) as built:
            zone = ZoneInfo(built.tz)
            first, _ = ends(tenant_id)
            if built.since == BUILT_FROM_THE_FIRST:
                return
            day = built.since - ONE_DAY
            older = first is not None and day >= day_of(first, zone)
            if older:
                sum_windows(tenant_id, open_part(day_span(day, zone), built))
            since = day if older else BUILT_FROM_THE_FIRST
            set_built(tenant_id, replace(built, since=since))
        yield Slice(tenant_id=tenant_id, day=day, windows=0)


def _starts(query: str, parameters: list[Any]) -> list[datetime]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [start for (start,) in cursor.fetchall()]
