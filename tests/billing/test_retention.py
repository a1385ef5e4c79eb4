"""When a day of the books may go, and when it must stay."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from accounts.models import Tenant
from accounts.tenancy import platform_scope
from billing import archive, tasks
from billing.models import CostRecord, DirtyWindow
from billing.partitions import make_days
from billing.selectors.ledger import balances, verify
from billing.services import retention
from billing.services.ledger import close_due_months
from billing.services.retention import Run, drop_expired
from tests.factories.accounts import TenantFactory
from tests.factories.records import book, record_of

OLD = datetime(2025, 3, 10, tzinfo=UTC)
LATER = date(2026, 11, 20)
FIRST = ("cost_records_p20250310", "ledger_transfers_p20250310")
SECOND = ("cost_records_p20250311", "ledger_transfers_p20250311")


@pytest.fixture
def old_day(committed_db: None) -> Tenant:
    """A charge on a day that nobody has to keep any more, and an empty day after it."""
    make_days(using="owner", first=OLD.date(), last=OLD.date() + timedelta(days=1))
    with platform_scope("test"):
        tenant: Tenant = TenantFactory()
    charge(tenant)
    return tenant


@pytest.fixture
def done_day(old_day: Tenant) -> Tenant:
    settle()
    close_due_months()
    return old_day


def charge(tenant: Tenant, at: datetime = OLD) -> None:
    book(record_of(tenant_id=tenant.id, started_at=at, charge_nano=5))


def settle() -> None:
    with platform_scope("test"):
        DirtyWindow.objects.all().delete()


def expired(folder: Path | None = None, **given: Any) -> Run:
    return drop_expired(**{"keep_days": 400, "archive_dir": folder, "today": LATER, **given})


def events(lines: list[Any]) -> list[tuple[Any, ...]]:
    return [(line["event"], line.get("day") or line.get("table")) for line in lines]


def test_an_expired_day_stays_while_its_month_is_open(old_day: Tenant) -> None:
    settle()

    with capture_logs() as lines:
        assert expired() == Run(dropped=(), more=False)

    assert events(lines) == [("expired_day_still_open", "2025-03-10")]


def test_a_month_that_is_not_over_is_open_although_nothing_was_charged(committed_db: None) -> None:
    make_days(using="owner", first=OLD.date(), last=OLD.date())

    assert expired(keep_days=2, today=date(2025, 3, 31)).dropped == ()
    assert expired(keep_days=2, today=date(2025, 4, 1)).dropped == FIRST


def test_no_later_day_goes_before_one_whose_windows_wait(old_day: Tenant) -> None:
    close_due_months()

    assert expired() == Run(dropped=(), more=False)


def test_a_day_that_is_done_goes_whole_and_balances_stay(done_day: Tenant) -> None:
    before = balances()

    run = expired()

    assert run == Run(dropped=(*FIRST, *SECOND), more=False)
    assert balances() == before
    assert {one.nano for one in before} == {5, -5}
    assert verify().count == 0


def test_a_day_inside_the_retention_stays(done_day: Tenant) -> None:
    assert expired(today=OLD.date()).dropped == ()


def test_a_day_goes_only_after_its_archive_is_whole(done_day: Tenant, tmp_path: Path) -> None:
    assert expired(tmp_path).dropped == (*FIRST, *SECOND)

    assert {path.name for path in tmp_path.iterdir()} == {*FIRST, *SECOND}
    for table in FIRST:
        assert {path.name for path in (tmp_path / table).iterdir()} == {
            "manifest.json",
            "000001.ndjson.gz",
        }


def test_a_run_ends_with_its_time_and_the_next_goes_on(
    done_day: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PART_ROWS", 1)
    charge(done_day, OLD + timedelta(seconds=1))
    settle()
    runs = [expired(tmp_path, budget_s=-1)]
    while runs[-1].more and len(runs) < 20:
        runs.append(expired(tmp_path, budget_s=-1))

    assert runs[0] == Run(dropped=(), more=True)
    assert [run.dropped for run in runs if run.dropped] == [FIRST, SECOND]
    assert len(list((tmp_path / FIRST[0]).glob("*.gz"))) == 2


def test_a_crash_between_archive_and_drop_is_made_good_by_the_next_run(
    done_day: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> list[str]:
        raise SystemError

    with monkeypatch.context() as patch:
        patch.setattr(retention, "_drop", crash)
        with pytest.raises(SystemError):
            expired(tmp_path)
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.gz")}

    assert expired(tmp_path).dropped == (*FIRST, *SECOND)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.gz")} == written
    assert len(written) == 2


def test_a_row_that_comes_after_the_archive_keeps_the_day(
    done_day: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = retention._drop  # noqa: SLF001 - what happens just before it

    def late(*given: Any) -> list[str]:
        book(record_of(tenant_id=done_day.id, started_at=OLD))
        settle()
        return drop(*given)

    with monkeypatch.context() as patch, capture_logs() as lines:
        patch.setattr(retention, "_drop", late)
        assert expired(tmp_path) == Run(dropped=(), more=False)

    assert events(lines) == [("expired_day_differs_from_its_archive", FIRST[0])]
    with platform_scope("test"):
        assert CostRecord.objects.count() == 2
    assert expired(tmp_path).dropped == (*FIRST, *SECOND)


def test_a_mark_that_comes_while_the_day_is_archived_keeps_it(
    done_day: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = retention._drop  # noqa: SLF001 - what happens just before it

    def late(*given: Any) -> list[str]:
        charge(done_day)
        return drop(*given)

    monkeypatch.setattr(retention, "_drop", late)
    with capture_logs() as lines:
        assert expired(tmp_path).dropped == ()

    assert events(lines) == [("expired_day_still_open", "2025-03-10")]


def test_what_cannot_be_written_is_not_dropped(done_day: Tenant, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("no folder")

    with capture_logs() as lines:
        assert expired(taken) == Run(dropped=(), more=False)

    assert events(lines) == [("expired_day_not_archived", "2025-03-10")]


def test_the_task_calls_itself_until_nothing_is_left(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [Run(dropped=(), more=True), Run(dropped=FIRST, more=False)]
    monkeypatch.setattr(retention, "drop_expired", lambda **_: runs.pop(0))
    monkeypatch.setattr(tasks.drop_expired_days, "delay", tasks.drop_expired_days)

    with capture_logs() as lines:
        tasks.drop_expired_days()

    assert [line["tables"] for line in lines] == [0, 2]
    assert runs == []
