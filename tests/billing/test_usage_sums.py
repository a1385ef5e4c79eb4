"""Whatever is asked of usage, days, windows and records say the same."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tenancy import tenant_scope
from billing.selectors import costs, usage
from billing.selectors.usage import Question, Sight, distributions
from billing.selectors.windows import built_days
from billing.services.closed_days import drop_expired_windows
from billing.services.windows import aggregate
from billing.windows import BuiltDays, Span, day_start
from tests.accounts.world import Town
from tests.billing.usage import NOW, half_summed, reporting_in

pytestmark = pytest.mark.usefixtures("half_past_three")

ZONES: Final = ("Asia/Shanghai", "America/New_York", "Asia/Kolkata", "UTC")
# The thirty days of the records, and some more on both sides.
MOMENTS: Final = st.integers(-2 * 86_400, 33 * 86_400).map(lambda s: NOW - timedelta(seconds=s))
FILTERS: Final = st.sampled_from(
    [{}, {"requested_model": "model-1"}, {"key_id": "key_of_a_service"}, {"status": "ok"}]
)


def in_sql(question: Question) -> int:
    named = "".join(f" AND {name} = %({name})s" for name in question.filters)
    own = "" if question.sight.everything else " AND user_id = %(me)s"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(charge_nano), 0)::bigint FROM cost_records"  # noqa: S608 - names of ours
            f" WHERE started_at >= %(start)s AND started_at < %(end)s{named}{own}",
            {
                "start": question.span.start,
                "end": question.span.end,
                "me": question.sight.user_id,
                **question.filters,
            },
        )
        (nano,) = cursor.fetchone()
        return int(nano)


def test_any_range_filter_and_zone_sums_to_its_records(town: Town) -> None:
    half_summed(town)
    sights = (Sight(everything=True), Sight(user_id=town.people["developer"].id))

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        moments=st.tuples(MOMENTS, MOMENTS).filter(lambda pair: pair[0] != pair[1]),
        filters=FILTERS,
        zone=st.sampled_from(ZONES),
        sight=st.sampled_from(sights),
        by=st.sampled_from(["requested_model", "key_id", "user_id", "team_id", "provider_id"]),
    )
    def agrees(
        moments: tuple[datetime, datetime],
        filters: dict[str, Any],
        zone: str,
        sight: Sight,
        by: str,
    ) -> None:
        question = Question(
            tenant_id=town.tenant.id,
            span=Span(min(moments), max(moments)),
            sight=sight,
            filters=filters,
        )
        place = ZoneInfo(zone)
        with tenant_scope(tenant_id=town.tenant.id):
            expected = in_sql(question)
            days = costs.by_day(question, zone=place)
            summary = costs.summary(question, zone=place, most=2)
            found = costs.spenders(question, by=by, zone=place, most=2)
            spread = distributions(question)
        assert sum(sums["charge_nano"] for _, sums in days) == expected
        assert found.total["charge_nano"] == summary.total["charge_nano"] == expected
        assert summary.models.total.get("charge_nano", 0) == expected
        assert sum(spread["latency_ms"]) == summary.total["final_requests"]

    agrees()


def test_a_zone_that_changes_while_sums_are_read_leaves_nothing_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_summed(town)
    question = Question(
        tenant_id=town.tenant.id,
        span=Span(NOW - timedelta(days=33), NOW + timedelta(minutes=1)),
        sight=Sight(everything=True),
    )
    with tenant_scope(tenant_id=town.tenant.id):
        before = built_days(tenant_id=town.tenant.id)
        expected = in_sql(question)

    reporting_in(town, "Asia/Kolkata")
    for budget_s in (-1, 60):  # some days of the new zone, then all
        aggregate(budget_s=budget_s)
        with tenant_scope(tenant_id=town.tenant.id):
            tell_at_first(before, monkeypatch)
            days = costs.by_day(question, zone=ZoneInfo("Asia/Shanghai"))
            tell_at_first(before, monkeypatch)
            found = costs.spenders(question, by="key_id", zone=ZoneInfo("UTC"), most=2)
        assert sum(sums["charge_nano"] for _, sums in days) == expected
        assert found.total["charge_nano"] == expected


def test_windows_that_go_while_sums_are_read_leave_nothing_out(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_summed(town)
    aggregate()
    start = day_start((NOW - timedelta(days=33)).date(), ZoneInfo(town.tenant.reporting_tz))
    question = Question(
        tenant_id=town.tenant.id,
        span=Span(start, NOW + timedelta(minutes=1)),
        sight=Sight(everything=True),
    )
    with tenant_scope(tenant_id=town.tenant.id):
        before = built_days(tenant_id=town.tenant.id)
        expected = in_sql(question)
    assert drop_expired_windows(keep_days=5, now=NOW).days > 0

    with tenant_scope(tenant_id=town.tenant.id):
        tell_at_first(before, monkeypatch)
        (of_everything,) = usage.cells(question, measures=["charge_nano"])
        tell_at_first(before, monkeypatch)
        found = costs.spenders(question, by="key_id", zone=ZoneInfo("UTC"), most=2)
    assert of_everything.sums["charge_nano"] == found.total["charge_nano"] == expected


def tell_at_first(old: BuiltDays | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was so until the moment of the question."""
    told = iter([old])
    monkeypatch.setattr(
        usage, "built_days", lambda **asked: next(told, None) or built_days(**asked)
    )


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (datetime(2026, 11, 20, 15, 32, tzinfo=UTC), datetime(2026, 10, 20, 15, 35, tzinfo=UTC)),
        (datetime(2026, 10, 30, 23, tzinfo=UTC), datetime(2026, 9, 30, 23, tzinfo=UTC)),
        (datetime(2026, 10, 31, 0, 2, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)),
        (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_month_is_held_against_as_far_into_the_last_or_all_of_it(
    now: datetime, end: datetime
) -> None:
    calendar = costs.Calendar.at(now, zone=ZoneInfo("UTC"), week_start=1)

    assert calendar.before()["this_month"] == Span(
        end.replace(month=now.month - 1, day=1, hour=0, minute=0), end
    )
