"""Windows go when nobody has to keep them; what days say stays, whatever comes after."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from structlog.testing import capture_logs

from accounts.models import Tenant
from accounts.tenancy import platform_scope, tenant_scope
from billing import tasks
from billing.selectors.costs import BY_DAY, day_buckets
from billing.selectors.usage import Question, Sight, cells
from billing.selectors.windows import built_days
from billing.services.closed_days import drop_expired_windows
from billing.services.windows import aggregate, rebuild
from billing.windows import BuiltDays, Span, day_of, day_start
from tests.billing.books import book, content, sums_of
from tests.factories.accounts import TenantFactory

NOON: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
# Their midnights are at another hour each; the last is a day of the calendar from the first.
ZONES: Final = (
    "Asia/Shanghai",
    "UTC",
    "America/New_York",
    "Pacific/Kiritimati",
    "Pacific/Honolulu",
)
WINDOWS: Final = ("usage_windows", "usage_totals", "usage_window_tags")
EVERYTHING: Final = Sight(everything=True)


@pytest.fixture
def tenant(db: None) -> Tenant:
    with platform_scope("test"):
        made: Tenant = TenantFactory(reporting_tz="Asia/Shanghai", tag_keys=["team"])
        return made


def days_of_use(count: int, *, each: int = 3) -> list[dict[str, Any]]:
    """Some records of each of the last days."""
    return [
        {
            "at": NOON - timedelta(days=n, hours=5 * k),
            "charge_nano": 1_000 * n + k,
            "latency_ms": 100 * k,
            "tags": [f"team=team-{k}"],
        }
        for n in range(count)
        for k in range(each)
    ]


def close(keep_days: int = 10, *, now: datetime = NOON) -> int:
    run = drop_expired_windows(keep_days=keep_days, now=now)
    assert not run.more
    return run.days


def built(tenant: Tenant) -> BuiltDays:
    with tenant_scope(tenant_id=tenant.id):
        found = built_days(tenant_id=tenant.id)
    assert found is not None
    return found


def change_zone(tenant: Tenant, tz: str) -> None:
    with platform_scope("test"):
        Tenant.objects.filter(pk=tenant.pk).update(reporting_tz=tz)


def first_window(table: str) -> datetime:
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute(f"SELECT min(window_start) FROM {table}")  # noqa: S608 - a table of the test
        (first,) = cursor.fetchone()
        assert isinstance(first, datetime)
        return first


def spans_of_days() -> list[Span]:
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT day_start, day_end FROM usage_days ORDER BY 1")
        return [Span(*row) for row in cursor.fetchall()]


def read(tenant: Tenant, *, days: int = 60, by: tuple[str, ...] = ("key_id",)) -> int:
    """What was spent in the last days, as it is read for an answer."""
    zone = ZoneInfo(built(tenant).tz)
    today = day_of(NOON, zone)
    span = Span(
        day_start(today - timedelta(days=days), zone), day_start(today + timedelta(days=2), zone)
    )
    asked = Question(
        tenant_id=tenant.id, span=span, sight=EVERYTHING, buckets=day_buckets(span, zone)
    )
    with tenant_scope(tenant_id=tenant.id):
        found = cells(asked, by=by, measures=BY_DAY)
    return sum(cell.sums["charge_nano"] for cell in found)


# --- what goes and what stays ---------------------------------------------------------------------


def test_old_windows_go_by_whole_days_of_the_zone_and_their_days_stay(tenant: Tenant) -> None:
    book(tenant, *days_of_use(20))
    aggregate()
    days = content("usage_days")

    closed = close(10)

    kept_from = datetime(2026, 11, 9, 16, 0, tzinfo=UTC)  # the 10th of Shanghai
    assert closed == 9
    assert content("usage_days") == days
    assert built(tenant).kept_from == kept_from
    assert all(first_window(table) >= kept_from for table in WINDOWS)
    assert sums_of("usage_days") == sums_of("cost_records")
    assert read(tenant) == read(tenant, by=()) == sums_of("cost_records")["charge_nano"]
    assert close(10) == 0


def test_a_day_whose_windows_wait_stays_and_all_after_it(tenant: Tenant) -> None:
    book(tenant, *days_of_use(20))
    aggregate()
    book(tenant, {"at": NOON - timedelta(days=15), "charge_nano": 1})
    before = content("usage_windows")

    with capture_logs() as lines:
        closed = close(10)

    assert closed == 4
    assert [line["event"] for line in lines] == ["expired_windows_still_open"]
    assert len(content("usage_windows")) < len(before)
    aggregate()
    assert close(10) == 5
    assert sums_of("usage_days") == sums_of("cost_records")


def test_days_that_are_still_being_built_lose_no_windows(tenant: Tenant) -> None:
    book(tenant, *days_of_use(20))
    aggregate()
    change_zone(tenant, "America/New_York")

    aggregate(budget_s=-1)
    assert close(10) == 0

    aggregate()
    assert close(10) > 0
    assert sums_of("usage_days") == sums_of("cost_records")


def test_a_run_stops_when_its_time_is_up_and_the_task_goes_on(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.WINDOW_RETENTION_DAYS = 10
    book(tenant, *days_of_use(20))
    aggregate()
    assert drop_expired_windows(keep_days=17, budget_s=-1, now=NOON).more
    again: list[str] = []
    monkeypatch.setattr("billing.services.closed_days.BUDGET_S", -1)
    monkeypatch.setattr(tasks.drop_expired_windows, "delay", lambda: again.append("again"))

    with capture_logs() as lines:
        tasks.drop_expired_windows()

    assert lines[-1]["event"] == "expired_windows_dropped"


# --- what comes after -----------------------------------------------------------------------------


@pytest.mark.parametrize("days_ago", [12, 15.5, 40])
def test_what_comes_late_for_a_closed_day_is_in_it(tenant: Tenant, days_ago: float) -> None:
    book(tenant, *(one for one in days_of_use(20) if one["at"].day % 4))
    aggregate()
    close(10)

    book(tenant, {"at": NOON - timedelta(days=days_ago), "charge_nano": 5})
    done = aggregate()

    assert len(done) == 1
    assert sums_of("usage_days") == sums_of("cost_records")
    assert all(first_window(table) >= built(tenant).kept_from for table in WINDOWS)  # type: ignore[operator]
    assert content("dirty_windows") == []
    assert read(tenant) == sums_of("cost_records")["charge_nano"]
    kept = content("usage_days")
    assert aggregate() == []
    assert content("usage_days") == kept


def test_a_closed_day_without_all_its_records_keeps_its_sums(tenant: Tenant) -> None:
    book(tenant, *days_of_use(20))
    aggregate()
    close(10)
    with platform_scope("test"), connection.cursor() as cursor:  # as when its records are dropped
        cursor.execute("UPDATE usage_days SET requests = requests + 2")
    kept = content("usage_days")
    book(tenant, {"at": NOON - timedelta(days=15), "charge_nano": 5})

    with capture_logs() as lines:
        done = aggregate()

    assert done == []
    assert [line["event"] for line in lines] == ["closed_day_without_records"]
    assert content("usage_days") == kept
    assert len(content("dirty_windows")) == 1


def test_to_rebuild_makes_closed_days_anew_as_they_were(tenant: Tenant) -> None:
    book(tenant, *days_of_use(20))
    aggregate()
    close(10)
    kept = [content(table) for table in ("usage_days", *WINDOWS)]
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute("UPDATE usage_days SET charge_nano = 7")

    done = list(rebuild(span=Span(NOON - timedelta(days=30), NOON + timedelta(hours=1))))

    assert [content(table) for table in ("usage_days", *WINDOWS)] == kept
    assert len({(slice_.tenant_id, slice_.day) for slice_ in done}) == len(done)


def test_a_new_zone_makes_anew_what_is_open_and_leaves_what_is_closed(tenant: Tenant) -> None:
    book(tenant, *days_of_use(20))
    aggregate()
    close(10)
    closed = [span for span in spans_of_days() if span.end <= NOON - timedelta(days=11)]

    change_zone(tenant, "America/New_York")
    aggregate()

    assert spans_of_days()[: len(closed)] == closed
    assert built(tenant).tz == "America/New_York"
    assert sums_of("usage_days") == sums_of("cost_records")
    assert read(tenant) == sums_of("cost_records")["charge_nano"]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_days_are_the_sum_of_the_records(tenant: Tenant, seed: int) -> None:
    """Records late and early, zones that change, windows that go, in any order."""
    dice = random.Random(seed)  # noqa: S311 - to be repeated
    book(tenant, *days_of_use(dice.randrange(5, 30), each=2))
    for _ in range(12):
        happens = dice.choice(["late", "late", "zone", "close", "sum", "stop early"])
        if happens == "late":
            at = NOON - timedelta(minutes=dice.randrange(60 * 24 * 40))
            book(tenant, {"at": at, "charge_nano": dice.randrange(1, 9)})
        elif happens == "zone":
            change_zone(tenant, dice.choice(ZONES))
        elif happens == "close":
            drop_expired_windows(keep_days=dice.randrange(3, 25), now=NOON)
        else:
            aggregate(**({"budget_s": -1} if happens == "stop early" else {}))
    aggregate()

    records = sums_of("cost_records")
    assert sums_of("usage_days") == records
    assert read(tenant) == read(tenant, by=()) == records["charge_nano"]
    assert all(one.end <= other.start for one, other in pairwise(spans_of_days()))
    kept_from = built(tenant).kept_from
    if kept_from is not None:
        assert first_window("usage_windows") >= kept_from
