"""Writes on teams and who is in them.

Law: changes of the tree of teams queue on the tenant's row, or two at once could close a circle.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.access import Access
from accounts.actors import Actor
from accounts.audit import record
from accounts.errors import Invalid, Refused
from accounts.models import ApiKey, Membership, Team, TeamMember
from accounts.services.changes import (
    announce,
    delete_row,
    lock,
    record_created,
    save_changes,
    target_of,
)
from accounts.services.key_fields import checked_fields
from accounts.services.members import queue_on_tenant


@transaction.atomic
def create_team(*, actor: Actor, access: Access, fields: Mapping[str, Any]) -> Team:
    """`parent` is an id."""
    tenant = access.the_tenant()
    queue_on_tenant(tenant.id)
    given = checked_fields(fields, tenant=tenant)
    parent = _parent(given.pop("parent", None), access=access, of=None)
    team = Team(tenant=tenant, parent=parent, created_by_id=actor.user_id, **given)
    _save_named(team)
    record_created(actor=actor, row=team, kind="team", tenant_id=tenant.id)
    return team


@transaction.atomic
def update_team(
    *,
    actor: Actor,
    access: Access,
    team_id: UUID,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> Team:
    tenant = access.the_tenant()
    queue_on_tenant(tenant.id)
    team = lock(Team.objects.filter(tenant=tenant), pk=team_id, expected_version=expected_version)
    given = checked_fields(changes, tenant=tenant)
    if "parent" in given:
        given["parent"] = _parent(given["parent"], access=access, of=team)
    try:
        with transaction.atomic():
            save_changes(
                actor=actor,
                row=team,
                kind="team",
                verb="update",
                tenant_id=tenant.id,
                changes=given,
            )
    except IntegrityError:
        raise _name_taken(given["name"]) from None
    return team


@transaction.atomic
def delete_team(
    *, actor: Actor, access: Access, team_id: UUID, expected_version: int | None = None
) -> None:
    """Its keys, members and invitations stay in the tenant, without the team."""
    tenant = access.the_tenant()
    queue_on_tenant(tenant.id)
    team = lock(Team.objects.filter(tenant=tenant), pk=team_id, expected_version=expected_version)
    if team.children.exists():
        raise Refused("team_not_empty")
    keys = list(ApiKey.objects.filter(team=team).values_list("pk", flat=True))
    delete_row(actor=actor, row=team, kind="team", tenant_id=tenant.id)
    for key_id in keys:
        announce(kind="key", row_id=key_id, tenant_id=tenant.id)


@transaction.atomic
def set_team_member(
    *, actor: Actor, access: Access, team_id: UUID, user_id: UUID, lead: bool
) -> TeamMember:
    """Puts a member of the tenant into the team, or changes whether they lead it."""
    tenant = access.the_tenant()
    team = lock(Team.objects.filter(tenant=tenant), pk=team_id)
    if not Membership.objects.filter(tenant=tenant, user_id=user_id).exists():
        raise Refused("not_found", "`user` names no member of this tenant.")
    row = TeamMember.objects.filter(team=team, user_id=user_id).select_related("user").first()
    if row is not None:
        save_changes(
            actor=actor,
            row=row,
            kind="team_member",
            verb="update",
            tenant_id=tenant.id,
            changes={"lead": lead},
        )
        return row
    row = TeamMember(
        tenant=tenant, team=team, user_id=user_id, lead=lead, created_by_id=actor.user_id
    )
    row.save(force_insert=True)
    record_created(actor=actor, row=row, kind="team_member", tenant_id=tenant.id)
    return row


@transaction.atomic
def remove_team_member(
    *,
    actor: Actor,
    access: Access,
    team_id: UUID,
    user_id: UUID,
    expected_version: int | None = None,
) -> None:
    rows = TeamMember.objects.filter(tenant=access.the_tenant())
    row = lock(rows, team_id=team_id, user_id=user_id, expected_version=expected_version)
    target, row_id = target_of(row, kind="team_member"), row.pk
    row.delete()
    record(
        actor=actor,
        action="team_member.delete",
        target=target,
        tenant_id=row.tenant_id,
        before={"team": row.team_id, "user": row.user_id, "lead": row.lead},
    )
    announce(kind="team_member", row_id=row_id, tenant_id=row.tenant_id)


def _save_named(team: Team) -> None:
    try:
        with transaction.atomic():
            team.save(force_insert=True)
    except IntegrityError:
        raise _name_taken(team.name) from None


def _name_taken(name: str) -> Refused:
    return Refused("name_taken", f"There is a team named {name!r} already.")


def _parent(parent_id: UUID | None, *, access: Access, of: Team | None) -> Team | None:
    """The parent, which must not be the team itself or one below it."""
    if parent_id is None:
        return None
    parents = {row.id: row for row in Team.objects.filter(tenant=access.the_tenant())}
    if parent_id not in parents:
        raise Refused("not_found", "`parent` names no team of this tenant.")
    above: UUID | None = parent_id
    while above is not None:
        if of is not None and above == of.id:
            raise Invalid.one(field="parent", message="a team cannot stand below itself")
        above = parents[above].parent_id
    return parents[parent_id]
