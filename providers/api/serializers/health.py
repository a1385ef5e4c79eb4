from typing import Any, ClassVar

from rest_framework import serializers

from accounts.api.serializers.shared import ListQuery
from providers.api.serializers.providers import STATES, CredentialCount
from providers.models import HealthCheck as HealthCheckRow


class ProviderHealth(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=STATES)
    reason = serializers.CharField(allow_blank=True)
    latency_ms = serializers.IntegerField(allow_null=True)
    last_ok_at = serializers.DateTimeField(allow_null=True)
    credentials = CredentialCount()
    models = serializers.IntegerField()
    cells = serializers.ListField(
        child=serializers.IntegerField(allow_null=True, min_value=0, max_value=2),
        help_text="Five minutes each, oldest first: 0 down, 1 degraded, 2 ok, null no probe.",
    )


class Health(serializers.Serializer[Any]):
    """Without a key or a session: status, total, healthy and checked_at alone."""

    status = serializers.ChoiceField(choices=STATES)
    checked_at = serializers.DateTimeField()
    total = serializers.IntegerField()
    healthy = serializers.IntegerField()
    providers = ProviderHealth(many=True, required=False)


class CheckQuery(ListQuery):
    pass


class HealthCheck(serializers.ModelSerializer[HealthCheckRow]):
    class Meta:
        model = HealthCheckRow
        fields: ClassVar[list[str]] = [
            *("id", "at", "mode", "ok", "latency_ms", "status", "detail"),
        ]
        read_only_fields = fields
