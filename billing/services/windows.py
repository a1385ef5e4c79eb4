"""Windows and days, made anew from the records below them.

Laws: nothing is ever added to a sum; a window is deleted and summed again, and its day with it in
the same transaction, so a day is the sum of its windows at every moment. One transaction at a time
works on a tenant. A mark is cleared last, and only if nothing came since it was read.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import platform_scope, tenant_scope
from billing import sums
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

# Below the minute that a task may take, by more than one day of one tenant takes.
BUDGET_S: Final = 40.0
LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('usage of ' || %s, 0))"
WAITING: Final = "SELECT DISTINCT tenant_id FROM dirty_windows"
OUTDATED: Final = """
SELECT t.id FROM tenants t LEFT JOIN usage_zones z ON z.tenant_id = t.id
WHERE z.tz IS DISTINCT FROM t.reporting_tz OR z.built_since > %s
"""
MARKS: Final = """
SELECT window_start, version FROM dirty_windows
WHERE tenant_id = %s AND window_start >= %s AND window_start < %s
"""
MARKED: Final = "SELECT window_start FROM dirty_windows WHERE tenant_id = %s ORDER BY 1"
CLEAR_MARKS: Final = """
DELETE FROM dirty_windows d USING unnest(%s::timestamptz[], %s::bigint[]) AS seen (start, version)
WHERE d.tenant_id = %s AND d.window_start = seen.start AND d.version = seen.version
"""
SET_ZONE: Final = """
INSERT INTO usage_zones (tenant_id, tz, built_since) VALUES (%s, %s, %s)
ON CONFLICT (tenant_id) DO UPDATE SET tz = excluded.tz, built_since = excluded.built_since
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregated:
    windows: int
    days: int
    # False: the time was up before the work was; the next run goes on.
    finished: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A day of a tenant, made anew."""

    tenant_id: UUID
    day: date
    windows: int


def aggregate_windows(*, budget_s: float = BUDGET_S) -> Aggregated:
    """All that is marked, and days of zones that were changed, as far as the time allows."""
    until = time.monotonic() + budget_s
    windows = days = 0
    for step in _steps():
        if time.monotonic() > until:
            return Aggregated(windows=windows, days=days, finished=False)
        windows += step()
        days += 1
    return Aggregated(windows=windows, days=days, finished=True)


def rebuild(*, span: Span) -> Iterator[Slice]:
    """Every window that the span touches, marked or not, day by day and tenant by tenant."""
    span = Span(floor(span.start), ceil(span.end))
    with platform_scope("rebuild the windows of all tenants"):
        tenants = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    for tenant_id in tenants:
        for day in days_of(span, _zone_of(tenant_id)):
            with _tenant_alone(tenant_id) as built:
                found = day_span(day, ZoneInfo(built.tz))
                part = Span(max(span.start, found.start), min(span.end, found.end))
                yield Slice(tenant_id=tenant_id, day=day, windows=_sum_again(tenant_id, built, part))
