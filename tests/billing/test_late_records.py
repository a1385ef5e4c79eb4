"""Records that come after their month was closed are booked once, in an open month."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing.ingest import CLOSING
from billing.models import CostRecord, LedgerClosing, LedgerTransfer
from billing.record import Record
from billing.selectors.ledger import balances, verify
from billing.services.ledger import close_due_months
from billing.transfers import PUNCTUAL, account_id
from tests.factories.accounts import TenantFactory
from tests.factories.billing import LedgerTransferFactory
from tests.factories.records import book, record_of

PROVIDER = str(new_id())
THIS_MONTH = datetime.now(tz=UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
HELD = "SELECT count(*) FROM pg_locks WHERE objid = %s AND pid = pg_backend_pid()"
AMOUNTS = st.integers(min_value=0, max_value=10**12)


def months_ago(number: int) -> datetime:
    """The middle of a month that is over."""
    month = THIS_MONTH
    for _ in range(number):
        month = (month - timedelta(days=1)).replace(day=1)
    return month + timedelta(days=14, microseconds=7)


@pytest.fixture
def tenant(db: None) -> Tenant:
    with platform_scope("test"):
        return TenantFactory()


def late(tenant: Tenant, *, ago: int = 2, **columns: Any) -> Record:
    usual = {"provider_id": PROVIDER, "cost_nano": 5, "charge_nano": 7}
    return record_of(tenant_id=tenant.id, started_at=months_ago(ago), **{**usual, **columns})


def closings() -> set[tuple[Any, ...]]:
    with platform_scope("test"):
        rows = LedgerClosing.objects.values_list(
            "account_id", "month", "balance_nano", "transfers", "sha256"
        )
        return {(*row[:-1], bytes(row[-1])) for row in rows}


def transfers() -> list[LedgerTransfer]:
    with platform_scope("test"):
        return list(LedgerTransfer.objects.order_by("at", "amount_nano"))


def standing() -> dict[UUID, int]:
    return {one.account_id: one.nano for one in balances()}


def close(*, until: int = 0) -> list[date]:
    """Up to so many months ago."""
    return close_due_months(now=months_ago(until))


def test_what_comes_late_is_booked_when_it_is_recorded_and_keeps_its_moment(
    tenant: Tenant,
) -> None:
    book(late(tenant))
    close()
    before, told = closings(), late(tenant)
    assert before

    book(told)
    book(told)

    with platform_scope("test"):
        stored = CostRecord.objects.get(request_id=told.request_id)
    of_it = [one for one in transfers() if one.ref.startswith(told.request_id)]
    assert [(one.amount_nano, one.at, one.memo) for one in of_it] == [
        (nano, stored.recorded_at, f"late:{round(told.started_at.timestamp() * 1_000_000)}")
        for nano in (5, 7)
    ]
    assert stored.started_at == told.started_at
    assert closings() == before
    assert standing()[account_id(kind="tenant_receivable", owner=str(tenant.id))] == 14
    assert verify().count == 0


def test_an_account_that_is_new_does_not_open_what_is_closed(tenant: Tenant) -> None:
    """Nor does a month in which nothing had moved, before one that is closed."""
    book(late(tenant, ago=2))
    close()

    book(late(tenant, ago=4, provider_id=str(new_id())))

    assert verify().count == 0
    assert all(one.memo.startswith("late:") for one in transfers()[-2:])


def test_what_comes_late_for_a_month_that_is_open_is_booked_in_it(tenant: Tenant) -> None:
    book(late(tenant, ago=3))
    close(until=2)

    book(late(tenant, ago=1))
    book(late(tenant, ago=1, charge_nano=0, cost_nano=0))

    (*_, cost, charge) = transfers()
    assert {one.at for one in (cost, charge)} == {months_ago(1)}
    assert {one.memo for one in transfers()} == {""}
    assert verify().count == 0


def test_an_end_found_late_is_booked_like_everything_else(tenant: Tenant) -> None:
    end = late(tenant, charge_nano=100, cost_nano=90)
    interrupted = late(
        tenant, request_id=end.request_id, terminated="crash", status="interrupted", charge_nano=30
    )
    book(interrupted)
    close()
    before = closings()

    book(end)
    book(end)

    assert standing()[account_id(kind="tenant_receivable", owner=str(tenant.id))] == 100
    assert standing()[account_id(kind="provider_payable", owner=PROVIDER)] == -90
    assert closings() == before
    assert verify().count == 0


def test_an_end_found_late_beside_a_punctual_record_opens_no_closed_month(tenant: Tenant) -> None:
    end = late(tenant, charge_nano=100, cost_nano=90)
    book(
        late(
            tenant,
            request_id=end.request_id,
            terminated="crash",
            status="interrupted",
            charge_nano=30,
        )
    )
    close()
    before = closings()

    book(end, record_of(tenant_id=tenant.id, started_at=datetime.now(tz=UTC), charge_nano=1))

    assert standing()[account_id(kind="tenant_receivable", owner=str(tenant.id))] == 101
    assert closings() == before
    assert verify().count == 0


FORGED = {
    "another amount": {"amount_nano": 8},
    "another moment": {"memo": "late:1"},
    "no moment": {"memo": "late:"},
    "a moment that is none": {"memo": "late:99999999999999999"},
    "booked at another time": {"at": THIS_MONTH - timedelta(seconds=1)},
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_what_was_booked_late_is_verified_too(tenant: Tenant, change: dict[str, Any]) -> None:
    book(late(tenant))
    close()
    told = late(tenant, cost_nano=0)
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT before")
        book(told)
        with platform_scope("test"):
            (right,) = LedgerTransfer.objects.filter(ref__startswith=told.request_id).values()
        cursor.execute("ROLLBACK TO SAVEPOINT before")
    with platform_scope("test"):
        LedgerTransferFactory(**(right | change))
    book(told)

    assert verify().count


def test_booked_late_and_in_time_is_booked_twice(tenant: Tenant) -> None:
    told = late(tenant, cost_nano=0)
    book(late(tenant))
    close()
    book(told)
    (*_, of_it) = transfers()
    assert verify().count == 0

    with platform_scope("test"):
        columns = {name: getattr(of_it, name) for name in ("id", "debit_id", "credit_id", "ref")}
        LedgerTransferFactory(
            tenant=tenant, at=told.started_at, amount_nano=7, kind="charge", **columns
        )

    assert {fault.what for fault in verify().shown} >= {"transfer_differs"}


def test_a_transfer_booked_late_for_nobody_is_found(tenant: Tenant) -> None:
    of = round(months_ago(1).timestamp()) * 1_000_000
    with platform_scope("test"):
        LedgerTransferFactory(tenant=tenant, ref="nobody", amount_nano=9, memo=f"late:{of}")
        LedgerTransferFactory(tenant=tenant, ref="long gone", amount_nano=9, memo="late:7")

    (fault,) = verify().shown

    assert (fault.what, fault.ref) == ("transfer_without_record", "nobody")


def test_a_punctual_record_asks_nobody(tenant: Tenant) -> None:
    """Millions of them do not wait for the one that closes a month."""
    asked: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        asked.append(str(sql))
        return execute(sql, params, many, context)

    for age, waits in ((PUNCTUAL - timedelta(minutes=1), 0), (PUNCTUAL, 1)):
        told = record_of(tenant_id=tenant.id, started_at=datetime.now(tz=UTC) - age, charge_nano=1)
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before")
            book(told)
            cursor.execute(HELD, [CLOSING])
            (held,) = cursor.fetchone()
            cursor.execute("ROLLBACK TO SAVEPOINT before")
        assert held == waits


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, dict[str, Any]]]:
    """When each record comes, in months ago, and of which month it is."""
    rows = []
    for number in range(draw(st.integers(1, 8))):
        of = draw(st.integers(0, 4))
        comes = draw(st.integers(0, of))
        shape = {
            "request_id": str(UUID(int=number + 1)),
            "started_at": min(months_ago(of), datetime.now(tz=UTC)) + timedelta(seconds=number),
            "cost_nano": draw(AMOUNTS),
            "charge_nano": draw(AMOUNTS),
            "cost_certainty": draw(st.sampled_from(["exact", "estimated", "possible"])),
            "simulated": draw(st.integers(0, 9)) == 0,
        }
        if draw(st.booleans()):
            begun = {**shape, "terminated": "crash", "status": "interrupted", "charge_nano": 1}
            rows.append((draw(st.integers(comes, of)), begun))
        rows.append((comes, shape))
    return rows


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(history=histories(), seed=st.integers(0, 2**32))
def test_whatever_comes_late_the_books_hold_it_once_and_what_is_closed_stays(
    tenant: Tenant, history: list[tuple[int, dict[str, Any]]], seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the order of a test
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT of_a_history")
    seen: set[tuple[Any, ...]] = set()
    arrivals = sorted(history, key=lambda one: -one[0])
    for month, group in groupby(arrivals, key=lambda one: one[0]):
        rows = [row for _, row in group]
        for row in rows + chance.sample(rows, k=len(rows) // 2):
            book(record_of(tenant_id=tenant.id, provider_id=PROVIDER, **row))
        close_due_months(now=months_ago(month))
        assert seen <= closings()
        seen = closings()
        assert verify().count == 0
    close_due_months(now=datetime.now(tz=UTC))

    assert seen <= closings()
    assert verify().count == 0
    with platform_scope("test"):
        stored = list(CostRecord.objects.all())
    billed = [row for row in stored if not row.simulated and row.cost_certainty != "possible"]
    owed = sum(row.charge_nano for row in billed)
    paid = sum(row.cost_nano or 0 for row in billed)
    found = standing()
    assert found.get(account_id(kind="tenant_receivable", owner=str(tenant.id)), 0) == owed
    assert found.get(account_id(kind="provider_cost", owner=PROVIDER), 0) == paid
    assert sum(found.values()) == 0
    with connection.cursor() as cursor:
        cursor.execute("ROLLBACK TO SAVEPOINT of_a_history")
