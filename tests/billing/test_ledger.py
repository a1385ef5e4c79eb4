"""F-17: the books balance, whatever came in whatever order; and what is not booked so is found."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.ids import new_id
from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing.models import LedgerAccount, LedgerClosing, LedgerTransfer, SpoolProgress
from billing.record import Record
from billing.selectors.days import BEGINNING, END, slices
from billing.selectors.ledger import balances, closed_months, faults_of_closing, verify
from billing.services.ledger import close_due_months
from billing.transfers import account_id
from tests.factories.accounts import TenantFactory
from tests.factories.billing import CostRecordFactory, LedgerTransferFactory
from tests.factories.records import book, record_of

NOW = datetime.now(tz=UTC).replace(hour=12)
AMOUNTS = st.integers(min_value=-(10**12), max_value=10**12)
PROVIDERS = [str(new_id()) for _ in range(2)]


@pytest.fixture
def tenants(db: None) -> list[Tenant]:
    with platform_scope("test"):
        return [TenantFactory(), TenantFactory()]


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Charges, refunds and corrections of some exchanges, as columns of their records."""
    rows = []
    for number in range(draw(st.integers(1, 6))):
        exchange = {
            "request_id": str(UUID(int=number + 1)),
            "started_at": NOW + timedelta(seconds=number),
            "tenant": draw(st.integers(0, 1)),
            "provider_id": draw(st.sampled_from(PROVIDERS)),
            "simulated": draw(st.integers(0, 9)) == 0,
            "byok": draw(st.integers(0, 9)) == 0,
            "cost_certainty": draw(st.sampled_from(["exact", "exact", "estimated", "possible"])),
        }
        for kind in draw(st.sets(st.sampled_from(["correction", "refund:1"]))) | {"usage"}:
            cost, charge = draw(AMOUNTS), draw(AMOUNTS)
            if kind == "usage":
                cost, charge = abs(cost), abs(charge)
            rows.append({**exchange, "kind": kind, "cost_nano": cost, "charge_nano": charge})
    return rows


def made(row: dict[str, Any], tenants: list[Tenant]) -> Record:
    columns = {name: value for name, value in row.items() if name != "tenant"}
    return record_of(tenant_id=tenants[row["tenant"]].id, **columns)


def standing() -> dict[UUID, int]:
    return {one.account_id: one.nano for one in balances()}


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None
)
@given(rows=histories(), seed=st.integers(0, 2**32))
def test_the_books_balance_in_whatever_order_things_arrive(
    tenants: list[Tenant], rows: list[dict[str, Any]], seed: int
) -> None:
    records = [made(row, tenants) for row in rows]
    shuffled = [*records, *records[: seed % 4]]
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - the order of a test
    outcomes = []
    for order in (records, shuffled):
        with undone():
            for record in order:
                book(record)
            outcomes.append(standing())
            assert verify().count == 0
            assert sum(outcomes[-1].values()) == 0
            assert outcomes[-1] == folded()
    assert outcomes[0] == outcomes[1]


class undone:
    """Everything inside is rolled back."""

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT of_a_history")

    def __exit__(self, *_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT of_a_history")


def folded() -> dict[UUID, int]:
    """Transfer by transfer, without a database's help."""
    with platform_scope("test"):
        stands = {account.id: 0 for account in LedgerAccount.objects.all()}
        for transfer in LedgerTransfer.objects.all():
            stands[transfer.debit_id] += transfer.amount_nano
            stands[transfer.credit_id] -= transfer.amount_nano
    return stands


def test_a_charge_and_a_cost_stand_on_their_accounts(tenants: list[Tenant]) -> None:
    book(
        record_of(
            tenant_id=tenants[0].id, provider_id=PROVIDERS[0], cost_nano=700, charge_nano=1000
        )
    )

    found = {(one.kind, one.owner): one.nano for one in balances()}

    assert found == {
        ("tenant_receivable", tenants[0].slug): 1000,
        ("tenant_usage", tenants[0].slug): -1000,
        ("provider_cost", PROVIDERS[0]): 700,
        ("provider_payable", PROVIDERS[0]): -700,
    }


def test_a_record_without_its_transfers_is_found(tenants: list[Tenant]) -> None:
    with platform_scope("test"):
        record = CostRecordFactory(tenant=tenants[0], charge_nano=5, cost_nano=7)

    faults = verify()

    assert faults.count == 2
    assert [(fault.what, fault.leg, fault.wanted_nano) for fault in faults.shown] == [
        ("transfer_missing", "charge", 5),
        ("transfer_missing", "cost", 7),
    ]
    assert {fault.ref for fault in faults.shown} == {str(record)}


def test_a_transfer_that_no_record_accounts_for_is_found(tenants: list[Tenant]) -> None:
    with platform_scope("test"):
        LedgerTransferFactory(tenant=tenants[0], ref="nobody", amount_nano=9)

    (fault,) = verify().shown

    assert (fault.what, fault.ref, fault.found_nano) == ("transfer_without_record", "nobody", 9)


@pytest.mark.parametrize(
    "change",
    [
        {"amount_nano": 11},
        {"ref": "another"},
        {"kind": "refund"},
        {"debit_id": new_id()},
        {"tenant_id": None},
    ],
)
def test_a_transfer_that_says_something_else_is_found(
    tenants: list[Tenant], change: dict[str, Any]
) -> None:
    record = record_of(tenant_id=tenants[0].id, charge_nano=10)
    with undone():
        book(record)
        with platform_scope("test"):
            (booked,) = LedgerTransfer.objects.all().values()
    with platform_scope("test"):
        for kind in ("tenant_receivable", "tenant_usage"):
            LedgerAccount.objects.create(
                id=booked["debit_id" if kind == "tenant_receivable" else "credit_id"],
                tenant=tenants[0],
                kind=kind,
            )
        LedgerTransfer.objects.create(**(booked | change))
        booked_before = LedgerTransfer.objects.count()
    book(record)  # its id is taken: nothing is posted again

    (fault,) = verify().shown

    assert booked_before == 1
    assert fault.what == "transfer_differs"


def test_time_is_cut_into_days_without_a_gap(db: None) -> None:
    cut = slices()

    assert cut[0][0] == BEGINNING
    assert cut[-1][1] == END
    assert all(first[1] == second[0] for first, second in pairwise(cut))


# --- closings -------------------------------------------------------------------------------------

JANUARY = datetime(2026, 1, 15, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 15, tzinfo=UTC)
SPRING = datetime(2026, 3, 10, tzinfo=UTC)


def slip_in(tenant: Tenant, *, at: datetime) -> None:
    """Past all that keeps closed months closed."""
    owner = str(tenant.id)
    with platform_scope("test"):
        LedgerTransferFactory(
            tenant=tenant,
            at=at,
            amount_nano=1,
            debit_id=account_id(kind="tenant_receivable", owner=owner),
            credit_id=account_id(kind="tenant_usage", owner=owner),
        )


def two_months(tenant: Tenant) -> None:
    for number, at in enumerate((JANUARY, JANUARY + timedelta(days=3), FEBRUARY)):
        book(record_of(tenant_id=tenant.id, started_at=at, charge_nano=10**number))


def test_months_are_closed_once_and_balances_go_on_from_there(tenants: list[Tenant]) -> None:
    two_months(tenants[0])
    before = standing()

    closed = close_due_months(now=SPRING)

    assert closed == [date(2026, 1, 1), date(2026, 2, 1)]
    assert close_due_months(now=SPRING) == []
    assert standing() == before
    with platform_scope("test"):
        rows = {
            (row.month.month, int(row.balance_nano), row.transfers)
            for row in LedgerClosing.objects.all()
        }
    assert rows == {(1, 11, 2), (1, -11, 2), (2, 111, 1), (2, -111, 1)}
    book(record_of(tenant_id=tenants[0].id, charge_nano=1))
    assert sorted(standing().values()) == [-112, 112]


def test_every_closing_is_folded_again(tenants: list[Tenant], settings: Any) -> None:
    settings.RECORD_RETENTION_DAYS = 10_000
    two_months(tenants[0])
    close_due_months(now=SPRING)

    assert closed_months() == [date(2026, 1, 1), date(2026, 2, 1)]
    assert verify().count == 0

    slip_in(tenants[0], at=JANUARY)

    found = faults_of_closing(date(2026, 1, 1))
    assert {fault.what for fault in found.shown} == {"closing_differs"}
    assert {(fault.wanted_nano, fault.found_nano) for fault in found.shown} == {
        (12, 11),
        (-12, -11),
    }


def test_an_account_that_moved_unseen_in_a_closed_month_is_found(tenants: list[Tenant]) -> None:
    two_months(tenants[0])
    close_due_months(now=SPRING)
    slip_in(tenants[1], at=JANUARY)

    found = faults_of_closing(date(2026, 1, 1))

    assert [fault.what for fault in found.shown] == ["closing_missing"] * 2


def test_months_whose_days_may_be_gone_are_not_folded_again(tenants: list[Tenant]) -> None:
    old = datetime(2020, 1, 15, tzinfo=UTC)
    book(record_of(tenant_id=tenants[0].id, started_at=old, charge_nano=1))
    close_due_months(now=SPRING)

    assert closed_months() == []


def test_a_month_waits_for_what_may_still_be_under_way(tenants: list[Tenant]) -> None:
    two_months(tenants[0])
    end = datetime(2026, 2, 1, tzinfo=UTC)
    node = SpoolProgress.objects.create(
        node="a", delivered_to=end - timedelta(minutes=1), seen_at=end + timedelta(days=3)
    )

    assert close_due_months(now=end + timedelta(days=2, hours=23)) == []
    assert close_due_months(now=end + timedelta(days=4)) == []

    node.delivered_to = end + timedelta(days=3)
    node.oldest_open = end - timedelta(seconds=1)
    node.save()
    assert close_due_months(now=end + timedelta(days=4)) == []

    node.oldest_open = None
    node.save()
    assert close_due_months(now=end + timedelta(days=4)) == [date(2026, 1, 1)]


def test_a_node_that_left_holds_no_month_open(tenants: list[Tenant]) -> None:
    two_months(tenants[0])
    end = datetime(2026, 2, 1, tzinfo=UTC)
    SpoolProgress.objects.create(node="gone", delivered_to=JANUARY, seen_at=JANUARY)

    assert close_due_months(now=end + timedelta(days=4)) == [date(2026, 1, 1)]


def test_nothing_is_closed_where_nothing_was_booked(db: None) -> None:
    assert close_due_months() == []
