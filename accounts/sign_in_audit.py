"""Audit rows of signing in: who came in, who did not, and what changed about how they prove it.

Law: the chain is the tenant's when the person belongs to exactly one, else the platform's.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from accounts import audit
from accounts.callers import unknown_actor, user_actor
from accounts.models import Membership, User
from accounts.tenancy import platform_scope, user_scope


def chain_of(*, user_id: UUID) -> UUID | None:
    with user_scope(user_id=user_id):
        rows = Membership.objects.filter(status=Membership.Status.ACTIVE)
        tenant_ids = list(rows.values_list("tenant_id", flat=True)[:2])
    return tenant_ids[0] if len(tenant_ids) == 1 else None


def record_own(
    request: HttpRequest, *, user: User, action: str, after: Mapping[str, Any] | None = None
) -> None:
    """A person did something to their own sign-in."""
    chain = chain_of(user_id=user.pk)
    with platform_scope("audit of a sign-in"):
        audit.record(
            actor=user_actor(request, user=user),
            action=action,
            target=_target(user),
            tenant_id=chain,
            after=after,
        )


def record_failure(request: HttpRequest, *, login: str, reason: str, locks: bool) -> None:
    """Somebody unproved tried `login`; the name may belong to no account."""
    user = User.objects.filter(email=login.strip().lower()).first()
    chain = chain_of(user_id=user.pk) if user else None
    with platform_scope("audit of a failed sign-in"):
        audit.record(
            actor=unknown_actor(request),
            action="session.lock" if locks else "session.sign_in_failed",
            target=_target(user) if user else audit.Target(type="user", id="", label=login),
            tenant_id=chain,
            reason=reason,
        )


def _target(user: User) -> audit.Target:
    return audit.Target(type="user", id=str(user.pk), label=user.email)
