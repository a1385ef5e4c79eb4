"""The second factor: who has one, and who has to."""

from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator

from accounts.models import Tenant

# Recovery codes alone are no factor; they stand in for one that is lost.
FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
ADMIN_ROLES: Final = frozenset({"owner", "admin"})


def is_enrolled(*, user_id: UUID) -> bool:
    factors = Authenticator.objects.filter(user_id=user_id, type__in=FACTORS)
    return bool(factors.exists())


def policy_asks(*, policy: str, role: str | None, superadmin: bool) -> bool:
    """Whether a tenant's `mfa_policy` asks this person for a second factor."""
    if policy == Tenant.MfaPolicy.ALL:
        return True
    return policy == Tenant.MfaPolicy.ADMINS and (superadmin or role in ADMIN_ROLES)
