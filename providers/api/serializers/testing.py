from typing import Any

from rest_framework import serializers

from accounts.api.fields import Choice, Pairs, Strict, Text
from providers.api.serializers.credentials import MAX_SECRET
from providers.kinds import CREDENTIAL_KINDS, KINDS

STEPS = ("dns", "tcp", "tls", "auth", "models", "completion")


class DraftTest(Strict):
    """A form that was not saved."""

    kind = Choice(choices=KINDS)
    base_url = Text(required=False, allow_blank=True, max_length=500)
    region = Text(required=False, allow_blank=True, max_length=40)
    headers = Pairs(required=False)
    credential_kind = Choice(required=False, choices=CREDENTIAL_KINDS)
    secret = Text(required=False, max_length=MAX_SECRET, write_only=True)
    header = Text(required=False, allow_blank=True, max_length=100)
    model = Text(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Asked for one token; without it no completion is tried.",
    )


class StoredTest(Strict):
    model = Text(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Asked for one token; without it no completion is tried.",
    )


class Step(serializers.Serializer[Any]):
    name = serializers.ChoiceField(choices=STEPS)
    ok = serializers.BooleanField(allow_null=True, help_text="Null: not tried.")
    ms = serializers.IntegerField(allow_null=True)
    detail = serializers.CharField(allow_blank=True)
    hint = serializers.CharField(allow_blank=True)


class FoundModel(serializers.Serializer[Any]):
    name = serializers.CharField()
    operations = serializers.ListField(child=serializers.CharField())
    context_window = serializers.IntegerField(allow_null=True)
    max_output_tokens = serializers.IntegerField(allow_null=True)


class TestReport(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    steps = Step(many=True)
    status = serializers.IntegerField(allow_null=True, help_text="Of the vendor's last answer.")
    body = serializers.CharField(allow_blank=True, help_text="Of it, at most 2 KB, scrubbed.")
    models = FoundModel(many=True)
