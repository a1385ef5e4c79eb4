"""Django admin of back-ends: every write through the services of the API, no secret anywhere."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Model

from accounts.access import Access, superadmin_access
from accounts.actors import Actor
from accounts.admin import ReadOnly, ServiceAdmin
from accounts.models import User
from providers.models import Credential, HealthCheck, Price, Provider, UpstreamModel
from providers.selectors.credentials import state_of
from providers.services import credentials, models, providers


@admin.register(Provider)
class ProviderAdmin(ServiceAdmin):
    list_display = ("slug", "name", "tenant", "kind", "base_url", "enabled", "archived_at")
    list_filter = ("kind", "enabled", ("tenant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("tenant",)
    search_fields = ("slug", "name")
    ordering = ("slug", "id")
    fields = (
        *("tenant", "parent", "slug", "name", "kind", "base_url", "region", "project"),
        *("resource", "api_version", "surfaces", "visible_to", "priority", "enabled", "draining"),
        *("headers", "proxy_url", "connect_ms", "ttft_ms", "reasoning_ttft_ms", "idle_ms"),
        *("total_ms", "pool_strategy", "max_failures", "retry_after_s", "failure_window_s"),
        *("disconnect_policy", "allow_unlisted_models", "health_mode", "health_interval_s"),
        *("health_model", "discovery_mode", "discovery_interval_h", "cost_multiplier"),
        *("data_region", "managed_by", "verified_at", "archived_at", "created_at"),
    )
    raw_id_fields = ("tenant", "parent")
    readonly_fields = ("surfaces", "managed_by", "verified_at", "archived_at", "created_at")
    fixed_fields = ("tenant", "parent", "slug", "kind")

    def create(
        self, *, actor: Actor, access: Access, fields: Mapping[str, Any]
    ) -> tuple[Provider, str]:
        given = _ids(fields)
        given.pop("tenant", None)
        return providers.create_provider(actor=actor, access=access, fields=given), ""

    def change(
        self, row: Provider, *, actor: Actor, access: Access, changes: Mapping[str, Any]
    ) -> Provider:
        return providers.update_provider(
            actor=actor, access=access, provider_id=row.pk, changes=changes
        )


@admin.register(Credential)
class CredentialAdmin(ServiceAdmin):
    list_display = ("name", "provider", "tenant", "kind", "masked", "shown_state", "enabled")
    list_filter = ("kind", "enabled", "state", ("tenant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("provider", "tenant")
    search_fields = ("name", "provider__slug", "cost_center")
    ordering = ("-id",)
    fields = (
        *("tenant", "provider", "name", "kind", "header", "masked", "weight", "priority"),
        *("enabled", "allowed_models", "rpm_limit", "tpm_limit", "concurrency_limit"),
        *("cost_center", "expires_at", "shown_state", "state_reason", "last_error", "last_ok_at"),
    )
    readonly_fields = (
        *("tenant", "provider", "kind", "header", "masked", "shown_state", "state_reason"),
        *("last_error", "last_ok_at"),
    )

    def has_add_permission(self, _request: Any) -> bool:
        """A secret is entered in the console or through the API."""
        return False

    @admin.display(description="secret")
    def masked(self, row: Credential) -> str:
        return f"…{row.suffix}" if row.sealed_secret else ""

    @admin.display(description="state")
    def shown_state(self, row: Credential) -> str:
        return state_of(row)

    def change(
        self, row: Credential, *, actor: Actor, access: Access, changes: Mapping[str, Any]
    ) -> Credential:
        return credentials.update_credential(
            actor=actor,
            access=access,
            provider_id=row.provider_id,
            credential_id=row.pk,
            changes={
                "models" if name == "allowed_models" else name: value
                for name, value in changes.items()
            },
        )


@admin.register(UpstreamModel)
class UpstreamModelAdmin(ServiceAdmin):
    list_display = ("public_name", "upstream_name", "provider", "tenant", "enabled", "source")
    list_filter = ("enabled", "source", ("tenant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("provider", "tenant")
    search_fields = ("public_name", "upstream_name", "provider__slug")
    ordering = ("-id",)
    fields = (
        *("provider", "upstream_name", "public_name", "enabled", "operations"),
        *("context_window", "max_output_tokens", "capabilities", "params", "price_model"),
        *("tokenizer", "deprecated_at", "successor", "source", "last_seen_at", "missing_since"),
    )
    raw_id_fields = ("provider",)
    readonly_fields = ("source", "last_seen_at", "missing_since")
    fixed_fields = ("provider",)

    def access_to(self, row: UpstreamModel, *, user: User) -> Access:
        return superadmin_access(tenant=row.provider.tenant, user_id=user.pk)

    def create(
        self, *, actor: Actor, access: Access, fields: Mapping[str, Any]
    ) -> tuple[UpstreamModel, str]:
        given = dict(fields)
        provider = given.pop("provider")
        row = models.create_model(actor=actor, access=access, provider_id=provider.pk, fields=given)
        return row, ""

    def change(
        self, row: UpstreamModel, *, actor: Actor, access: Access, changes: Mapping[str, Any]
    ) -> UpstreamModel:
        return models.update_model(
            actor=actor,
            access=access,
            provider_id=row.provider_id,
            model_id=row.pk,
            changes=changes,
        )


@admin.register(HealthCheck)
class HealthCheckAdmin(ReadOnly, ServiceAdmin):
    list_display = ("at", "provider", "mode", "ok", "status", "latency_ms", "detail")
    list_filter = ("ok", "mode")
    list_select_related = ("provider",)
    search_fields = ("provider__slug",)
    ordering = ("-at", "-id")
    fields = ("at", "provider", "mode", "ok", "status", "latency_ms", "detail")


@admin.register(Price)
class PriceAdmin(ReadOnly, ServiceAdmin):
    """Set in the console or through the API, where a change closes one row and opens another."""

    list_display = ("model", "scope", "vendor", "provider", "tenant", "valid_from", "valid_to")
    list_filter = ("scope", "vendor")
    list_select_related = ("tenant",)
    search_fields = ("model",)
    ordering = ("-id",)
    fields = (
        *("model", "match", "scope", "vendor", "provider", "region", "tenant", "valid_from"),
        *("valid_to", "version", "source", "source_version", "spec", "created_by", "created_at"),
    )


def _ids(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Services take the ids of what a row points to."""
    return {name: value.pk if isinstance(value, Model) else value for name, value in fields.items()}
