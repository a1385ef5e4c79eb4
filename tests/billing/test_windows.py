"""Windows and days are what their records sum to, however often and whenever they are made."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from unittest import mock
from uuid import UUID

import pytest
from django.db import OperationalError, connection, connections
from structlog.testing import capture_logs

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import platform_scope, tenant_scope
from billing.measures import BUCKET_ENDS_MS, BUCKETS, KEYS, percentile_ms
from billing.selectors.windows import BUILT_FROM_THE_FIRST, built_days
from billing.services import tenant_sums, windows
from billing.services.windows import aggregate, rebuild
from billing.tasks import aggregate_windows
from billing.windows import (
    BuiltDays,
    Span,
)
from tests.billing.books import MARK, SUMMED, book, columns_of, content, sums_of
from tests.factories.accounts import TenantFactory

NOON: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TABLES: Final = ("usage_windows", "usage_totals", "usage_days", "usage_zones", "dirty_windows")
SUMS: Final = ("usage_windows", "usage_totals", "usage_days")


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant()


def make_tenant(tz: str = "Asia/Shanghai") -> Tenant:
    with platform_scope("test"):
        made: Tenant = TenantFactory(reporting_tz=tz)
        return made


def assert_sums_are_those_of_records() -> None:
    records = sums_of("cost_records")
    assert [sums_of(table) for table in SUMS] == [records] * len(SUMS)


def state() -> list[list[Any]]:
    return [content(table) for table in TABLES]


def some_records(count: int = 40) -> list[dict[str, Any]]:
    """Over three hours, of two people and two models, one in ten unpriced, one in seven failed."""
    people = [new_id(), new_id()]
    return [
        {
            "at": NOON + timedelta(minutes=4.3 * n),
            "user_id": people[n % 2],
            "requested_model": f"model-{n % 2}",
            "in_fresh": n,
            "in_cache_read": 3 * n,
            "out_text": 7,
            "cost_nano": None if n % 10 == 0 else 1_000 + n,
            "charge_nano": 0 if n % 10 == 0 else 1_100 + n,
            "status": "upstream_error" if n % 7 == 0 else "ok",
            "attempts": 1 + n % 3,
            "latency_ms": n * n,
            "ttft_ms": None if n % 4 == 0 else n,
        }
        for n in range(count)
    ]


# --- sums -----------------------------------------------------------------------------------------


def test_every_measure_is_a_column_of_windows_and_days(db: None) -> None:
    assert columns_of("usage_windows") == ["tenant_id", "window_start", *SUMMED]
    totals = [name for name in SUMMED if name not in KEYS]
    assert columns_of("usage_totals") == ["tenant_id", "window_start", *totals]
    assert columns_of("usage_days") == ["tenant_id", "day_start", "day_end", *SUMMED]


def test_windows_and_days_sum_to_the_records(tenant: Tenant) -> None:
    book(tenant, *some_records())

    aggregate_windows()

    assert_sums_are_those_of_records()
    assert content("dirty_windows") == []


def test_the_sums_are_those_of_the_oracle(tenant: Tenant) -> None:
    records = some_records()
    book(tenant, *records)

    aggregate()

    sums = sums_of("usage_windows")
    assert sums["requests"] == sums["final_requests"] == sums["latency_count"] == len(records)
    assert sums["errors"] == sum(record["status"] != "ok" for record in records)
    assert sums["attempts"] == sum(record["attempts"] for record in records)
    assert sums["fallbacks"] == sum(record["attempts"] > 1 for record in records)
    assert sums["unpriced"] == sum(record["cost_nano"] is None for record in records)
    assert sums["cost_nano"] == sum(record["cost_nano"] or 0 for record in records)
    assert sums["charge_nano"] == sum(record["charge_nano"] for record in records)
    assert sums["latency_ms_sum"] == sum(record["latency_ms"] for record in records)
    assert sums["ttft_count"] == sum(record["ttft_ms"] is not None for record in records)
    assert sums["ttft_ms_sum"] == sum(record["ttft_ms"] or 0 for record in records)


def test_attempts_and_corrections_are_money_but_no_second_request(tenant: Tenant) -> None:
    same = {"at": NOON, "request_id": new_id(), "latency_ms": 10}
    book(
        tenant,
        {**same, "attempt": 0, "final": False, "status": "upstream_error", "cost_nano": 3},
        {**same, "attempt": 1, "attempts": 2, "cost_nano": 5, "charge_nano": 5, "out_text": 9},
        {**same, "attempt": 1, "kind": "correction", "charge_nano": -2, "out_text": -4},
    )

    aggregate()

    sums = sums_of("usage_windows")
    assert (sums["requests"], sums["final_requests"], sums["fallbacks"]) == (2, 1, 1)
    assert (sums["errors"], sums["attempts"], sums["latency_ms_sum"]) == (0, 2, 10)
    assert (sums["cost_nano"], sums["charge_nano"], sums["out_text"]) == (8, 3, 5)


def test_histograms_count_each_request_once(tenant: Tenant) -> None:
    latencies = [0, 4, 5, 349, 10**6]
    book(tenant, *({"at": NOON, "latency_ms": latency} for latency in latencies))

    aggregate()

    with platform_scope("test"), connection.cursor() as cursor:
        for table in SUMS:
            cursor.execute(f"SELECT latency_ms_buckets, ttft_ms_buckets FROM {table}")  # noqa: S608 - a table of ours
            ((latency, ttft),) = cursor.fetchall()
            assert {n: count for n, count in enumerate(latency) if count} == {
                0: 2, 1: 1, BUCKET_ENDS_MS.index(349) + 1: 1, BUCKETS - 1: 1,
            }  # fmt: skip
            assert ttft == [0] * BUCKETS


def test_a_percentile_is_the_end_of_its_bucket() -> None:
    counts = [0] * BUCKETS
    assert percentile_ms(counts, percent=50) is None
    counts[3], counts[10], counts[BUCKETS - 1] = 50, 49, 1
    assert percentile_ms(counts, percent=50) == BUCKET_ENDS_MS[3]
    assert percentile_ms(counts, percent=99) == BUCKET_ENDS_MS[10]
    assert percentile_ms(counts, percent=100) == BUCKET_ENDS_MS[-1]


# --- F-19: twice, at once, out of order, and late -------------------------------------------------


def test_a_second_run_changes_nothing(tenant: Tenant) -> None:
    book(tenant, *some_records())
    aggregate()
    before = state()

    assert aggregate() == []
    list(rebuild(span=Span(NOON, NOON + timedelta(hours=4))))

    assert state() == before


def test_the_order_in_which_records_come_makes_no_difference(tenant: Tenant) -> None:
    records = [{**record, "request_id": new_id()} for record in some_records()]
    other = make_tenant()
    book(tenant, *records)
    aggregate()
    for record in reversed(records):
        book(other, {**record, "request_id": new_id()})
        aggregate()

    with platform_scope("test"), connection.cursor() as cursor:
        for table in SUMS:
            cursor.execute(
                f"SELECT (t.*)::text FROM {table} t WHERE tenant_id = %s ORDER BY 1",  # noqa: S608 - a table of ours
                [tenant.id],
            )
            ours = [row.replace(str(tenant.id), "") for (row,) in cursor.fetchall()]
            cursor.execute(
                f"SELECT (t.*)::text FROM {table} t WHERE tenant_id = %s ORDER BY 1",  # noqa: S608 - see above
                [other.id],
            )
            theirs = [row.replace(str(other.id), "") for (row,) in cursor.fetchall()]
            assert ours == theirs


def test_a_record_twenty_minutes_late_is_in_the_next_run(tenant: Tenant) -> None:
    book(tenant, *some_records())
    aggregate()
    book(tenant, {"at": NOON - timedelta(minutes=20), "charge_nano": 77, "cost_nano": 70})
    assert len(content("dirty_windows")) == 1

    aggregate()

    assert_sums_are_those_of_records()
    assert content("dirty_windows") == []


def test_a_mark_that_was_set_again_meanwhile_stays(tenant: Tenant, monkeypatch: Any) -> None:
    book(tenant, {"at": NOON, "charge_nano": 1})

    def late(tenant_id: Any, marks: Any) -> None:
        book(tenant, {"at": NOON, "charge_nano": 2})
        tenant_sums.clear(tenant_id, marks)

    monkeypatch.setattr(windows, "clear", late)
    aggregate()
    assert len(content("dirty_windows")) == 1
    monkeypatch.undo()

    aggregate()

    assert sums_of("usage_windows") == sums_of("cost_records")


def test_runs_at_once_leave_the_same_bytes(committed_db: None) -> None:
    tenant = make_tenant()
    records = some_records(60)
    for start in range(0, len(records), 10):
        book(tenant, *records[start : start + 10])

    def run() -> None:
        try:
            for _ in range(3):
                aggregate()
                list(rebuild(span=Span(NOON, NOON + timedelta(hours=6))))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=3) as pool:
        runs = [pool.submit(run) for _ in range(3)]
        book(tenant, {"at": NOON - timedelta(minutes=20), "charge_nano": 3})
        for done in runs:
            done.result()
    aggregate()
    before = state()

    assert_sums_are_those_of_records()
    list(rebuild(span=Span(NOON - timedelta(days=1), NOON + timedelta(days=1))))
    assert state() == before


def test_a_run_that_has_no_time_leaves_the_rest_to_the_next(tenant: Tenant) -> None:
    book(tenant, *({"at": NOON + timedelta(days=n)} for n in range(3)))

    assert [slice_.day for slice_ in aggregate(budget_s=-1)] == [date(2026, 11, 20)]
    assert len(content("dirty_windows")) == 2
    aggregate()
    assert content("dirty_windows") == []


def test_what_cannot_be_summed_keeps_no_other_day_or_tenant_waiting(tenant: Tenant) -> None:
    too_much = {"at": NOON, "cost_nano": 2**63 - 1}
    book(tenant, too_much, too_much, {"at": NOON + timedelta(days=1), "charge_nano": 2})
    other = make_tenant()
    book(other, {"at": NOON, "charge_nano": 3})
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute(MARK, [UUID(int=0), NOON])  # of a tenant that is no longer there

    with capture_logs() as logs:
        done = aggregate()

    assert {(slice_.tenant_id, slice_.day) for slice_ in done} == {
        (tenant.id, date(2026, 11, 21)),
        (other.id, date(2026, 11, 20)),
    }
    assert [(entry["event"], entry["tenant_id"], entry["day"]) for entry in logs] == [
        ("windows_not_summed", str(UUID(int=0)), None),
        ("windows_not_summed", str(tenant.id), "2026-11-20"),
    ]
    assert len(content("dirty_windows")) == 2


def test_a_run_that_loses_the_database_fails(tenant: Tenant, monkeypatch: Any) -> None:
    book(tenant, {"at": NOON})
    monkeypatch.setattr(windows, "_sum_day", mock.Mock(side_effect=OperationalError("gone")))
    monkeypatch.setattr(connection, "is_usable", lambda: False)

    with pytest.raises(OperationalError, match="gone"):
        aggregate()


# --- days of the tenant's zone --------------------------------------------------------------------


def test_days_follow_the_zone_of_the_tenant(tenant: Tenant) -> None:
    book(tenant, *({"at": NOON - timedelta(hours=5 * n), "charge_nano": n} for n in range(60)))
    aggregate()
    before = sums_of("usage_days")

    with platform_scope("test"):
        Tenant.objects.filter(pk=tenant.pk).update(reporting_tz="America/New_York")
    aggregate()

    assert sums_of("usage_days") == before
    assert days_in_table("America/New_York") == days_of_records("America/New_York")
    with tenant_scope(tenant_id=tenant.id):
        assert built_days(tenant_id=tenant.id) == BuiltDays(
            tz="America/New_York", since=BUILT_FROM_THE_FIRST
        )


def test_days_of_a_new_zone_are_built_from_the_last_to_the_first(tenant: Tenant) -> None:
    book(tenant, *({"at": NOON - timedelta(days=n), "charge_nano": n} for n in range(5)))
    aggregate()
    with platform_scope("test"):
        Tenant.objects.filter(pk=tenant.pk).update(reporting_tz="Asia/Kolkata")

    aggregate(budget_s=-1)
    with tenant_scope(tenant_id=tenant.id):
        halfway = built_days(tenant_id=tenant.id)
    assert halfway is not None
    assert halfway.since > BUILT_FROM_THE_FIRST
    # Neither a day that is built nor one that is not yet may miss what comes meanwhile.
    book(tenant, *({"at": NOON - timedelta(days=n), "charge_nano": 100} for n in range(5)))
    aggregate()

    assert days_in_table("Asia/Kolkata") == days_of_records("Asia/Kolkata")


def days_in_table(tz: str) -> dict[date, int]:
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (day_start AT TIME ZONE %s)::date, sum(charge_nano)::bigint"
            " FROM usage_days GROUP BY 1",
            [tz],
        )
        return dict(cursor.fetchall())


def days_of_records(tz: str) -> dict[date, int]:
    """As PostgreSQL knows the zone."""
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (started_at AT TIME ZONE %s)::date, sum(charge_nano)::bigint"
            " FROM cost_records GROUP BY 1",
            [tz],
        )
        return dict(cursor.fetchall())
