"""Whose key it may be: decided by the reach of `key.create_*`.

Law: an owner or team of another tenant is not found, one out of reach is refused.
"""

from uuid import UUID

from accounts.access import Access
from accounts.errors import Invalid, PermissionLacking, Refused
from accounts.models import ApiKey, Membership, Team, TeamMember, User


def checked_owner(
    owner_id: UUID | None, *, access: Access, team_id: UUID | None, kind: str
) -> User | None:
    """The owner as a member of the tenant; None makes a service key."""
    if owner_id is None:
        if kind == ApiKey.Kind.MANAGEMENT:
            raise Invalid.one(
                field="owner",
                code="required",
                message="a management key needs an owner; it holds at most what the owner holds",
            )
        if not access.holds("key.create_any"):
            raise PermissionLacking("key.create_any")
        return None
    if owner_id != access.user_id and not access.holds("key.create_any"):
        refuse_acting_for(owner_id, access=access, kind=kind)
        if not _leads(owner_id, access=access, team_id=team_id):
            raise PermissionLacking("key.create_any")
    found = (
        Membership.objects.filter(tenant=access.the_tenant(), user_id=owner_id)
        .filter(status=Membership.Status.ACTIVE, user__is_active=True)
        .select_related("user")
        # Who leaves meanwhile waits, and finds this key among those to disable.
        .select_for_update(of=("self",), no_key=True)
        .first()
    )
    if found is not None:
        return found.user
    if access.superadmin and owner_id == access.user_id:
        return User.objects.get(pk=owner_id)
    raise Refused("not_found", "`owner` names no active member of this tenant.")


def refuse_acting_for(owner_id: UUID | None, *, access: Access, kind: str) -> None:
    """A management key acts as its owner, so a narrower reach than all keys ends at one's own."""
    if kind != ApiKey.Kind.MANAGEMENT or owner_id == access.user_id:
        return
    if not access.holds("key.create_any"):
        raise PermissionLacking("key.create_any")


def _leads(user_id: UUID, *, access: Access, team_id: UUID | None) -> bool:
    """Whether the caller leads the team, and that person is in it."""
    if not access.holds("key.create_team") or team_id not in access.led_teams:
        return False
    return bool(TeamMember.objects.filter(team_id=team_id, user_id=user_id).exists())


def checked_team(team_id: UUID | None, *, access: Access) -> Team | None:
    if team_id is None:
        return None
    team = Team.objects.filter(tenant=access.the_tenant(), pk=team_id).first()
    if team is None:
        raise Refused("not_found", "`team` names no team of this tenant.")
    belongs = (
        access.holds("key.create_any")
        or team_id in access.led_teams
        or TeamMember.objects.filter(team=team, user=access.user_id).exists()
    )
    if not belongs:
        raise PermissionLacking("key.create_any")
    return team
