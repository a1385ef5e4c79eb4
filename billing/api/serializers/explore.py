from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.explore import ROLLUPS
from billing.api.serializers.usage import MOST_GROUPS, Frame, UsageFilters
from billing.selectors.explore import GROUPS, RANKS

DEFAULT_SERIES = 10


class ExploreQuery(UsageFilters):
    metric = serializers.ChoiceField(required=False, choices=tuple(RANKS), default="cost")
    group = serializers.ChoiceField(required=False, choices=tuple(GROUPS), default="model")
    subgroup = serializers.ChoiceField(required=False, choices=tuple(GROUPS))
    rollup = serializers.ChoiceField(
        required=False, choices=ROLLUPS, default="1d", help_text="How much each value is of."
    )
    top = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_GROUPS,
        default=DEFAULT_SERIES,
        help_text="So many series; what is left is `other`.",
    )
    compare = serializers.ChoiceField(
        required=False, choices=("previous",), help_text="With the range of the same length before."
    )


@extend_schema_field(
    {
        "type": ["string", "integer", "null"],
        "description": "A number, or USD with nine places; null where nobody knows.",
    }
)
class Amount(serializers.JSONField):
    """Of any metric."""


class ExploreLine(serializers.Serializer[Any]):
    values = serializers.ListField(child=Amount(), help_text="One for each bucket.")
    total = Amount()
    unpriced_requests = serializers.IntegerField()


class ExploreSeries(ExploreLine):
    group = serializers.ListField(child=serializers.CharField(allow_blank=True))
    labels = serializers.ListField(child=serializers.CharField(allow_blank=True))
    previous = Amount()


class Exploration(Frame):
    metric = serializers.CharField()
    group = serializers.CharField()
    subgroup = serializers.CharField(allow_null=True)
    rollup = serializers.CharField()
    buckets = serializers.ListField(child=serializers.DateTimeField())
    series = ExploreSeries(many=True)
    other = ExploreLine(allow_null=True)
    total = Amount()
    previous_total = Amount()
