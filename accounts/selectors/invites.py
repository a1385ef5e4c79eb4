"""Invitations as admins list them and as their holder sees them."""

from dataclasses import dataclass
from typing import Literal

from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import Access
from accounts.errors import Refused
from accounts.models import Invite, User
from accounts.tenancy import platform_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitePreview:
    email: str
    role: str
    tenant_name: str
    user_exists: bool


Closed = Literal["invite_used", "invite_revoked", "invite_expired"]


def invites_of(*, access: Access) -> QuerySet[Invite]:
    rows: QuerySet[Invite] = Invite.objects.filter(tenant=access.the_tenant())
    return rows.select_related("team", "created_by")


def invite_by_token(*, digest: bytes, locked: bool = False) -> Invite:
    """Inside `platform_scope`; raises invite_not_found."""
    rows = Invite.objects.select_related("tenant", "team")
    if locked:
        rows = rows.select_for_update(of=("self",))
    invite: Invite | None = rows.filter(token_sha256=digest).first()
    if invite is None:
        raise Refused("invite_not_found")
    return invite


def preview_of(*, digest: bytes) -> InvitePreview:
    """What the holder of the token may see; raises why it can no longer be accepted."""
    with platform_scope("show an invitation: its tenant is known by its token only"):
        invite = invite_by_token(digest=digest)
        reason = closed_reason(invite)
        if reason:
            raise Refused(reason)
        return InvitePreview(
            email=invite.email,
            role=invite.role,
            tenant_name=invite.tenant.name,
            user_exists=User.objects.filter(email=invite.email).exists(),
        )


def closed_reason(invite: Invite) -> Closed | None:
    """Why it can no longer be accepted; None while it can."""
    if invite.status == Invite.Status.ACCEPTED:
        return "invite_used"
    if invite.status == Invite.Status.REVOKED:
        return "invite_revoked"
    return "invite_expired" if invite.expires_at <= timezone.now() else None


def status_of(invite: Invite) -> str:
    expired = invite.status == Invite.Status.PENDING and invite.expires_at <= timezone.now()
    return "expired" if expired else invite.status
