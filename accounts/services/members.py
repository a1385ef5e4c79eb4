"""Writes on memberships.

Rule 1: a tenant never loses its last active owner; changes of owners queue on the tenant's row.
Rule 2: the owner role is given and taken by owners only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.access import Access
from accounts.actors import Actor
from accounts.audit import created_fields, record
from accounts.errors import Refused
from accounts.models import Membership, Role, TeamMember, Tenant
from accounts.services.changes import announce, lock, save_changes, target_of
from accounts.services.keys import disable_keys_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    keys_disabled: int


@transaction.atomic
def update_member(
    *,
    actor: Actor,
    access: Access,
    member_id: UUID,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> Membership:
    member = _locked(access=access, member_id=member_id, expected_version=expected_version)
    _refuse_owner_by_others(member.role, access=access)
    _refuse_owner_by_others(changes.get("role", member.role), access=access)
    stays = (
        changes.get("role", member.role) == Role.OWNER
        and changes.get("status", member.status) == Membership.Status.ACTIVE
    )
    if not stays:
        refuse_last_owner(member)
    save_changes(
        actor=actor,
        row=member,
        kind="member",
        verb="update",
        tenant_id=member.tenant_id,
        changes=changes,
    )
    return member


@transaction.atomic
def remove_member(
    *, actor: Actor, access: Access, member_id: UUID, expected_version: int | None = None
) -> Removal:
    """Also leaves the tenant's teams and disables their keys there; one audit row tells all."""
    member = _locked(access=access, member_id=member_id, expected_version=expected_version)
    _refuse_owner_by_others(member.role, access=access)
    refuse_last_owner(member)
    disabled = disable_keys_of(tenant_id=member.tenant_id, owner_id=member.user_id)
    TeamMember.objects.filter(tenant_id=member.tenant_id, user_id=member.user_id).delete()
    target, before, row_id = target_of(member, kind="member"), created_fields(member), member.pk
    member.delete()
    record(
        actor=actor,
        action="member.remove",
        target=target,
        tenant_id=member.tenant_id,
        before=before,
        after={"keys_disabled": [f"key_{key.public_id}" for key in disabled]},
    )
    announce(kind="member", row_id=row_id, tenant_id=member.tenant_id)
    return Removal(keys_disabled=len(disabled))


def refuse_last_owner(member: Membership) -> None:
    """Raises last_owner when the tenant would be left without an active owner."""
    if member.role != Role.OWNER or member.status != Membership.Status.ACTIVE:
        return
    others = Membership.objects.filter(
        tenant_id=member.tenant_id,
        role=Role.OWNER,
        status=Membership.Status.ACTIVE,
        user__is_active=True,
    ).exclude(pk=member.pk)
    if not others.exists():
        raise Refused("last_owner")


def queue_on_tenant(tenant_id: UUID) -> None:
    """Serialises changes of owners; inserts that only point to the tenant pass."""
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)


def _locked(*, access: Access, member_id: UUID, expected_version: int | None) -> Membership:
    tenant = access.the_tenant()
    queue_on_tenant(tenant.id)
    rows = Membership.objects.filter(tenant=tenant).select_related("user")
    return lock(rows, pk=member_id, expected_version=expected_version)


def _refuse_owner_by_others(role: str, *, access: Access) -> None:
    if role == Role.OWNER and not access.holds("member.write_owner"):
        raise Refused("role_too_high")
