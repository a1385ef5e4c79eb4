from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.fields import (
    Choice,
    Flag,
    Money,
    Pairs,
    RowId,
    Strict,
    Text,
    WholeNumber,
    Words,
)
from accounts.api.serializers.shared import Creator, ListQuery, NamedId, Person
from accounts.models import ApiKey
from accounts.selectors.keys import KEY_ID_PREFIX, live_secrets, status_of
from accounts.services.key_fields import MAX_NETWORKS
from accounts.services.keys import MAX_OVERLAP_S

KINDS = ("client", "management")
STATUSES = ("active", "disabled", "revoked", "expired")
MAX_WORDS = 200
MAX_BULK = 200
BIGINT = 2**63 - 1
INT = 2**31 - 1


class KeyFields(Strict):
    """What may be set on a key, at creation and later."""

    name = Text(max_length=120)
    description = Text(required=False, allow_blank=True, max_length=500)
    owner = RowId(required=False, allow_null=True, help_text="User id; null makes a service key.")
    team = RowId(required=False, allow_null=True, help_text="Team id.")
    scopes = Words(required=False, length=64, most=MAX_WORDS)
    allowed_models = Words(required=False, length=200, most=MAX_WORDS)
    denied_models = Words(required=False, length=200, most=MAX_WORDS)
    restrict_served = Flag(required=False)
    allowed_dialects = Words(required=False, length=40, most=MAX_WORDS)
    allowed_paths = Words(required=False, length=200, most=MAX_WORDS)
    allowed_ips = Words(required=False, length=49, most=MAX_NETWORKS)
    denied_ips = Words(required=False, length=49, most=MAX_NETWORKS)
    expires_at = Text(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=40,
        help_text="RFC 3339, or a date: the end of that day in the tenant's reporting zone.",
    )
    requests_per_minute = WholeNumber(required=False, allow_null=True, min_value=1, max_value=INT)
    tokens_per_minute = WholeNumber(required=False, allow_null=True, min_value=1, max_value=BIGINT)
    max_concurrency = WholeNumber(required=False, allow_null=True, min_value=1, max_value=INT)
    quota = WholeNumber(
        required=False, allow_null=True, min_value=1, max_value=BIGINT, help_text="Tokens, total."
    )
    monthly_budget = Money(required=False, allow_null=True, help_text="USD.")
    max_cost_per_request = Money(required=False, allow_null=True, help_text="USD.")
    fidelity = Choice(required=False, choices=ApiKey.Fidelity.values)
    byok_allowed = Flag(required=False)
    dearer_fallback = Flag(required=False)
    priority = WholeNumber(required=False, min_value=0, max_value=9)
    tags = Words(required=False, length=100, most=MAX_WORDS)
    metadata = Pairs(required=False)


class KeyCreate(KeyFields):
    kind = Choice(required=False, choices=KINDS)
    environment = Choice(required=False, choices=ApiKey.Environment.values)


class KeyUpdate(KeyFields):
    status = Choice(required=False, choices=("active", "disabled"))


class RateLimitAlias(Strict):
    """`rate_limit`, the name the published administration paths use."""

    rate_limit = WholeNumber(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=INT,
        help_text="Requests per minute.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "rate_limit" in attrs:
            attrs["requests_per_minute"] = attrs.pop("rate_limit")
        return attrs


class PublishedKeyCreate(RateLimitAlias, KeyCreate):
    pass


class PublishedKeyUpdate(RateLimitAlias, KeyUpdate):
    pass


class KeyRotate(Strict):
    overlap_s = WholeNumber(
        required=False,
        min_value=0,
        max_value=MAX_OVERLAP_S,
        default=0,
        help_text="Seconds the old secret stays valid.",
    )


class KeyClone(Strict):
    name = Text(required=False, max_length=120)


class KeyBulk(Strict):
    action = Choice(choices=("disable", "revoke", "tag"))
    ids = serializers.ListField(
        child=Text(max_length=40), min_length=1, max_length=MAX_BULK, help_text="Key ids."
    )
    tags = Words(required=False, length=100, most=MAX_WORDS, default=list)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["action"] == "tag" and not attrs["tags"]:
            raise serializers.ValidationError({"tags": ["name at least one tag"]})
        return attrs


class KeyQuery(ListQuery):
    status = serializers.ChoiceField(required=False, choices=STATUSES)
    kind = serializers.ChoiceField(required=False, choices=KINDS)
    environment = serializers.ChoiceField(required=False, choices=ApiKey.Environment.values)
    owner = serializers.UUIDField(required=False)
    team = serializers.UUIDField(required=False)
    model = serializers.CharField(required=False, max_length=200, help_text="May call this model.")
    q = serializers.CharField(required=False, max_length=200, help_text="In name, tag, owner, id.")


class Key(serializers.ModelSerializer[ApiKey]):
    object = serializers.SerializerMethodField()
    id = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(choices=KINDS)
    status = serializers.SerializerMethodField()
    prefix = serializers.SerializerMethodField()
    suffix = serializers.SerializerMethodField()
    suffixes = serializers.SerializerMethodField()
    owner = Person(allow_null=True)
    team = NamedId(allow_null=True)
    created_by = Creator(allow_null=True)
    metadata = serializers.DictField(child=serializers.CharField())
    monthly_budget = Money(allow_null=True)
    max_cost_per_request = Money(allow_null=True)

    class Meta:
        model = ApiKey
        fields: ClassVar[list[str]] = [
            "object",
            "id",
            "name",
            "description",
            "kind",
            "environment",
            "status",
            "prefix",
            "suffix",
            "suffixes",
            "owner",
            "team",
            "scopes",
            "allowed_models",
            "denied_models",
            "restrict_served",
            "allowed_dialects",
            "allowed_paths",
            "allowed_ips",
            "denied_ips",
            "expires_at",
            "requests_per_minute",
            "tokens_per_minute",
            "max_concurrency",
            "quota",
            "monthly_budget",
            "max_cost_per_request",
            "fidelity",
            "byok_allowed",
            "dearer_fallback",
            "priority",
            "tags",
            "metadata",
            "last_used_at",
            "created_at",
            "updated_at",
            "created_by",
            "version",
        ]
        read_only_fields = fields

    @extend_schema_field({"type": "string", "const": "api_key"})
    def get_object(self, _key: ApiKey) -> str:
        return "api_key"

    def get_id(self, key: ApiKey) -> str:
        return f"{KEY_ID_PREFIX}{key.public_id}"

    @extend_schema_field({"type": "string", "enum": list(STATUSES)})
    def get_status(self, key: ApiKey) -> str:
        return status_of(key, now=timezone.now())

    def get_prefix(self, key: ApiKey) -> str:
        return f"sy-{key.environment}-{key.public_id}"

    def get_suffix(self, key: ApiKey) -> str:
        """Of the newest secret."""
        return next(iter(self.get_suffixes(key)), "")

    def get_suffixes(self, key: ApiKey) -> list[str]:
        return [secret.suffix for secret in live_secrets(key, now=timezone.now())]


class Propagated(serializers.Serializer[Any]):
    propagated = serializers.BooleanField(
        read_only=True,
        help_text="True once every worker serves by the change; false when one has not said so"
        " within two seconds.",
    )


class ChangedKey(Propagated, Key):
    """After a change, which the answer says has reached the data plane or not."""

    class Meta(Key.Meta):
        fields: ClassVar[list[str]] = [*Key.Meta.fields, "propagated"]
        read_only_fields = fields


class IssuedKey(ChangedKey):
    """With the full key: in this one answer and never again."""

    key = serializers.CharField(
        read_only=True, allow_null=True, help_text="Null when an Idempotency-Key is replayed."
    )
    key_shown = serializers.BooleanField(
        read_only=True, required=False, help_text="True when the key was in the first answer."
    )

    class Meta(ChangedKey.Meta):
        fields: ClassVar[list[str]] = [*ChangedKey.Meta.fields, "key", "key_shown"]
        read_only_fields = fields


class IssuedPair(Propagated):
    """For clients that sign: in this one answer and never again."""

    id = serializers.CharField(read_only=True, help_text="Of the key that it acts as.")
    access_key_id = serializers.CharField(read_only=True)
    secret_access_key = serializers.CharField(
        read_only=True, allow_null=True, help_text="Null when an Idempotency-Key is replayed."
    )
    secret_access_key_shown = serializers.BooleanField(
        read_only=True, required=False, help_text="True when it was in the first answer."
    )


class KeyBatch(Propagated):
    data = Key(many=True)  # type: ignore[assignment]
