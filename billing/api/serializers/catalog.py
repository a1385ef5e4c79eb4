from typing import Any

from rest_framework import serializers

from accounts.api.serializers.shared import ListQuery
from providers.models import UpstreamModel


class CatalogQuery(ListQuery):
    q = serializers.CharField(required=False, max_length=200, help_text="In the model's names.")
    provider = serializers.UUIDField(required=False)
    enabled = serializers.BooleanField(required=False, allow_null=True, default=None)


class CatalogProvider(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()


class CatalogPrice(serializers.Serializer[Any]):
    """USD per million tokens, all factors applied."""

    id = serializers.CharField(allow_null=True)
    scope = serializers.CharField()
    matched_by = serializers.CharField()
    version = serializers.CharField()
    valid_from = serializers.DateTimeField()
    out = serializers.CharField(allow_null=True)
    cached = serializers.CharField(allow_null=True)
    cache_write = serializers.CharField(allow_null=True)
    tiers = serializers.BooleanField(help_text="It also depends on the size or the hour.")
    multiplier = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """`in` is a word of Python."""
        return {**super().get_fields(), "in": serializers.CharField(allow_null=True)}


class CatalogModel(serializers.Serializer[UpstreamModel]):
    id = serializers.UUIDField()
    public_name = serializers.CharField()
    upstream_name = serializers.CharField()
    provider = CatalogProvider()
    enabled = serializers.BooleanField()
    operations = serializers.ListField(child=serializers.CharField())
    context_window = serializers.IntegerField(allow_null=True)
    max_output_tokens = serializers.IntegerField(allow_null=True)
    capabilities = serializers.DictField()
    price = CatalogPrice(allow_null=True)
    priced = serializers.BooleanField()
    deprecated_at = serializers.DateField(allow_null=True)
    successor = serializers.CharField(allow_blank=True)
    requests_7d = serializers.IntegerField()


class UnpricedModel(serializers.Serializer[Any]):
    provider = CatalogProvider()
    upstream_name = serializers.CharField()
    public_name = serializers.CharField()
    requests_7d = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=("used", "offered"))
