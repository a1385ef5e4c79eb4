"""The second factor: who has one, and who has to."""

from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator

from accounts.access import Access
from accounts.models import Tenant

# Recovery codes alone are no factor; they stand in for one that is lost.
FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
ADMIN_ROLES: Final = frozenset({"owner", "admin"})


def is_enrolled(*, user_id: UUID) -> bool:
    factors = Authenticator.objects.filter(user_id=user_id, type__in=FACTORS)
    return bool(factors.exists())


def is_missing(*, access: Access) -> bool:
    """Whether a person may not be in the tenant before having set up a second factor."""
    tenant, user_id = access.tenant, access.user_id
    asked = tenant is not None and policy_asks(
        policy=tenant.mfa_policy, role=access.role, superadmin=access.superadmin
    )
    return asked and user_id is not None and not is_enrolled(user_id=user_id)


def policy_asks(*, policy: str, role: str | None, superadmin: bool) -> bool:
    """Whether a tenant's `mfa_policy` asks this person for a second factor."""
    if policy == Tenant.MfaPolicy.ALL:
        return True
    return policy == Tenant.MfaPolicy.ADMINS and (superadmin or role in ADMIN_ROLES)
