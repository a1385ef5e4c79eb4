from typing import Any

from rest_framework import serializers

from accounts.api.fields import Strict, Text
from accounts.api.serializers.shared import ListQuery
from routing.models import NAME_LENGTH


class AliasFields(Strict):
    name = Text(
        max_length=NAME_LENGTH, help_text="What clients ask for; may end in * for a prefix."
    )
    to = Text(max_length=NAME_LENGTH, help_text="A model, a qualified name or another alias.")
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class AliasQuery(ListQuery):
    q = serializers.CharField(required=False, max_length=200, help_text="In name or target.")


class AliasRow(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    to = serializers.CharField()
    expires_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class DefaultFields(Strict):
    default_model = Text(
        max_length=NAME_LENGTH,
        allow_blank=True,
        help_text="What `default` means; empty: the platform's.",
    )


class DefaultRow(serializers.Serializer[Any]):
    default_model = serializers.CharField(allow_blank=True)
    platform_default_model = serializers.CharField(
        allow_blank=True, help_text="Holds where the tenant names none."
    )
    version = serializers.IntegerField()
