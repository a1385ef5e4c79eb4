"""Two tenants with everybody in them, for tests of who may do what."""

from dataclasses import dataclass
from typing import Final

from django.db import connection

from accounts import audit
from accounts.actors import Actor
from accounts.models import ApiKey, Invite, Membership, Role, Team, Tenant, User
from accounts.tenancy import platform_scope, tenant_scope
from providers.models import Credential, Price, Provider, UpstreamModel
from routing.models import Alias
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
from tests.factories.providers import (
    CredentialFactory,
    HealthCheckFactory,
    ProviderFactory,
    UpstreamModelFactory,
    make_price,
)
from tests.factories.routing import AliasFactory

ROLES: Final = ("owner", "admin", "developer", "billing_viewer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """One tenant: a member per role, a lead with a team, a developer's key, an invitation, a
    back-end of a usual kind that the mock answers for, with its price."""

    tenant: Tenant
    people: dict[str, User]
    members: dict[str, Membership]
    team: Team
    key: ApiKey
    invite: Invite
    provider: Provider
    credential: Credential
    model: UpstreamModel
    price: Price
    alias: Alias

    def api(self, role: str, **options: object) -> Api:
        return Api(tenant=self.tenant).as_user(self.people[role], **options)  # type: ignore[arg-type]


def make_town() -> Town:
    with platform_scope("test"):
        tenant = TenantFactory(tag_keys=["job"])
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
        provider = ProviderFactory(tenant=tenant, base_url="mock:/v1")
        credential = CredentialFactory(provider=provider, secret="sk-of-the-town")
        model = UpstreamModelFactory(provider=provider)
        price = make_price(provider)
        HealthCheckFactory(provider=provider)
        alias = AliasFactory(tenant=tenant)
    return Town(
        tenant=tenant,
        people=people,
        members=members,
        team=team,
        key=key,
        invite=invite,
        provider=provider,
        credential=credential,
        model=model,
        price=price,
        alias=alias,
    )


def make_superadmin() -> User:
    user: User = UserFactory(is_superadmin=True)
    return user


def fill_chain(tenant: Tenant, rows: int) -> None:
    """Rows of every type of value in the tenant's audit chain."""
    with tenant_scope(tenant_id=tenant.id):
        for number in range(rows):
            audit.record(
                actor=Actor(type="user", id=str(tenant.id), label="李雷", ip="2001:db8::1"),
                action="key.update",
                target=audit.Target(type="key", id="key_x", label="x"),
                tenant_id=tenant.id,
                after={"quota": 10**15, "ratio": 1.5, "n": number, "when": tenant.created_at},
            )


def bound_in_database() -> tuple[str, ...]:
    """Tenant, user and platform as PostgreSQL has them now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('app.tenant', true), ''),"
            " coalesce(current_setting('app.user', true), ''),"
            " coalesce(current_setting('app.platform', true), '')"
        )
        row: tuple[str, ...] = cursor.fetchone()
        return row
