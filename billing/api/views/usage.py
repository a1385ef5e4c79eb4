"""What was used and what it cost: for people, management keys, and client keys about themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.api.authentication import AnyKeyAuthentication, SessionAuthentication
from accounts.api.base import ManagementView
from accounts.errors import Invalid
from accounts.models import ApiKey
from accounts.selectors.keys import KEY_ID_PREFIX
from billing.api import answers, usage_pages
from billing.api.serializers import usage as shapes
from billing.api.spans import Asked, asked_of, sight_of
from billing.selectors import costs
from billing.selectors.progress import progress
from billing.selectors.tag_costs import tag_spenders
from billing.selectors.usage import distributions

COST_NEEDS: Final = ("cost.read_all", "cost.read_team", "cost.read_own")


class UsageBase(ManagementView):
    authentication_classes: Sequence[type[BaseAuthentication]] = (
        AnyKeyAuthentication,
        SessionAuthentication,
    )
    capabilities = {"get": COST_NEEDS}

    def tenant_choice(self, request: Request) -> str:
        """Also from the query, for scripts that set no headers."""
        return super().tenant_choice(request) or request.query_params.get("tenant", "").strip()

    def own_key(self) -> str:
        """Of a client key, which sees its own usage only; empty for everybody else."""
        key = self.caller().key
        is_client = key is not None and key.kind == ApiKey.Kind.CLIENT
        return f"{KEY_ID_PREFIX}{key.public_id}" if key is not None and is_client else ""

    def asked(self, query: type[Serializer[Any]], *, default: str) -> tuple[Asked, dict[str, Any]]:
        now = datetime.now(UTC)
        told = self.query(query)
        asked = asked_of(told, access=self.access, now=now, default=default, key_id=self.own_key())
        return asked, told

    def framed(self, answer: dict[str, Any], asked: Asked) -> Response:
        return Response(
            answers.framed(answer, asked=asked, access=self.access, progress=progress())
        )


class UsageView(UsageBase):
    @extend_schema(parameters=[shapes.UsageQuery], responses=shapes.UsageList)
    def get(self, request: Request) -> Response:
        """Requests, tokens and cost per window, key and model, newest first."""
        asked, told = self.asked(shapes.UsageQuery, default="24h")
        place = usage_pages.Place(
            query=request.query_params.dict(), tenant_id=asked.question.tenant_id, path=request.path
        )
        return self.framed(usage_pages.page_of(asked, told["granularity"], place), asked)


class SummaryView(UsageBase):
    @extend_schema(parameters=[shapes.SummaryQuery], responses=shapes.UsageSummary)
    def get(self, _request: Request) -> Response:
        """Totals, and the same by model, by key and by day."""
        asked, _ = self.asked(shapes.SummaryQuery, default="30d")
        summary = costs.summary(asked.question, zone=asked.zone, most=shapes.DEFAULT_GROUPS)
        spread = distributions(asked.question)
        return self.framed(
            {
                "totals": answers.usage(summary.total),
                "latency_ms": answers.percentiles(spread["latency_ms"]),
                "ttft_ms": answers.percentiles(spread["ttft_ms"]),
                **answers.usage_of_groups(summary),
            },
            asked,
        )


class CurrentView(UsageBase):
    @extend_schema(parameters=[shapes.CurrentQuery], responses=shapes.CurrentCost)
    def get(self, _request: Request) -> Response:
        """Today, this week and this month, and what the month is going to cost."""
        asked, _ = self.asked(shapes.CurrentQuery, default="this_month")
        tenant = self.access.the_tenant()
        calendar = costs.Calendar.at(asked.now, zone=asked.zone, week_start=tenant.week_start)
        found = costs.current(
            tenant_id=tenant.id,
            sight=sight_of(self.access, key_id=self.own_key()),
            calendar=calendar,
        )
        periods = {
            "today": found.today,
            "this_week": found.this_week,
            "this_month": found.this_month,
        }
        return self.framed(
            {
                **{name: answers.period(one, self.access) for name, one in periods.items()},
                "month_forecast": answers.forecast(found.forecast),
                "unpriced": answers.unpriced(found.this_month.sums),
            },
            asked,
        )


class DailyView(UsageBase):
    @extend_schema(parameters=[shapes.CostQuery], responses=shapes.DailyCost)
    def get(self, _request: Request) -> Response:
        """One row per day of the zone."""
        asked, _ = self.asked(shapes.CostQuery, default="30d")
        days = costs.by_day(asked.question, zone=asked.zone)
        rows = [{"day": day, **answers.day_cost(sums, self.access)} for day, sums in days]
        return self.framed({"data": rows}, asked)


class GroupView(UsageBase):
    """Who or what spent it, most first; `by` is the column of the sums."""

    by = ""

    @extend_schema(parameters=[shapes.GroupQuery], responses=shapes.CostByGroup)
    def get(self, _request: Request) -> Response:
        asked, told = self.asked(shapes.GroupQuery, default="30d")
        reporting = ZoneInfo(self.access.the_tenant().reporting_tz)
        found = costs.spenders(asked.question, by=self.by, zone=reporting, most=told["top"])
        return self.framed(answers.groups(found, self.access), asked)


class TagView(UsageBase):
    """Sums by tag know no people, so they are for who sees everything."""

    authentication_classes = ManagementView.authentication_classes
    capabilities = {"get": ("cost.read_all",)}

    @extend_schema(parameters=[shapes.TagQuery], responses=shapes.CostByGroup)
    def get(self, _request: Request) -> Response:
        """By the values of one registered key of tags; what has no such tag is left out."""
        asked, told = self.asked(shapes.TagQuery, default="30d")
        tenant = self.access.the_tenant()
        if told["tag"] not in tenant.tag_keys:
            known = ", ".join(tenant.tag_keys) or "none"
            message = f"{told['tag']!r} is not registered; registered: {known}"
            raise Invalid.one(field="tag", message=message)
        if asked.is_closed:
            message = f"sums by tag are kept from {asked.kept_from:%Y-%m-%dT%H:%M:%SZ} on"
            raise Invalid.one(field="from", message=message)
        reporting = ZoneInfo(tenant.reporting_tz)
        found = tag_spenders(asked.question, tag=told["tag"], zone=reporting, most=told["top"])
        return self.framed(answers.groups(found, self.access), asked)
