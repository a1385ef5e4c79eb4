"""Who may do what where, read once per request before a tenant is bound."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from accounts.access import Access, superadmin_access
from accounts.errors import PermissionLacking, Refused
from accounts.ids import parse_id
from accounts.models import ApiKey, Membership, TeamMember, Tenant, User
from accounts.permissions import effective
from accounts.tenancy import platform_scope, user_scope

# Of client keys; what they are allowed otherwise is the data plane's business.
USAGE_SCOPE: Final = "usage.read"
OWNER_GONE: Final = "The owner of this key is no active member of its tenant any more."


def memberships_of(*, user_id: UUID) -> list[Membership]:
    """Active ones, with their tenants, by name."""
    with user_scope(user_id=user_id):
        rows = Membership.objects.filter(status=Membership.Status.ACTIVE).select_related("tenant")
        return sorted(rows, key=lambda membership: membership.tenant.name.casefold())


def active_person(*, user_id: UUID) -> User | None:
    return User.objects.filter(pk=user_id, is_active=True).first()


def led_teams(*, user_id: UUID, tenant_id: UUID) -> frozenset[UUID]:
    with user_scope(user_id=user_id):
        rows = TeamMember.objects.filter(tenant_id=tenant_id, lead=True)
        return frozenset(rows.values_list("team_id", flat=True))


def access_in_membership(*, user: User, membership: Membership) -> Access:
    teams = led_teams(user_id=user.id, tenant_id=membership.tenant_id)
    capabilities = effective(
        role=membership.role, leads_a_team=bool(teams), superadmin=user.is_superadmin
    )
    return Access(
        capabilities=capabilities,
        tenant=membership.tenant,
        user_id=user.id,
        role=membership.role,
        led_teams=teams,
        superadmin=user.is_superadmin,
    )


def access_of_user(*, user: User, tenant_choice: str) -> Access:
    """`tenant_choice` is a slug, an id or empty for the only membership.

    Raises tenant_required, or tenant_not_found for a tenant that is not the user's.
    """
    memberships = memberships_of(user_id=user.id)
    chosen = _chosen(memberships, tenant_choice)
    if chosen is not None:
        return access_in_membership(user=user, membership=chosen)
    if user.is_superadmin and not (memberships and not tenant_choice):
        return superadmin_access(tenant=_any_tenant(tenant_choice), user_id=user.id)
    raise Refused("tenant_not_found" if tenant_choice else "tenant_required")


def access_of_master(*, tenant_choice: str) -> Access:
    return superadmin_access(tenant=_any_tenant(tenant_choice))


def access_of_person(*, user: User) -> Access:
    """On paths without a tenant: what the person holds by being superadmin."""
    capabilities = effective(role=None, leads_a_team=False, superadmin=user.is_superadmin)
    return Access(capabilities=capabilities, user_id=user.id, superadmin=user.is_superadmin)


def access_of_key(*, key: ApiKey, tenant_choice: str) -> Access:
    """What the owner holds now, within the key's scopes; permission_denied once the owner has left.

    Admins may name any member as owner, so a member's key is no superadmin's, whoever it names.
    """
    if tenant_choice and tenant_choice not in {key.tenant.slug, str(key.tenant_id)}:
        raise Refused("tenant_not_found")
    if key.kind == ApiKey.Kind.CLIENT:
        return _access_of_client(key)
    owner = key.owner
    if owner is None or not owner.is_active:
        raise Refused("permission_denied", OWNER_GONE)
    held = [row for row in memberships_of(user_id=owner.id) if row.tenant_id == key.tenant_id]
    if held:
        access = access_in_membership(user=owner, membership=held[0])
    elif owner.is_superadmin:
        access = superadmin_access(tenant=key.tenant, user_id=owner.id)
    else:
        raise Refused("permission_denied", OWNER_GONE)
    return Access(
        capabilities=access.capabilities & frozenset(key.scopes),
        tenant=key.tenant,
        user_id=owner.id,
        role=access.role,
        led_teams=access.led_teams,
        superadmin=not held,
    )


def _access_of_client(key: ApiKey) -> Access:
    """What it has used itself, which needs no owner; who asks for more is not let in by one."""
    if USAGE_SCOPE not in key.scopes:
        raise PermissionLacking(USAGE_SCOPE)
    return Access(
        capabilities=frozenset({"cost.read_own"}), tenant=key.tenant, user_id=key.owner_id
    )


def _chosen(memberships: Iterable[Membership], tenant_choice: str) -> Membership | None:
    rows = list(memberships)
    if not tenant_choice:
        return rows[0] if len(rows) == 1 else None
    named = [row for row in rows if tenant_choice in {row.tenant.slug, str(row.tenant_id)}]
    return named[0] if named else None


def _any_tenant(tenant_choice: str) -> Tenant:
    """For superadmins: the one named, or the only one of the installation."""
    with platform_scope("choose a tenant for a superadmin"):
        tenants = Tenant.objects.all()
        if not tenant_choice:
            only = list(tenants[:2])
            if len(only) == 1:
                return only[0]
            raise Refused("tenant_required")
        tenant_id = parse_id(tenant_choice)
        named = tenants.filter(id=tenant_id) if tenant_id else tenants.filter(slug=tenant_choice)
        tenant = named.first()
    if tenant is None:
        raise Refused("tenant_not_found")
    return tenant
