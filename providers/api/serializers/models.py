from typing import Any, ClassVar, Final

from rest_framework import serializers

from accounts.api.fields import Flag, Strict, Text, WholeNumber, Words
from accounts.api.serializers.shared import ListQuery
from providers.models import UpstreamModel as UpstreamModelRow

INT: Final = 2**31 - 1
MAX_WORDS: Final = 50


class Effects(Strict):
    """Top-level changes of every request to a model."""

    drop = Words(required=False, length=100, most=MAX_WORDS)
    rename = serializers.DictField(required=False, child=Text(max_length=100))
    force = serializers.DictField(required=False)

    def get_fields(self) -> dict[str, Any]:
        """`default` is an argument of every serializer's constructor, so no class attribute."""
        return {**super().get_fields(), "default": serializers.DictField(required=False)}


class ModelFields(Strict):
    """What may be set on a model, at creation and later."""

    upstream_name = Text(max_length=200)
    public_name = Text(
        required=False, max_length=200, help_text="What clients ask for; without: upstream_name."
    )
    enabled = Flag(required=False)
    operations = Words(required=False, length=20, most=20)
    context_window = WholeNumber(required=False, allow_null=True, min_value=1, max_value=INT)
    max_output_tokens = WholeNumber(required=False, allow_null=True, min_value=1, max_value=INT)
    capabilities = serializers.DictField(required=False)
    params = Effects(required=False)
    price_model = Text(required=False, allow_blank=True, max_length=200)
    tokenizer = Text(required=False, allow_blank=True, max_length=60)
    deprecated_at = serializers.DateField(required=False, allow_null=True)
    successor = Text(required=False, allow_blank=True, max_length=200)


class ModelCreate(ModelFields):
    pass


class ModelUpdate(ModelFields):
    pass


class ModelQuery(ListQuery):
    pass


class UpstreamModel(serializers.ModelSerializer[UpstreamModelRow]):
    capabilities = serializers.DictField()
    params = Effects()
    operations = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = UpstreamModelRow
        fields: ClassVar[list[str]] = [
            "id",
            "upstream_name",
            "public_name",
            "enabled",
            "operations",
            "context_window",
            "max_output_tokens",
            "capabilities",
            "params",
            "price_model",
            "tokenizer",
            "deprecated_at",
            "successor",
            "source",
            "last_seen_at",
            "missing_since",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class SyncReport(serializers.Serializer[Any]):
    added = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())
    unchanged = serializers.IntegerField()
