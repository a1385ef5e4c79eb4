"""Windows that nobody has to keep any more, and the days that stay in their place.

Laws: windows go a whole day of the tenant's zone at once, in order, when the day is summed and no
window of it waits; from then on the day stands as it was closed, whatever the zone is later. What
comes late for it makes it anew of its records, as a whole.
"""

import time
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from django.db import connection

from accounts.tenancy import platform_scope
from billing.services.tenant_sums import (
    alone,
    clear,
    drop_windows,
    ends,
    marks_of,
    set_built,
    sum_records,
    sum_windows,
)
from billing.windows import ONE_DAY, BuiltDays, Span, day_of, day_span

# With one more day of one tenant it stays below the minute that a task may take.
BUDGET_S: Final = 40.0
WITH_OLD_WINDOWS: Final = """
SELECT tenant_id FROM usage_zones z WHERE EXISTS (
    SELECT FROM usage_windows w WHERE w.tenant_id = z.tenant_id AND w.window_start < %s
) ORDER BY 1
"""
BEFORE: Final = """
SELECT day_start, day_end FROM usage_days WHERE tenant_id = %s AND day_start <= %s
ORDER BY day_start DESC LIMIT 1
"""
AFTER: Final = "SELECT min(day_start) FROM usage_days WHERE tenant_id = %s AND day_start > %s"

REQUESTS: Final = """
SELECT coalesce(sum(requests), 0) FROM usage_days
WHERE tenant_id = %s AND day_start >= %s AND day_start < %s
"""

log = structlog.get_logger(__name__)


class RecordsGone(Exception):
    """Of a part of the day there are no records any more, so its sums stay as they are."""

    def __init__(self, day: Span) -> None:
        super().__init__(f"no records are kept of {day.start}")
        self.day = day


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    days: int
    more: bool  # the time was up


def drop_expired_windows(
    *, keep_days: int, budget_s: float = BUDGET_S, now: datetime | None = None
) -> Run:
    """From each tenant's oldest day on, until one must stay or the time is up."""
    until = time.monotonic() + budget_s
    now = now or datetime.now(tz=UTC)
    days = 0
    with platform_scope("find the tenants with old windows"), connection.cursor() as cursor:
        cursor.execute(WITH_OLD_WINDOWS, [now - timedelta(days=keep_days)])
        tenants = [tenant_id for (tenant_id,) in cursor.fetchall()]
    for tenant_id in tenants:
        while _drop_day(tenant_id, keep_days=keep_days, now=now):
            days += 1
            if time.monotonic() > until:
                return Run(days=days, more=True)
    return Run(days=days, more=False)


def _drop_day(tenant_id: UUID, *, keep_days: int, now: datetime) -> bool:
    """False: there is none that may go."""
    with alone(tenant_id) as built:
        zone = ZoneInfo(built.tz)
        first, _ = ends(tenant_id)
        if first is None or not _may_go(first, built, before=_first_kept(now, zone, keep_days)):
            return False
        day = open_part(day_span(day_of(first, zone), zone), built)
        if marks_of(tenant_id, day):
            log.error(
                "expired_windows_still_open", tenant_id=str(tenant_id), day=day.start.isoformat()
            )
            return False
        drop_windows(tenant_id, day)
        set_built(tenant_id, replace(built, kept_from=day.end))
        return True


def _first_kept(now: datetime, zone: ZoneInfo, keep_days: int) -> date:
    return day_of(now, zone) - keep_days * ONE_DAY


def _may_go(first: datetime, built: BuiltDays, *, before: date) -> bool:
    """Days of a new zone are still being made of windows."""
    return built.since <= day_of(first, ZoneInfo(built.tz)) < before


def open_part(day: Span, built: BuiltDays) -> Span:
    """The first day of a zone begins where the last one of the zone before it was closed."""
    return Span(max(day.start, built.kept_from or day.start), day.end)


def sum_closed_day(tenant_id: UUID, at: datetime) -> Span:
    """The closed day around a moment, made anew; raises RecordsGone, and then nothing changes."""
    with alone(tenant_id) as built:
        day = _closed_day(tenant_id, at, built)
        counted = _requests(tenant_id, day)
        marks = marks_of(tenant_id, day)
        sum_records(tenant_id, [day])
        sum_windows(tenant_id, day)
        # Records are only ever added, until their day goes whole.
        if _requests(tenant_id, day) < counted:
            raise RecordsGone(day)
        drop_windows(tenant_id, day)
        clear(tenant_id, marks)
        return day


def _requests(tenant_id: UUID, day: Span) -> int:
    with connection.cursor() as cursor:
        cursor.execute(REQUESTS, [tenant_id, day.start, day.end])
        (count,) = cursor.fetchone()
        return int(count)


def _closed_day(tenant_id: UUID, at: datetime, built: BuiltDays) -> Span:
    """As it was closed; of a day without usage, what lies between its neighbours."""
    with connection.cursor() as cursor:
        cursor.execute(BEFORE, [tenant_id, at])
        before = cursor.fetchone()
        if before is not None and at < before[1]:
            return Span(*before)
        cursor.execute(AFTER, [tenant_id, at])
        (after,) = cursor.fetchone()
    zone = ZoneInfo(built.tz)
    day = day_span(day_of(at, zone), zone)
    starts = [day.start, *([before[1]] if before is not None else [])]
    stops = [one for one in (day.end, after, built.kept_from) if one is not None]
    return Span(max(starts), min(stops))
