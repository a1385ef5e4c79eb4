"""For which zone a tenant's days are summed, how far back, and since when windows are kept."""

from datetime import date
from typing import Final
from uuid import UUID

from django.db import connection

from billing.windows import BuiltDays

BUILT_FROM_THE_FIRST: Final = date.min
ZONE: Final = "SELECT tz, built_since, kept_from FROM usage_zones WHERE tenant_id = %s"


def built_days(*, tenant_id: UUID) -> BuiltDays | None:
    """None before the first window."""
    with connection.cursor() as cursor:
        cursor.execute(ZONE, [tenant_id])
        row = cursor.fetchone()
    return None if row is None else BuiltDays(tz=row[0], since=row[1], kept_from=row[2])
