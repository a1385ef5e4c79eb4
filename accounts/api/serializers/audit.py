from typing import Any

from rest_framework import serializers

from accounts.api.serializers.shared import ListQuery
from accounts.models import AuditEntry


class AuditFilters(ListQuery):
    action = serializers.CharField(
        required=False, max_length=64, help_text="As key.create, or an object as key."
    )
    actor = serializers.CharField(
        required=False, max_length=254, help_text="Actor id, or part of the label."
    )
    object_type = serializers.CharField(required=False, max_length=40)
    object_id = serializers.CharField(required=False, max_length=64)
    q = serializers.CharField(required=False, max_length=200, help_text="In labels and reason.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python, so it cannot stand above."""
        return {
            **super().get_fields(),
            "from": serializers.DateTimeField(required=False, help_text="First moment, RFC 3339."),
            "to": serializers.DateTimeField(required=False, help_text="First moment after."),
        }


class AuditExportQuery(AuditFilters):
    format = serializers.ChoiceField(required=False, choices=("csv", "json"), default="csv")


class Actor(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=AuditEntry.ActorType.values, source="actor_type")
    id = serializers.CharField(source="actor_id")
    label = serializers.CharField(source="actor_label")  # type: ignore[assignment]


class AuditObject(serializers.Serializer[Any]):
    type = serializers.CharField(source="object_type")
    id = serializers.CharField(source="object_id")
    label = serializers.CharField(source="object_label")  # type: ignore[assignment]


class AuditRow(serializers.Serializer[Any]):
    id = serializers.CharField()
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    actor = Actor(source="*")
    ip = serializers.CharField(allow_null=True)
    user_agent = serializers.CharField(allow_blank=True)
    action = serializers.CharField()
    object = AuditObject(source="*")
    before = serializers.DictField()
    after = serializers.DictField()
    reason = serializers.CharField(allow_blank=True)
    request_id = serializers.CharField(allow_blank=True)
    hash = serializers.SerializerMethodField()

    def get_hash(self, entry: AuditEntry) -> str:
        """Hexadecimal SHA-256 of the hash before and this row."""
        return bytes(entry.hash).hex()


class ChainReport(serializers.Serializer[Any]):
    chain = serializers.CharField()
    ok = serializers.BooleanField()
    rows = serializers.IntegerField()
    first_bad_seq = serializers.IntegerField(allow_null=True)
