"""Rows → what the data plane knows of tenants and keys."""

from datetime import datetime
from typing import Literal, cast

import msgspec

from accounts.models import ApiKey, ApiKeySecret, AwsPair, Tenant
from accounts.specs import AwsPairSpec, KeySpec, SecretSpec, TenantSpec


def compile_tenant(tenant: Tenant) -> TenantSpec:
    row = cast("TenantSpec", tenant)  # the closed sets of choices, in the words of the spec
    return TenantSpec(
        id=str(tenant.pk),
        slug=tenant.slug,
        status=row.status,
        markup_bp=tenant.markup_bp,
        charge_on_disconnect=row.charge_on_disconnect,
        charge_on_empty=row.charge_on_empty,
        vault=row.vault,
        foreign_reasoning=row.foreign_reasoning,
        unpriced=msgspec.convert(tenant.unpriced_policy, Literal["allow_flag", "block"]),
    )


def compile_key(key: ApiKey) -> KeySpec:
    """With its secrets fetched beside it; expired ones too, for whoever holds one is told so."""
    row = cast("KeySpec", key)  # the closed sets of choices, in the words of the spec
    return KeySpec(
        id=f"key_{key.public_id}",
        public_id=key.public_id,
        tenant_id=str(key.tenant_id),
        name=key.name,
        environment=row.environment,
        kind=row.kind,
        status=row.status,
        secrets=tuple(_secret(secret) for secret in key.secrets.all()),
        aws_pairs=tuple(_aws_pair(pair) for pair in key.aws_pairs.all()),
        scopes=frozenset(key.scopes),
        owner_id=_id(key.owner_id),
        team_id=_id(key.team_id),
        tags=tuple(key.tags),
        allowed_models=tuple(key.allowed_models),
        denied_models=tuple(key.denied_models),
        restrict_served=key.restrict_served,
        allowed_dialects=tuple(key.allowed_dialects),
        allowed_paths=tuple(key.allowed_paths),
        allowed_ips=tuple(key.allowed_ips),
        denied_ips=tuple(key.denied_ips),
        expires_at=_moment(key.expires_at),
        fidelity=row.fidelity,
        byok_allowed=key.byok_allowed,
        dearer_fallback=key.dearer_fallback,
        priority=key.priority,
    )


def _secret(secret: ApiKeySecret) -> SecretSpec:
    return SecretSpec(
        digest=bytes(secret.digest),
        pepper_id=secret.pepper_id,
        expires_at=_moment(secret.expires_at),
    )


def _aws_pair(pair: AwsPair) -> AwsPairSpec:
    return AwsPairSpec(
        access_key_id=pair.access_key_id,
        sealed=bytes(pair.sealed_secret),
        expires_at=_moment(pair.expires_at),
    )


def _id(value: object) -> str | None:
    return None if value is None else str(value)


def _moment(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
