"""What runs by the clock: each task does what its name says, and says what it found."""

from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing import tasks
from billing.models import LedgerClosing
from billing.selectors.days import BEGINNING, END
from tests.factories.accounts import TenantFactory
from tests.factories.billing import CostRecordFactory
from tests.factories.records import book, record_of

JANUARY = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.fixture
def tenant(db: None) -> Tenant:
    with platform_scope("test"):
        made: Tenant = TenantFactory()
    return made


def test_partitions_are_made_and_counted(committed_db: None) -> None:
    with capture_logs() as lines:
        tasks.maintain_partitions()

    assert lines == [{"event": "partitions_maintained", "log_level": "info", "made": 0}]


def test_expired_days_are_dropped_and_counted(committed_db: None) -> None:
    with capture_logs() as lines:
        tasks.drop_expired_days()

    assert lines == [{"event": "expired_days_dropped", "log_level": "info", "tables": 0}]


def test_the_ledger_is_verified_day_by_day_and_month_by_month(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    days: list[tuple[str, str]] = []
    months: list[str] = []
    monkeypatch.setattr(tasks.verify_ledger_between, "delay", lambda *given: days.append(given))
    monkeypatch.setattr(tasks.verify_ledger_closing, "delay", months.append)
    book(record_of(tenant_id=tenant.id, started_at=JANUARY, charge_nano=1))
    with capture_logs() as lines:
        tasks.close_ledger_months()

    tasks.verify_ledger()

    assert {"month": "2026-01-01", "event": "ledger_month_closed", "log_level": "info"} in lines
    assert (days[0][0], days[-1][1]) == (BEGINNING.isoformat(), END.isoformat())
    assert months == ["2026-01-01"]


def test_what_does_not_hold_is_an_error_in_the_log(tenant: Tenant) -> None:
    with platform_scope("test"):
        record: Any = CostRecordFactory(tenant=tenant, charge_nano=1)
        LedgerClosing.objects.create(
            account_id=tenant.id, month=JANUARY.date().replace(day=1), balance_nano=1,
            transfers=1, sha256=bytes(32),
        )  # fmt: skip

    with capture_logs() as lines:
        tasks.verify_ledger_between(BEGINNING.isoformat(), END.isoformat())
        tasks.verify_ledger_closing("2026-01-01")
        tasks.verify_ledger_closing("2026-02-01")

    assert [(line["event"], line["rows"], line["first_ref"]) for line in lines] == [
        ("ledger_broken", 1, str(record)),
        ("ledger_broken", 1, str(tenant.id)),
    ]
