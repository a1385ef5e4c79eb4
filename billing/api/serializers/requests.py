"""Shapes of answers about requests, for the API reference; `billing.request_rows` makes them.

Fields named like words of Python, or like attributes of DRF's classes, are made in `get_fields`.
"""

from typing import Any, Final

from rest_framework import serializers

from accounts.api.fields import Choice, Strict
from accounts.api.serializers.shared import NamedId
from billing.request_filters import CACHE_STATES, FINAL_STATUSES, LANES, STATUSES

EXPORT_FORMATS: Final = ("csv", "json")
MONEY: Final = "USD with nine places; null where nobody knew a price."


class RequestKey(NamedId):
    mask = serializers.CharField()


class RequestTokens(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "in": serializers.IntegerField(),
            "out": serializers.IntegerField(),
            "cached": serializers.IntegerField(help_text="Of `in`, what the vendor had in cache."),
        }


class RequestFacts(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="As x-request-id.")
    time = serializers.DateTimeField(help_text="When it was admitted.")
    status = serializers.ChoiceField(choices=[name for name in STATUSES if name != "error"])
    http_status = serializers.IntegerField(allow_null=True)
    error_code = serializers.CharField(allow_blank=True)
    requested_model = serializers.CharField(allow_blank=True)
    served_model = serializers.CharField(allow_blank=True)
    provider = serializers.CharField(allow_blank=True)
    key = RequestKey(allow_null=True)
    user = NamedId(allow_null=True)
    session = serializers.CharField(allow_blank=True)
    dialect = serializers.CharField(allow_blank=True)
    target_dialect = serializers.CharField(
        allow_blank=True, help_text="In which it went on to the vendor; empty where none was asked."
    )
    operation = serializers.CharField(
        allow_blank=True, help_text="What was asked for: chat, embeddings, images and so on."
    )
    lane = serializers.ChoiceField(choices=LANES)
    stream = serializers.BooleanField()
    tokens = RequestTokens()
    ttft_ms = serializers.IntegerField(allow_null=True)
    latency_ms = serializers.IntegerField(allow_null=True)
    overhead_ms = serializers.FloatField(allow_null=True)
    tok_s = serializers.FloatField(allow_null=True)
    cost = serializers.CharField(allow_null=True, help_text=MONEY)
    priced = serializers.BooleanField()
    fallback = serializers.BooleanField()
    cache = serializers.ChoiceField(choices=CACHE_STATES)
    degraded = serializers.ListField(child=serializers.CharField())
    simulated = serializers.BooleanField(help_text="Of the mock, or by a test key: in no bill.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), "source": serializers.CharField()}


class RequestRow(RequestFacts):
    attempts = serializers.IntegerField()


class RequestList(serializers.Serializer[Any]):
    has_more = serializers.BooleanField()
    next_cursor = serializers.CharField(allow_null=True)
    complete_to = serializers.DateTimeField(
        allow_null=True, help_text="What began before it has ended and is in the list."
    )
    delivered_to = serializers.DateTimeField(
        allow_null=True, help_text="What ended before it is in the list."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"data": RequestRow(many=True), **super().get_fields()}


class RequestHistogram(serializers.Serializer[Any]):
    """Columns: one figure per bucket."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        counts: dict[str, serializers.Field[Any, Any, Any, Any]] = {
            status: serializers.ListField(child=serializers.IntegerField())
            for status in FINAL_STATUSES
        }
        return {
            "from": serializers.DateTimeField(),
            "to": serializers.DateTimeField(),
            "bucket_s": serializers.IntegerField(),
            "t": serializers.ListField(child=serializers.DateTimeField()),
            **counts,
        }


class RequestSpan(serializers.Serializer[Any]):
    name = serializers.CharField()
    start_ms = serializers.FloatField()
    end_ms = serializers.FloatField()
    side = serializers.ChoiceField(choices=("gateway", "upstream"))
    attempt = serializers.IntegerField(allow_null=True)


class RequestSide(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            "bytes": serializers.IntegerField(
                allow_null=True, help_text="Null where the model is named in the path."
            ),
            "value": serializers.CharField(
                allow_null=True,
                help_text="Of the model, of null, and of numbers and booleans that dialects know.",
            ),
        }


class RequestChange(serializers.Serializer[Any]):
    """A side is null where the field is absent."""

    client = RequestSide(allow_null=True)
    provider = RequestSide(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"field": serializers.CharField(), **super().get_fields()}


class RequestDifference(serializers.Serializer[Any]):
    more = serializers.IntegerField(help_text="Fields beyond those listed.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"fields": RequestChange(many=True), **super().get_fields()}


class RequestAttempt(serializers.Serializer[Any]):
    attempt = serializers.IntegerField()
    provider = serializers.CharField(allow_blank=True)
    credential = serializers.CharField(allow_blank=True)
    credential_suffix = serializers.CharField(allow_blank=True)
    upstream_name = serializers.CharField(allow_blank=True)
    target_dialect = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=FINAL_STATUSES)
    http_status = serializers.IntegerField(allow_null=True)
    error_code = serializers.CharField(allow_blank=True)
    started_ms = serializers.FloatField(allow_null=True)
    ended_ms = serializers.FloatField(allow_null=True)
    tokens = serializers.DictField(
        child=serializers.IntegerField(), help_text="By class; those of which there were any."
    )
    cost = serializers.CharField(
        allow_null=True, help_text="To the vendor; null where it is the platform's alone to know."
    )
    difference = RequestDifference(
        allow_null=True,
        help_text="By field, never what was said; null where nothing was sent, or not compared.",
    )


class RequestDetail(RequestFacts):
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    spans = RequestSpan(many=True)
    attempts = RequestAttempt(many=True)
    parts = serializers.ListField(
        child=serializers.DictField(), help_text="Bodies are not stored: always empty."
    )


class RequestExport(Strict):
    format = Choice(choices=EXPORT_FORMATS, default="csv")
    filters = serializers.DictField(
        required=False,
        default=dict,
        help_text="Names and values of the list's filters; several values as a list.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With each filter's values as a list."""
        found = {}
        for name, value in attrs["filters"].items():
            texts = value if isinstance(value, list) else [value]
            if not all(isinstance(text, str) for text in texts):
                raise serializers.ValidationError({name: "expected a text, or a list of texts"})
            found[name] = texts
        return {**attrs, "filters": found}
