"""Shapes of rating again."""

from typing import Any

from rest_framework import serializers

from accounts.api.fields import Flag, Strict, Text


class RatedFilter(Strict):
    tenant = Text(required=False, max_length=40, help_text="Slug.")
    provider = Text(required=False, max_length=127, help_text="Slug.")
    model = Text(required=False, max_length=200, help_text="The name that was asked for.")
    key_id = Text(required=False, max_length=60, help_text="As key_…")


class WhatIf(Strict):
    filter = RatedFilter(required=False)
    price_version = Text(
        required=False,
        max_length=40,
        help_text="Rows of this version alone; without, the price book as it is now.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python."""
        return {
            "from": serializers.DateTimeField(help_text="First moment, RFC 3339."),
            "to": serializers.DateTimeField(help_text="First moment after."),
            **super().get_fields(),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["from"] >= attrs["to"]:
            raise serializers.ValidationError({"to": ["it ends before it begins"]})
        return attrs


class Rerate(WhatIf):
    dry_run = Flag(required=False, default=False, help_text="Tell, and write nothing.")


class RatedModel(serializers.Serializer[Any]):
    model = serializers.CharField()
    records = serializers.IntegerField(help_text="Attempts that change.")
    delta_cost = serializers.CharField(help_text="USD with nine places.")
    delta_charge = serializers.CharField()


class Rated(serializers.Serializer[Any]):
    job = serializers.UUIDField(allow_null=True, help_text="Null where nothing was written.")
    records = serializers.IntegerField(help_text="Attempts that used something.")
    changed = serializers.IntegerField()
    unpriced_left = serializers.IntegerField(help_text="Attempts that still have no price.")
    cost_before = serializers.CharField(help_text="USD with nine places.")
    cost_after = serializers.CharField()
    delta_cost = serializers.CharField()
    delta_charge = serializers.CharField()
    by_model = RatedModel(many=True, help_text="The 20 that change most.")
