"""Changes of what belongs to a provider: told in the audit as what they are, announced as a change
of the provider, which is what the data plane knows."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts import audit
from accounts.actors import Actor
from accounts.models import Editable
from accounts.services.changes import announce, target_of
from providers.models import Credential, Provider, UpstreamModel


def record_addition(*, actor: Actor, row: Credential | UpstreamModel, action: str) -> None:
    _record(actor=actor, row=row, action=action, after=audit.created_fields(row))
    announce_provider(row.provider)


def record_changes(
    *,
    actor: Actor,
    row: Credential | UpstreamModel,
    action: str,
    changes: Mapping[str, Any],
) -> bool:
    """Saves, tells and announces; False, and nothing at all, when nothing differs."""
    before = audit.snapshot_of(row)
    for name, value in changes.items():
        setattr(row, name, value)
    old, new = audit.changed_fields(row, before=before)
    if not new:
        return False
    row.save()
    _record(actor=actor, row=row, action=action, before=old, after=new)
    announce_provider(row.provider)
    return True


def record_removal(*, actor: Actor, row: Credential | UpstreamModel, action: str) -> None:
    provider, before, target = row.provider, audit.created_fields(row), _target(row)
    row.delete()
    audit.record(
        actor=actor, action=action, target=target, tenant_id=provider.tenant_id, before=before
    )
    announce_provider(provider)


def announce_provider(row: Provider) -> None:
    announce(kind="provider", row_id=row.pk, tenant_id=row.tenant_id)


def announce_health(*, provider_id: UUID, tenant_id: UUID | None) -> None:
    """For who looks on: the data plane knows already, or learns by itself."""
    announce(kind="provider_health", row_id=provider_id, tenant_id=tenant_id)


def _record(
    *,
    actor: Actor,
    row: Credential | UpstreamModel,
    action: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any],
) -> None:
    audit.record(
        actor=actor,
        action=action,
        target=_target(row),
        tenant_id=row.tenant_id,
        before=before,
        after=after,
    )


def _target(row: Editable) -> audit.Target:
    return target_of(row, kind="credential" if isinstance(row, Credential) else "model")
