"""Records of a tenant as the shipper leaves them: each with the mark of its window."""

from typing import Any, Final

from django.db import connection

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing.measures import HISTOGRAMS, KEYS, MEASURES
from billing.models import CostRecord
from billing.windows import floor
from tests.factories.billing import CostRecordFactory

MARK: Final = """
INSERT INTO dirty_windows (tenant_id, window_start) VALUES (%s, %s)
ON CONFLICT (tenant_id, window_start) DO UPDATE SET version = dirty_windows.version + 1
"""
SUMS: Final = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in MEASURES)
OF_RECORDS: Final = ", ".join(
    f"coalesce(sum({expression}), 0)::bigint" for expression in MEASURES.values()
)


def book(tenant: Tenant, *records: dict[str, Any]) -> None:
    """One transaction, as a batch of the shipper; `at` is short for `started_at`."""
    with platform_scope("test"), connection.cursor() as cursor:
        rows = [
            CostRecordFactory.build(
                tenant=tenant,
                request_id=fields.get("request_id") or new_id(),
                started_at=fields["at"],
                **{
                    name: value
                    for name, value in fields.items()
                    if name not in {"at", "request_id"}
                },
            )
            for fields in records
        ]
        CostRecord.objects.bulk_create(rows)
        for start in sorted({floor(fields["at"]) for fields in records}):
            cursor.execute(MARK, [tenant.id, start])


def content(table: str) -> list[tuple[Any, ...]]:
    """Every row of every tenant, in an order of its own."""
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")  # noqa: S608 - a table of the test
        return list(cursor.fetchall())


def sums_of(table: str) -> dict[str, int]:
    """Every measure over all rows of windows, days or records."""
    query = OF_RECORDS if table == "cost_records" else SUMS
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute(f"SELECT {query} FROM {table}")  # noqa: S608 - see above
        return dict(zip(MEASURES, cursor.fetchone(), strict=True))


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
            " ORDER BY ordinal_position",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


SUMMED: Final = [*KEYS, *MEASURES, *(f"{name}_buckets" for name in HISTOGRAMS)]
