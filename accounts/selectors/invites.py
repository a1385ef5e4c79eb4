"""Invitations as admins list them and as their holder sees them."""

from typing import Literal

from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import Access
from accounts.errors import Refused
from accounts.models import Invite

Closed = Literal["invite_used", "invite_revoked", "invite_expired"]


def invites_of(*, access: Access) -> "QuerySet[Invite]":
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
