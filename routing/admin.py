"""Aliases and default models in Django admin; also the way to the platform's own rows."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin

from accounts.access import Access
from accounts.actors import Actor
from accounts.admin import ServiceAdmin
from routing import services
from routing.models import Alias, RoutingSettings


@admin.register(Alias)
class AliasAdmin(ServiceAdmin):
    list_display = ("name", "to", "tenant", "expires_at")
    list_select_related = ("tenant",)
    search_fields = ("name", "to")
    fields = ("tenant", "name", "to", "expires_at")
    fixed_fields = ("tenant",)

    def create(self, *, actor: Actor, access: Access, fields: Mapping[str, Any]) -> tuple[Any, str]:
        given = dict(fields)
        tenant = given.pop("tenant", None)
        tenant_id = tenant.id if tenant is not None else None
        return services.create_alias(actor=actor, tenant_id=tenant_id, fields=given), ""

    def change(self, row: Any, *, actor: Actor, access: Access, changes: Mapping[str, Any]) -> Any:
        return services.update_alias(
            actor=actor, tenant_id=row.tenant_id, alias_id=row.pk, changes=changes
        )


@admin.register(RoutingSettings)
class RoutingSettingsAdmin(ServiceAdmin):
    list_display = ("tenant", "default_model")
    list_select_related = ("tenant",)
    fields = ("tenant", "default_model")
    fixed_fields = ("tenant",)

    def create(self, *, actor: Actor, access: Access, fields: Mapping[str, Any]) -> tuple[Any, str]:
        tenant = fields.get("tenant")
        tenant_id = tenant.id if tenant is not None else None
        named = str(fields.get("default_model", ""))
        return (
            services.set_default_model(actor=actor, tenant_id=tenant_id, default_model=named),
            "",
        )

    def change(self, row: Any, *, actor: Actor, access: Access, changes: Mapping[str, Any]) -> Any:
        return services.set_default_model(
            actor=actor,
            tenant_id=row.tenant_id,
            default_model=str(changes.get("default_model", row.default_model)),
        )
