"""What every write has in common: one locked row, one audit row, one signal, one transaction.

Law: `before` is taken under the row lock, so that audit rows tell what really changed.
"""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from accounts import audit
from accounts.actors import Actor
from accounts.errors import Refused, VersionConflict
from accounts.models import AuditEntry, Editable
from accounts.signals import configuration_changed

Row = TypeVar("Row", bound=Editable)


def lock(rows: models.QuerySet[Row], *, expected_version: int | None = None, **lookup: Any) -> Row:
    """The one row that fits, locked; not_found, or version_conflict when it has moved on."""
    row = rows.select_for_update(of=("self",)).filter(**lookup).first()
    if row is None:
        raise Refused("not_found")
    if expected_version is not None and row.version != expected_version:
        raise _conflict(row)
    return row


def _conflict(row: Editable) -> VersionConflict:
    last = AuditEntry.objects.filter(object_id=audit_id(row)).order_by("-seq").first()
    return VersionConflict(
        current_version=row.version,
        changed_by=last.actor_label if last else None,
        changed_at=row.updated_at,
    )


def audit_id(row: Editable) -> str:
    """The id people see: keys go by their public one."""
    public_id = getattr(row, "public_id", "")
    return f"key_{public_id}" if public_id else str(row.pk)


def target_of(row: Editable, *, kind: str) -> audit.Target:
    return audit.Target(type=kind, id=audit_id(row), label=str(row))


def record_created(*, actor: Actor, row: Editable, kind: str, tenant_id: UUID | None) -> None:
    audit.record(
        actor=actor,
        action=f"{kind}.create",
        target=target_of(row, kind=kind),
        tenant_id=tenant_id,
        after=audit.created_fields(row),
    )
    announce(kind=kind, row_id=row.pk, tenant_id=tenant_id)


def save_changes(
    *,
    actor: Actor,
    row: Editable,
    kind: str,
    verb: str,
    tenant_id: UUID | None,
    changes: Mapping[str, Any],
) -> None:
    """Writes the fields, the audit row and the signal; nothing at all when nothing differs."""
    before = audit.snapshot_of(row)
    for name, value in changes.items():
        setattr(row, name, value)
    old, new = audit.changed_fields(row, before=before)
    if not new:
        return
    row.save()
    audit.record(
        actor=actor,
        action=f"{kind}.{verb}",
        target=target_of(row, kind=kind),
        tenant_id=tenant_id,
        before=old,
        after=new,
    )
    announce(kind=kind, row_id=row.pk, tenant_id=tenant_id)


def delete_row(*, actor: Actor, row: Editable, kind: str, tenant_id: UUID | None) -> None:
    target, before, row_id = target_of(row, kind=kind), audit.created_fields(row), row.pk
    row.delete()
    audit.record(
        actor=actor, action=f"{kind}.delete", target=target, tenant_id=tenant_id, before=before
    )
    announce(kind=kind, row_id=row_id, tenant_id=tenant_id)


def announce(*, kind: str, row_id: object, tenant_id: UUID | None) -> None:
    configuration_changed.send(sender=None, kind=kind, id=row_id, tenant=tenant_id)
