"""The sums of one tenant, in a transaction in which nobody else makes them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import tenant_scope
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
from billing.tag_sums import DELETE_TAGS
from billing.windows import ONE_DAY, BuiltDays, Span, day_of

Mark = tuple[datetime, int]

LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('usage of ' || %s, 0))"
SET_ZONE: Final = """
INSERT INTO usage_zones (tenant_id, tz, built_since, kept_from) VALUES (%s, %s, %s, %s)
ON CONFLICT (tenant_id) DO UPDATE
SET tz = excluded.tz, built_since = excluded.built_since, kept_from = excluded.kept_from
"""
# What is closed stays: there are no windows any more to make it of.
FORGET_DAYS: Final = """
DELETE FROM usage_days WHERE tenant_id = %s AND day_start >= coalesce(%s::timestamptz, '-infinity')
"""
ENDS: Final = "SELECT min(window_start), max(window_start) FROM usage_windows WHERE tenant_id = %s"
MARKS: Final = """
SELECT window_start, version FROM dirty_windows
WHERE tenant_id = %s AND window_start >= %s AND window_start < %s ORDER BY 1
"""
CLEAR_MARKS: Final = """
DELETE FROM dirty_windows d USING unnest(%s::timestamptz[], %s::bigint[]) AS seen (start, version)
WHERE d.tenant_id = %s AND d.window_start = seen.start AND d.version = seen.version
"""


@contextmanager
def alone(tenant_id: UUID) -> Iterator[BuiltDays]:
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
    kept_from = built.kept_from if built is not None else None
    _, last = ends(tenant_id)
    since = BUILT_FROM_THE_FIRST
    if last is not None:
        since = day_of(max(last, datetime.now(UTC)), ZoneInfo(tz)) + ONE_DAY
    with connection.cursor() as cursor:
        cursor.execute(FORGET_DAYS, [tenant_id, kept_from])
    built = BuiltDays(tz=tz, since=since, kept_from=kept_from)
    set_built(tenant_id, built)
    return built


def set_built(tenant_id: UUID, built: BuiltDays) -> None:
    with connection.cursor() as cursor:
        cursor.execute(SET_ZONE, [tenant_id, built.tz, built.since, built.kept_from])


def ends(tenant_id: UUID) -> tuple[datetime | None, datetime | None]:
    """The first and the last window."""
    with connection.cursor() as cursor:
        cursor.execute(ENDS, [tenant_id])
        found: tuple[datetime | None, datetime | None] = cursor.fetchone()
        return found


def sum_records(tenant_id: UUID, spans: Sequence[Span]) -> None:
    """The windows of the spans, of records."""
    bounds: dict[str, Any] = {
        "tenant": tenant_id,
        "starts": [span.start for span in spans],
        "ends": [span.end for span in spans],
    }
    with connection.cursor() as cursor:
        for span in spans:
            cursor.execute(DELETE_WINDOWS, _of(tenant_id, span))
            cursor.execute(DELETE_TOTALS, _of(tenant_id, span))
        cursor.execute(INSERT_WINDOWS, bounds)
        cursor.execute(INSERT_TOTALS, bounds)
    sum_tags(tenant_id=tenant_id, spans=spans)


def sum_windows(tenant_id: UUID, day: Span) -> None:
    """The day, of its windows."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_DAY, _of(tenant_id, day))
        cursor.execute(INSERT_DAY, _of(tenant_id, day))


def drop_windows(tenant_id: UUID, span: Span) -> None:
    with connection.cursor() as cursor:
        for statement in (DELETE_WINDOWS, DELETE_TOTALS, DELETE_TAGS):
            cursor.execute(statement, _of(tenant_id, span))


def marks_of(tenant_id: UUID, span: Span) -> list[Mark]:
    with connection.cursor() as cursor:
        cursor.execute(MARKS, [tenant_id, span.start, span.end])
        found: list[Mark] = cursor.fetchall()
        return found


def clear(tenant_id: UUID, marks: Sequence[Mark]) -> None:
    """Those that have not been marked again since they were read."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLEAR_MARKS,
            [[start for start, _ in marks], [version for _, version in marks], tenant_id],
        )


def _of(tenant_id: UUID, span: Span) -> dict[str, Any]:
    return {"tenant": tenant_id, "start": span.start, "end": span.end}
