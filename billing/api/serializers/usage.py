"""Queries and answers of usage and cost.

Answers are written as these say; they are not passed through them, for they may be long.
"""

from typing import Any, Final

from rest_framework import serializers

from accounts.api.serializers.shared import ListQuery
from accounts.regions import is_time_zone
from billing.api.spans import FILTERS, RANGES

GRANULARITIES: Final = ("5m", "1h", "1d")
MOST_GROUPS: Final = 50
DEFAULT_GROUPS: Final = 20


def _amount(**options: Any) -> serializers.CharField:
    return serializers.CharField(help_text="USD with nine places.", **options)


def known_zone(name: str) -> None:
    if not is_time_zone(name):
        raise serializers.ValidationError(f"{name!r} is no time zone; expected as Asia/Kolkata")


class UsageFilters(ListQuery):
    range = serializers.ChoiceField(
        required=False, choices=RANGES, help_text="Up to now; days are whole days of the zone."
    )
    tz = serializers.CharField(
        required=False,
        validators=[known_zone],
        help_text="Zone whose days are meant; the tenant's reporting zone without.",
    )
    key_id = serializers.CharField(required=False, help_text="As key_…")
    model = serializers.CharField(required=False, help_text="The name that was asked for.")
    served_model = serializers.CharField(required=False)
    user_id = serializers.UUIDField(required=False)
    team_id = serializers.UUIDField(required=False)
    provider = serializers.CharField(required=False, help_text="Its slug.")
    provider_id = serializers.UUIDField(required=False)
    credential_id = serializers.UUIDField(required=False)
    dialect = serializers.CharField(required=False)
    source = serializers.CharField(required=False)  # type: ignore[assignment]
    status = serializers.CharField(required=False)
    cache = serializers.CharField(required=False)
    rule_id = serializers.UUIDField(required=False)
    simulated = serializers.BooleanField(required=False, allow_null=True, default=None)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python, so it cannot stand above; only lists have pages."""
        fields = {
            **super().get_fields(),
            "from": serializers.DateTimeField(required=False, help_text="First moment, RFC 3339."),
            "to": serializers.DateTimeField(
                required=False, help_text="First moment after; now without."
            ),
        }
        return {name: row for name, row in fields.items() if name not in self.left_out}

    left_out: frozenset[str] = frozenset({"limit", "cursor"})

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in attrs.items() if value is not None}


class UsageQuery(UsageFilters):
    left_out = frozenset()
    granularity = serializers.ChoiceField(required=False, choices=GRANULARITIES, default="5m")
    tenant = serializers.CharField(
        required=False, help_text="Slug or id, for who may choose; as X-Switchyard-Tenant."
    )


class SummaryQuery(UsageFilters):
    tenant = serializers.CharField(
        required=False, help_text="Slug or id, for who may choose; as X-Switchyard-Tenant."
    )


class CostQuery(UsageFilters):
    """Days, and who spent what."""


class GroupQuery(UsageFilters):
    top = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_GROUPS,
        default=DEFAULT_GROUPS,
        help_text="So many rows; what is left is `other`.",
    )


class TagQuery(GroupQuery):
    left_out = frozenset({"limit", "cursor", *FILTERS})
    tag = serializers.CharField(help_text="One of the tenant's `tag_keys`.")


class CurrentQuery(UsageFilters):
    left_out = frozenset({"limit", "cursor", "range", "from", "to", *FILTERS})


# --- answers --------------------------------------------------------------------------------------


class Frame(serializers.Serializer[Any]):
    """What every answer carries."""

    currency = serializers.CharField()
    tz = serializers.CharField()
    generated_at = serializers.DateTimeField()
    delivered_to = serializers.DateTimeField(
        allow_null=True, help_text="What ended before it is counted; null while no shipper tells."
    )
    complete_to = serializers.DateTimeField(
        allow_null=True, help_text="What began before it is counted for good."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python."""
        return {
            **super().get_fields(),
            "from": serializers.DateTimeField(),
            "to": serializers.DateTimeField(),
        }


class UsageRow(serializers.Serializer[Any]):
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField()
    key_id = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_blank=True)
    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]
    unpriced_requests = serializers.IntegerField()
    input_tokens = serializers.IntegerField(help_text="All, cached and written ones too.")
    cached_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField(help_text="All, reasoning too.")
    reasoning_tokens = serializers.IntegerField()
    cost_usd = _amount(allow_null=True)


class UsageList(Frame):
    data = UsageRow(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)


class UsageTotals(serializers.Serializer[Any]):
    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]
    unpriced_requests = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    cache_write_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    reasoning_tokens = serializers.IntegerField()
    cost_usd = _amount(allow_null=True)


class ModelUsage(UsageTotals):
    model = serializers.CharField(allow_blank=True)


class KeyUsage(UsageTotals):
    key_id = serializers.CharField(allow_blank=True)
    name = serializers.CharField(allow_blank=True)


class DayUsage(UsageTotals):
    day = serializers.DateField()


class Percentiles(serializers.Serializer[Any]):
    """In milliseconds, each the upper end of a bucket 1.7 times as long as the one before."""

    p50 = serializers.IntegerField(allow_null=True)
    p95 = serializers.IntegerField(allow_null=True)
    p99 = serializers.IntegerField(allow_null=True)


class UsageSummary(Frame):
    totals = UsageTotals()
    latency_ms = Percentiles()
    ttft_ms = Percentiles()
    by_model = ModelUsage(many=True)
    by_model_other = UsageTotals(allow_null=True)
    by_key = KeyUsage(many=True)
    by_key_other = UsageTotals(allow_null=True)
    by_day = DayUsage(many=True)


class Unpriced(serializers.Serializer[Any]):
    requests = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class PeriodCost(serializers.Serializer[Any]):
    cost = _amount(allow_null=True)
    requests = serializers.IntegerField()
    tokens = serializers.IntegerField()
    previous = _amount(allow_null=True)
    change_pct = serializers.FloatField(allow_null=True)
    vendor_cost = _amount(required=False)


class MonthForecast(serializers.Serializer[Any]):
    amount = _amount()
    low = _amount()
    high = _amount()


class CurrentCost(Frame):
    today = PeriodCost()
    this_week = PeriodCost()
    this_month = PeriodCost()
    month_forecast = MonthForecast(allow_null=True)
    unpriced = Unpriced(help_text="Of this month.")


class TokenCounts(serializers.Serializer[Any]):
    cached = serializers.IntegerField()
    cache_write = serializers.IntegerField()
    out = serializers.IntegerField()
    reasoning = serializers.IntegerField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`in` is a word of Python."""
        return {"in": serializers.IntegerField(), **super().get_fields()}


class DayCost(serializers.Serializer[Any]):
    day = serializers.DateField()
    cost = _amount(allow_null=True)
    requests = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]
    saved = _amount()
    unpriced = serializers.IntegerField()
    tokens = TokenCounts()
    vendor_cost = _amount(required=False)


class DailyCost(Frame):
    data = DayCost(many=True)  # type: ignore[assignment]


class GroupTotals(serializers.Serializer[Any]):
    cost = _amount(allow_null=True)
    requests = serializers.IntegerField()
    tokens = serializers.IntegerField()
    unpriced = serializers.IntegerField()
    vendor_cost = _amount(required=False)


class GroupRest(GroupTotals):
    share = serializers.FloatField(allow_null=True)
    avg_cost = _amount(allow_null=True)
    sparkline = serializers.ListField(
        child=_amount(),
        help_text="By day of the reporting zone, or by hour of a range of up to two days.",
    )


class GroupCost(GroupRest):
    id = serializers.CharField(allow_blank=True, help_text="Empty: of none.")
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]


class CostByGroup(Frame):
    data = GroupCost(many=True)  # type: ignore[assignment]
    other = GroupRest(allow_null=True)
    total = GroupTotals()
