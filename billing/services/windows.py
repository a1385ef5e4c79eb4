"""Windows and days, made anew from the records below them.

Laws: nothing is ever added to a sum: a window is deleted and summed again, and its total and its
day with it in the same transaction, so each is the sum of its windows at every moment. One
transaction at a time works on a tenant. A mark is cleared last, and only if nothing came since it
was read. What cannot be summed stays marked and is logged; no other day or tenant waits for it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import DatabaseError, connection

from accounts.models import Tenant
from accounts.tenancy import platform_scope, tenant_scope
from billing.models import CostRecord
from billing.partitions import day_of as day_of_partition
from billing.partitions import partitions
from billing.selectors.progress import progress
from billing.selectors.windows import BUILT_FROM_THE_FIRST, built_days
from billing.services.tag_windows import sum_tags
from billing.sums import (
    DELETE_DAY,
    DELETE_TOTALS,
    DELETE_WINDOWS,
    INSERT_DAY,
    INSERT_TOTALS,
    INSERT_WINDOWS,
)
from billing.windows import (
    ONE_DAY,
    WINDOW,
    BuiltDays,
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
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('usage of ' || %s, 0))"
WAITING: Final = "SELECT DISTINCT tenant_id FROM dirty_windows ORDER BY 1"
BACKLOG: Final = "SELECT count(*) FROM dirty_windows"
OF_ANOTHER_ZONE: Final = """
SELECT t.id FROM tenants t LEFT JOIN usage_zones z ON z.tenant_id = t.id
WHERE z.tz IS DISTINCT FROM t.reporting_tz OR z.built_since > %s ORDER BY 1
"""
MARKED: Final = "SELECT window_start FROM dirty_windows WHERE tenant_id = %s ORDER BY 1"
MARKS: Final = """
SELECT window_start, version FROM dirty_windows
WHERE tenant_id = %s AND window_start >= %s AND window_start < %s ORDER BY 1
"""
CLEAR_MARKS: Final = """
DELETE FROM dirty_windows d USING unnest(%s::timestamptz[], %s::bigint[]) AS seen (start, version)
WHERE d.tenant_id = %s AND d.window_start = seen.start AND d.version = seen.version
"""
SET_ZONE: Final = """
INSERT INTO usage_zones (tenant_id, tz, built_since) VALUES (%s, %s, %s)
ON CONFLICT (tenant_id) DO UPDATE SET tz = excluded.tz, built_since = excluded.built_since
"""
FORGET_DAYS: Final = "DELETE FROM usage_days WHERE tenant_id = %s"
# Only the default partition has records of before the first day.
STRAYS: Final = "SELECT min(started_at) FROM cost_records WHERE started_at < %s"
ENDS: Final = "SELECT min(window_start), max(window_start) FROM usage_windows WHERE tenant_id = %s"

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
        with _alone(tenant_id) as built:
            days = days_of(span, ZoneInfo(built.tz))
        for day in days:
            yield _sum_day(tenant_id, day, within=span)


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
        with _isolated(tenant_id), _alone(tenant_id) as built:
            zone = ZoneInfo(built.tz)
            days = {day_of(start, zone) for start in _starts(MARKED, [tenant_id])}
        for day in sorted(days):
            slice_ = None
            with _isolated(tenant_id, day):
                slice_ = _sum_day(tenant_id, day)
            yield slice_
    for tenant_id in _tenants(OF_ANOTHER_ZONE, [BUILT_FROM_THE_FIRST]):
        with _isolated(tenant_id):
            yield from _build_days(tenant_id)


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


@contextmanager
def _alone(tenant_id: UUID) -> Iterator[BuiltDays]:
    """A transaction in which nobody else sums this tenant."""
    with tenant_scope(tenant_id=tenant_id):
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [str(tenant_id)])
        yield _in_the_zone_of_today(tenant_id)


def _in_the_zone_of_today(tenant_id: UUID) -> BuiltDays:
    """What is built; days of a zone that is no longer the tenant's are forgotten."""
    tz = Tenant.objects.values_list("reporting_tz", flat=True).get(pk=tenant_id)
    built = built_days(tenant_id=tenant_id)
    if built is not None and built.tz == tz:
        return built
    _, last = _ends(tenant_id)
    since = BUILT_FROM_THE_FIRST
    if last is not None:
        since = day_of(max(last, datetime.now(UTC)), ZoneInfo(tz)) + ONE_DAY
    with connection.cursor() as cursor:
        cursor.execute(FORGET_DAYS, [tenant_id])
        cursor.execute(SET_ZONE, [tenant_id, tz, since])
    return BuiltDays(tz=tz, since=since)


def _sum_day(tenant_id: UUID, day: date, *, within: Span | None = None) -> Slice:
    """The marked windows of the day, or those of the day within a span; and the day itself."""
    with _alone(tenant_id) as built:
        whole = day_span(day, ZoneInfo(built.tz))
        marks = _marks(tenant_id, whole)
        spans = merged(start for start, _ in marks)
        if within is not None:
            spans = [Span(max(within.start, whole.start), min(within.end, whole.end))]
            marks = [mark for mark in marks if spans[0].start <= mark[0] < spans[0].end]
        _sum_records(tenant_id, spans)
        sum_tags(tenant_id=tenant_id, spans=spans)
        if day >= built.since:
            _sum_windows(tenant_id, day, whole)
        # Last, for the shipper waits for whoever clears what it wants to mark.
        _clear(tenant_id, marks)
    windows = sum((span.end - span.start) // WINDOW for span in spans)
    return Slice(tenant_id=tenant_id, day=day, windows=windows)


def _sum_records(tenant_id: UUID, spans: list[Span]) -> None:
    bounds: dict[str, Any] = {
        "tenant": tenant_id,
        "starts": [span.start for span in spans],
        "ends": [span.end for span in spans],
    }
    with connection.cursor() as cursor:
        for span in spans:
            one: dict[str, Any] = {"tenant": tenant_id, "start": span.start, "end": span.end}
            cursor.execute(DELETE_WINDOWS, one)
            cursor.execute(DELETE_TOTALS, one)
        cursor.execute(INSERT_WINDOWS, bounds)
        cursor.execute(INSERT_TOTALS, bounds)


def _sum_windows(tenant_id: UUID, day: date, whole: Span) -> None:
    bounds: dict[str, Any] = {
        "tenant": tenant_id,
        "day": day,
        "start": whole.start,
        "end": whole.end,
    }
    with connection.cursor() as cursor:
        cursor.execute(DELETE_DAY, bounds)
        cursor.execute(INSERT_DAY, bounds)


def _build_days(tenant_id: UUID) -> Iterator[Slice]:
    """From the last day to the first: what people look at most is there soonest."""
    while True:
        with _alone(tenant_id) as built:
            zone = ZoneInfo(built.tz)
            first, _ = _ends(tenant_id)
            if built.since == BUILT_FROM_THE_FIRST:
                return
            day = built.since - ONE_DAY
            older = first is not None and day >= day_of(first, zone)
            if older:
                _sum_windows(tenant_id, day, day_span(day, zone))
            since = day if older else BUILT_FROM_THE_FIRST
            with connection.cursor() as cursor:
                cursor.execute(SET_ZONE, [tenant_id, built.tz, since])
        yield Slice(tenant_id=tenant_id, day=day, windows=0)


def _ends(tenant_id: UUID) -> tuple[datetime | None, datetime | None]:
    with connection.cursor() as cursor:
        cursor.execute(ENDS, [tenant_id])
        found: tuple[datetime | None, datetime | None] = cursor.fetchone()
        return found


def _starts(query: str, parameters: list[Any]) -> list[datetime]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [start for (start,) in cursor.fetchall()]


def _marks(tenant_id: UUID, span: Span) -> list[tuple[datetime, int]]:
    with connection.cursor() as cursor:
        cursor.execute(MARKS, [tenant_id, span.start, span.end])
        found: list[tuple[datetime, int]] = cursor.fetchall()
        return found


def _clear(tenant_id: UUID, marks: list[tuple[datetime, int]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            CLEAR_MARKS,
            [[start for start, _ in marks], [version for _, version in marks], tenant_id],
        )
