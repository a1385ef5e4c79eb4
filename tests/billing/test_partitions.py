"""Days of records and transfers, and who may touch them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import ProgrammingError, connection, connections, transaction
from structlog.testing import capture_logs

from accounts.tenancy import platform_scope
from billing.partitions import PARENTS, maintain, make_days, partition_name
from tests.factories.accounts import TenantFactory
from tests.factories.billing import CostRecordFactory

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
