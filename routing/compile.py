"""Rows to the specs that the data plane reads."""

from routing.models import Alias, RoutingSettings
from routing.specs import AliasSpec, RoutingSpec


def compile_alias(row: Alias) -> AliasSpec:
    return AliasSpec(
        id=str(row.id),
        name=row.name,
        to=row.to,
        tenant_id=str(row.tenant_id) if row.tenant_id else None,
        expires_at=row.expires_at.timestamp() if row.expires_at else None,
    )


def compile_settings(row: RoutingSettings) -> RoutingSpec:
    return RoutingSpec(
        tenant_id=str(row.tenant_id) if row.tenant_id else None, default_model=row.default_model
    )
