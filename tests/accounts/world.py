"""Two tenants with everybody in them, for tests of who may do what."""

from dataclasses import dataclass
from typing import Final

from accounts.models import ApiKey, Invite, Membership, Role, Team, Tenant, User
from accounts.tenancy import platform_scope
from tests.accounts.api import Api
from tests.factories.accounts import (
    ApiKeyFactory,
    InviteFactory,
    MembershipFactory,
    TeamFactory,
    TeamMemberFactory,
    TenantFactory,
    UserFactory,
)

ROLES: Final = ("owner", "admin", "developer", "billing_viewer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """One tenant: a member per role, a lead with a team, a developer's key, an invitation."""

    tenant: Tenant
    people: dict[str, User]
    members: dict[str, Membership]
    team: Team
    key: ApiKey
    invite: Invite

    def api(self, role: str, **options: object) -> Api:
        return Api(tenant=self.tenant).as_user(self.people[role], **options)  # type: ignore[arg-type]


def make_town() -> Town:
    with platform_scope("test"):
        tenant = TenantFactory()
        members: dict[str, Membership] = {
            role: MembershipFactory(tenant=tenant, role=role) for role in ROLES
        }
        members["lead"] = MembershipFactory(tenant=tenant, role=Role.DEVELOPER)
        people = {name: member.user for name, member in members.items()}
        team = TeamFactory(tenant=tenant)
        TeamMemberFactory(team=team, user=people["lead"], lead=True)
        for name in ("developer", "billing_viewer"):
            TeamMemberFactory(team=team, user=people[name])
        key = ApiKeyFactory(tenant=tenant, owner=people["developer"], team=team)
        invite = InviteFactory(tenant=tenant)
    return Town(tenant=tenant, people=people, members=members, team=team, key=key, invite=invite)


def make_superadmin() -> User:
    user: User = UserFactory(is_superadmin=True)
    return user
