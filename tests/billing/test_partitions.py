"""Days of records and transfers, and who may touch them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, connections, transaction
from structlog.testing import capture_logs

from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing.models import DirtyWindow
from billing.partitions import PARENTS, drop_expired, maintain, make_days, partition_name
from billing.selectors.ledger import balances, verify
from billing.services.ledger import close_due_months
from tests.factories.accounts import TenantFactory
from tests.factories.billing import CostRecordFactory
from tests.factories.records import book, record_of

FOUND = "default_partition_not_empty"

PARTITIONS = """
SELECT c.relname, has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
    OR has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER'),
    c.relrowsecurity AND c.relforcerowsecurity
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
WHERE p.relkind = 'p' AND c.relkind IN ('r', 'p')
"""


def test_today_and_the_days_ahead_have_their_tables(db: None) -> None:
    today = datetime.now(tz=UTC).date()
    wanted = {
        partition_name(parent, today + timedelta(days=number))
        for parent in PARENTS
        for number in range(8)
    }
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS)
        assert wanted <= {name for name, _, _ in cursor.fetchall()}


def test_the_runtime_login_has_no_right_on_any_partition(committed_db: None) -> None:
    maintain(using="owner", today=date(2031, 3, 1))

    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS)
        found = cursor.fetchall()
        assert partition_name("cost_records", date(2031, 3, 9)) in {name for name, _, _ in found}
        assert [name for name, granted, _ in found if granted] == []
        assert [name for name, _, walled in found if not walled] == []
        for name, _, _ in found:
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(f"SELECT 1 FROM {name}")  # noqa: S608 - from the catalogue


def test_what_an_administrator_grants_on_new_tables_is_taken_back(committed_db: None) -> None:
    runtime = connection.settings_dict["USER"]
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {runtime}, PUBLIC")

    make_days(using="owner", first=date(2031, 3, 1), last=date(2031, 3, 1))

    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS)
        assert [name for name, granted, _ in cursor.fetchall() if granted] == []


def test_making_days_twice_makes_them_once(committed_db: None) -> None:
    day = date(2031, 3, 1)

    first = make_days(using="owner", first=day, last=day)
    second = make_days(using="owner", first=day, last=day)

    assert first.made == tuple(partition_name(parent, day) for parent in PARENTS)
    assert second.made == ()


def test_a_row_of_no_day_is_told(committed_db: None) -> None:
    with platform_scope("test"):
        CostRecordFactory(tenant=TenantFactory(), started_at=datetime(2040, 1, 1, tzinfo=UTC))

    with capture_logs() as lines:
        upkeep = maintain(using="owner")

    assert upkeep.strays == ("cost_records_default",)
    assert [line["table"] for line in lines if line["event"] == FOUND] == ["cost_records_default"]


def test_a_day_that_has_rows_in_the_default_partition_keeps_no_other_from_being_made(
    committed_db: None,
) -> None:
    day = date(2040, 1, 1)
    with platform_scope("test"):
        CostRecordFactory(tenant=TenantFactory(), started_at=datetime(2040, 1, 1, tzinfo=UTC))

    made = make_days(using="owner", first=day, last=day + timedelta(days=1)).made

    assert made == (
        "cost_records_p20400102",
        "ledger_transfers_p20400101",
        "ledger_transfers_p20400102",
    )


# --- retention ------------------------------------------------------------------------------------

OLD = datetime(2025, 3, 10, tzinfo=UTC)
LATER = date(2026, 11, 20)


@pytest.fixture
def old_day(committed_db: None) -> Tenant:
    """A charge on a day that nobody has to keep any more."""
    make_days(using="owner", first=OLD.date(), last=OLD.date() + timedelta(days=1))
    with platform_scope("test"):
        tenant: Tenant = TenantFactory()
    book(record_of(tenant_id=tenant.id, started_at=OLD, charge_nano=5))
    return tenant


def settle(tenant: Tenant) -> None:
    with platform_scope("test"):
        DirtyWindow.objects.filter(tenant=tenant).delete()


def expired() -> list[str]:
    return drop_expired(keep_days=400, using="owner", today=LATER)


def test_an_expired_day_stays_while_its_month_is_open(old_day: Tenant) -> None:
    settle(old_day)

    assert expired() == []


def test_an_expired_day_stays_while_a_window_of_it_waits(old_day: Tenant) -> None:
    close_due_months()

    # The day after has no window that waits.
    assert expired() == ["cost_records_p20250311", "ledger_transfers_p20250311"]


def test_a_day_that_is_done_goes_whole_and_balances_stay(old_day: Tenant) -> None:
    settle(old_day)
    close_due_months()
    before = balances()

    dropped = expired()

    assert dropped == [
        "cost_records_p20250310",
        "cost_records_p20250311",
        "ledger_transfers_p20250310",
        "ledger_transfers_p20250311",
    ]
    assert balances() == before
    assert {one.nano for one in before} == {5, -5}
    assert verify().count == 0


def test_a_day_inside_the_retention_stays(old_day: Tenant) -> None:
    settle(old_day)
    close_due_months()

    assert drop_expired(keep_days=400, using="owner", today=OLD.date()) == []
