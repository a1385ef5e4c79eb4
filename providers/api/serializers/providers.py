from collections.abc import Mapping
from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.access import Access
from accounts.api.fields import Choice, Flag, Pairs, RowId, Strict, Text, WholeNumber
from accounts.api.serializers.shared import ListQuery
from providers.api.serializers.credentials import CredentialCreate
from providers.api.serializers.models import ModelCreate
from providers.inheritance import effective, inherited_fields
from providers.kinds import KINDS
from providers.models import Provider as ProviderRow
from providers.ownership import may_edit, reads_fully
from providers.selectors.providers import host_of
from providers.services.providers import NOTICES

INT: Final = 2**31 - 1
HOUR_MS: Final = 3_600_000
MAX_TENANTS: Final = 500
MAX_NESTED: Final = 200
ALL_TENANTS: Final = "all"
VISIBILITY: Final = {
    "oneOf": [
        {"type": "string", "const": ALL_TENANTS},
        {"type": "array", "items": {"type": "string", "format": "uuid"}},
    ]
}
STATES: Final = ("healthy", "degraded", "down", "unknown", "disabled")
CELLS: Final = {
    "type": "array",
    "items": {"type": ["integer", "null"], "enum": [0, 1, 2, None]},
    "minItems": 60,
    "maxItems": 60,
}


@extend_schema_field(VISIBILITY)
class Visibility(serializers.Field):  # type: ignore[type-arg] # DRF's field takes four parameters
    """Every tenant, or those named."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tenants = serializers.ListField(child=RowId(), max_length=MAX_TENANTS)

    def to_internal_value(self, data: Any) -> Any:
        return None if data == ALL_TENANTS else self._tenants.run_validation(data)

    def to_representation(self, value: Any) -> Any:
        return value


class Milliseconds(WholeNumber):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            allow_null=True,
            min_value=1,
            max_value=HOUR_MS,
            help_text="Null: the parent's, then the platform's default.",
            **kwargs,
        )


class SurfaceIn(Strict):
    dialect = Text(max_length=40)
    base_url = Text(max_length=500)


class HealthSettings(Strict):
    mode = Choice(required=False, choices=ProviderRow.HealthMode.values)
    interval_s = WholeNumber(required=False, min_value=10, max_value=86_400)
    model = Text(required=False, allow_blank=True, max_length=200)


class DiscoverySettings(Strict):
    mode = Choice(required=False, choices=ProviderRow.DiscoveryMode.values)
    interval_h = WholeNumber(required=False, min_value=1, max_value=720)


class ProviderFields(Strict):
    """What may be set on a provider, at creation and later."""

    name = Text(max_length=120)
    base_url = Text(required=False, allow_blank=True, max_length=500)
    region = Text(required=False, allow_blank=True, max_length=40)
    project = Text(required=False, allow_blank=True, max_length=60)
    resource = Text(required=False, allow_blank=True, max_length=63)
    api_version = Text(required=False, allow_blank=True, max_length=40)
    surfaces = serializers.ListField(
        required=False,
        child=SurfaceIn(),
        max_length=10,
        help_text="Empty: those of the kind at the base URL.",
    )
    priority = WholeNumber(required=False, min_value=0, max_value=INT, help_text="Lower first.")
    enabled = Flag(required=False)
    draining = Flag(required=False)
    headers = Pairs(required=False, help_text="Sent with every call; no secrets.")
    proxy_url = Text(
        required=False, allow_blank=True, max_length=500, help_text="Set by superadmins only."
    )
    connect_ms = Milliseconds()
    ttft_ms = Milliseconds()
    reasoning_ttft_ms = Milliseconds()
    idle_ms = Milliseconds()
    total_ms = Milliseconds()
    pool_strategy = Choice(required=False, allow_null=True, choices=ProviderRow.PoolStrategy.values)
    max_failures = WholeNumber(required=False, allow_null=True, min_value=1, max_value=1000)
    retry_after_s = WholeNumber(required=False, allow_null=True, min_value=1, max_value=86_400)
    failure_window_s = WholeNumber(required=False, allow_null=True, min_value=1, max_value=86_400)
    disconnect_policy = Choice(
        required=False, allow_null=True, choices=ProviderRow.DisconnectPolicy.values
    )
    allow_unlisted_models = Flag(required=False)
    health = HealthSettings(required=False)
    discovery = DiscoverySettings(required=False)
    cost_multiplier = Text(required=False, max_length=16, help_text="A decimal, as 1.25.")
    data_region = Text(required=False, allow_blank=True, max_length=40)
    visibility = Visibility(required=False, help_text="Of providers of the platform.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Into the names of the columns."""
        for group in ("health", "discovery"):
            for name, value in attrs.pop(group, {}).items():
                attrs[f"{group}_{name}"] = value
        if "visibility" in attrs:
            attrs["visible_to"] = attrs.pop("visibility")
        return attrs


class ProviderCreate(ProviderFields):
    slug = Text(max_length=63, help_text="Of a child without the parent's: parent.slug is made.")
    kind = Choice(
        required=False, choices=tuple(KINDS), help_text="A child's default: its parent's."
    )
    parent = RowId(required=False, allow_null=True)  # type: ignore[assignment]
    platform = Flag(required=False, help_text="For every tenant; superadmins only.")
    credentials = serializers.ListField(
        required=False, child=CredentialCreate(), max_length=MAX_NESTED
    )
    models = serializers.ListField(required=False, child=ModelCreate(), max_length=MAX_NESTED)


class ProviderUpdate(ProviderFields):
    pass


class ProviderQuery(ListQuery):
    kind = serializers.ChoiceField(required=False, choices=tuple(KINDS))
    enabled = serializers.BooleanField(required=False)
    platform = serializers.BooleanField(required=False)
    q = serializers.CharField(required=False, max_length=200, help_text="In slug and name.")


class ProviderDelete(serializers.Serializer[Any]):
    force = serializers.BooleanField(required=False, default=False)
    confirm = serializers.CharField(
        required=False, default="", allow_blank=True, help_text="The slug, where force is true."
    )


class SurfaceOut(serializers.Serializer[Any]):
    dialect = serializers.CharField()
    base_url = serializers.CharField()


class Status(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=STATES)
    reason = serializers.CharField(allow_blank=True)
    latency_ms = serializers.IntegerField(allow_null=True)
    last_ok_at = serializers.DateTimeField(allow_null=True)


class CredentialCount(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    healthy = serializers.IntegerField()


class HealthOut(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(choices=ProviderRow.HealthMode.values, source="health_mode")
    interval_s = serializers.IntegerField(source="health_interval_s")
    model = serializers.CharField(source="health_model", allow_blank=True)


class DiscoveryOut(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(
        choices=ProviderRow.DiscoveryMode.values, source="discovery_mode"
    )
    interval_h = serializers.IntegerField(source="discovery_interval_h")


# What whoever may not read a provider in full meets in place of the values.
HIDDEN: Final[Mapping[str, Any]] = {
    "base_url": "",
    "host": "",
    "region": "",
    "project": "",
    "resource": "",
    "api_version": "",
    "surfaces": [],
    "headers": {},
    "proxy_url": "",
    "visibility": ALL_TENANTS,
    "data_region": "",
}


class Provider(serializers.ModelSerializer[ProviderRow]):
    kind = serializers.ChoiceField(choices=tuple(KINDS))
    parent = serializers.UUIDField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    host = serializers.SerializerMethodField()
    surfaces = SurfaceOut(many=True)
    headers = serializers.DictField(child=serializers.CharField(allow_blank=True))
    connect_ms = serializers.SerializerMethodField()
    ttft_ms = serializers.SerializerMethodField()
    reasoning_ttft_ms = serializers.SerializerMethodField()
    idle_ms = serializers.SerializerMethodField()
    total_ms = serializers.SerializerMethodField()
    pool_strategy = serializers.SerializerMethodField()
    disconnect_policy = serializers.SerializerMethodField()
    inherited = serializers.SerializerMethodField(
        help_text="Fields whose value is the parent's or the platform's default."
    )
    health = HealthOut(source="*")
    discovery = DiscoveryOut(source="*")
    cost_multiplier = serializers.SerializerMethodField()
    visibility = serializers.SerializerMethodField()
    platform = serializers.SerializerMethodField()
    editable = serializers.SerializerMethodField()
    status = Status()
    credentials = CredentialCount(source="credential_count")
    models_enabled = serializers.IntegerField()
    cells = serializers.SerializerMethodField()
    notices = serializers.SerializerMethodField(
        help_text="After a write: what was changed in what was sent."
    )

    class Meta:
        model = ProviderRow
        fields: ClassVar[list[str]] = [
            *("id", "slug", "name", "kind", "parent", "base_url", "host", "region", "project"),
            *("resource", "api_version", "surfaces", "priority", "enabled", "draining"),
            *("headers", "proxy_url", "connect_ms", "ttft_ms", "reasoning_ttft_ms", "idle_ms"),
            *("total_ms", "pool_strategy", "max_failures", "retry_after_s", "failure_window_s"),
            *("disconnect_policy", "inherited", "allow_unlisted_models", "health", "discovery"),
            *("cost_multiplier", "data_region", "managed_by", "verified_at", "visibility"),
            *("platform", "editable", "status", "credentials", "models_enabled", "cells"),
            "notices",
            *("version", "created_at", "updated_at"),
        ]
        read_only_fields = fields

    def to_representation(self, instance: ProviderRow) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if not reads_fully(instance, access=self._access()):
            shown.update(HIDDEN)
        return shown

    def _access(self) -> Access:
        access: Access = self.context["access"]
        return access

    def get_host(self, row: ProviderRow) -> str:
        return host_of(row)

    def get_connect_ms(self, row: ProviderRow) -> int:
        return effective(row).timeouts.connect_ms

    def get_ttft_ms(self, row: ProviderRow) -> int:
        return effective(row).timeouts.ttft_ms

    def get_reasoning_ttft_ms(self, row: ProviderRow) -> int:
        return effective(row).timeouts.reasoning_ttft_ms

    def get_idle_ms(self, row: ProviderRow) -> int:
        return effective(row).timeouts.idle_ms

    def get_total_ms(self, row: ProviderRow) -> int:
        return effective(row).timeouts.total_ms

    @extend_schema_field(
        {"type": ["string", "null"], "enum": [*ProviderRow.PoolStrategy.values, None]}
    )
    def get_pool_strategy(self, row: ProviderRow) -> str | None:
        return row.pool_strategy or None

    @extend_schema_field({"type": "string", "enum": ProviderRow.DisconnectPolicy.values})
    def get_disconnect_policy(self, row: ProviderRow) -> str:
        return effective(row).disconnect_policy

    def get_inherited(self, row: ProviderRow) -> list[str]:
        return inherited_fields(row)

    def get_cost_multiplier(self, row: ProviderRow) -> str:
        return f"{row.cost_multiplier.normalize():f}"

    @extend_schema_field(VISIBILITY)
    def get_visibility(self, row: ProviderRow) -> str | list[str]:
        named = row.visible_to
        return ALL_TENANTS if named is None else [str(tenant_id) for tenant_id in named]

    def get_platform(self, row: ProviderRow) -> bool:
        return row.tenant_id is None

    def get_editable(self, row: ProviderRow) -> bool:
        return may_edit(row, access=self._access())

    @extend_schema_field(CELLS)
    def get_cells(self, row: Any) -> list[int | None]:
        cells: list[int | None] = row.cells
        return cells

    def get_notices(self, row: ProviderRow) -> list[str]:
        notices: list[str] = row.__dict__.get(NOTICES, [])
        return notices


class Kind(serializers.Serializer[Any]):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    default_base_url = serializers.CharField(allow_blank=True)
    credential_kinds = serializers.ListField(child=serializers.CharField())
    surfaces = serializers.ListField(child=serializers.CharField())
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]


class Preset(serializers.Serializer[Any]):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.CharField()
    base_url = serializers.CharField()
    key_prefix = serializers.CharField(allow_blank=True)
    docs_url = serializers.CharField(allow_blank=True)
    source = serializers.ChoiceField(choices=("documented", "reported"))  # type: ignore[assignment]
    local = serializers.BooleanField()
