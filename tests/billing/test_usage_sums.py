"""Whatever is asked of usage, days, windows and records say the same."""

from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tenancy import tenant_scope
from billing.selectors import costs
from billing.selectors.usage import Question, Sight, distributions
from billing.windows import Span
from tests.accounts.world import Town
from tests.billing.usage import NOW, half_summed

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
