"""Invitations: who may join, as what.

Rule 1: the token exists in one mail or one answer; stored is its SHA-256.
Rule 2: an invitation is bound to its e-mail address and makes at most one membership, however many
accept it at once.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.access import Access
from accounts.actors import Actor
from accounts.audit import record
from accounts.errors import Refused
from accounts.models import Invite, Membership, Role, Team, TeamMember, Tenant, User
from accounts.selectors.invites import closed_reason, invite_by_token
from accounts.services.changes import announce, lock, record_created, save_changes, target_of
from accounts.services.invite_mail import send_invite_mail
from accounts.services.users import create_user
from accounts.tenancy import platform_scope

VALID_FOR: Final = timedelta(days=7)
TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SentInvite:
    """`link` only where no mail could carry it."""

    invite: Invite
    email_sent: bool
    link: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedInvite:
    user: User
    tenant: Tenant
    user_created: bool


@transaction.atomic
def create_invite(
    *, actor: Actor, access: Access, email: str, role: str, team_id: UUID | None = None
) -> SentInvite:
    tenant = access.the_tenant()
    email = email.strip().lower()
    _refuse_higher(role, access=access)
    team = _team(team_id, tenant=tenant)
    if Membership.objects.filter(tenant=tenant, user__email=email).exists():
        raise Refused("already_member")
    _close_expired(tenant=tenant, email=email)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invite = Invite(
        tenant=tenant,
        email=email,
        role=role,
        team=team,
        token_sha256=token_digest(token),
        expires_at=timezone.now() + VALID_FOR,
        created_by_id=actor.user_id,
    )
    try:
        with transaction.atomic():
            invite.save(force_insert=True)
    except IntegrityError:
        raise Refused("invite_pending") from None
    record_created(actor=actor, row=invite, kind="invite", tenant_id=tenant.id)
    return _send(invite, token=token, tenant=tenant, sender=actor.label)


@transaction.atomic
def resend_invite(
    *, actor: Actor, access: Access, invite_id: UUID, expected_version: int | None = None
) -> SentInvite:
    """A new token and seven more days; the link before stops working."""
    tenant = access.the_tenant()
    invite = _locked_open(access=access, invite_id=invite_id, expected_version=expected_version)
    _refuse_higher(invite.role, access=access)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    save_changes(
        actor=actor,
        row=invite,
        kind="invite",
        verb="resend",
        tenant_id=tenant.id,
        changes={"token_sha256": token_digest(token), "expires_at": timezone.now() + VALID_FOR},
    )
    return _send(invite, token=token, tenant=tenant, sender=actor.label)


@transaction.atomic
def revoke_invite(
    *, actor: Actor, access: Access, invite_id: UUID, expected_version: int | None = None
) -> Invite:
    invite = _locked_open(access=access, invite_id=invite_id, expected_version=expected_version)
    save_changes(
        actor=actor,
        row=invite,
        kind="invite",
        verb="revoke",
        tenant_id=invite.tenant_id,
        changes={"status": Invite.Status.REVOKED},
    )
    return invite


def accept_invite(
    *, actor: Actor, token: str, user: User | None, password: str = "", display_name: str = ""
) -> AcceptedInvite:
    """Joins the tenant; `user` is who is signed in, None makes the account with `password`.

    Raises invite_not_found, invite_used, invite_expired, invite_revoked, sign_in_required or
    validation.
    """
    digest = token_digest(token)
    with platform_scope("accept an invitation: its tenant is known by its token only"):
        # The lock makes parallel accepts wait here; all but the first then find it used.
        invite = invite_by_token(digest=digest, locked=True)
        reason = closed_reason(invite)
        if reason:
            raise Refused(reason)
        if invite.tenant.status != Tenant.Status.ACTIVE:
            raise Refused("tenant_suspended")
        joining, created = _joining(invite, user=user, password=password, display_name=display_name)
        _join(invite, user=joining)
        invite.status = Invite.Status.ACCEPTED
        invite.accepted_at, invite.accepted_by = timezone.now(), joining
        invite.save(update_fields=["status", "accepted_at", "accepted_by"])
        record(
            actor=_as(actor, user=joining),
            action="invite.accept",
            target=target_of(invite, kind="invite"),
            tenant_id=invite.tenant_id,
            after={
                "user": joining.id,
                "role": invite.role,
                "team": invite.team_id,
                "user_created": created,
            },
        )
        announce(kind="member", row_id=joining.id, tenant_id=invite.tenant_id)
        return AcceptedInvite(user=joining, tenant=invite.tenant, user_created=created)


def token_digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _joining(
    invite: Invite, *, user: User | None, password: str, display_name: str
) -> tuple[User, bool]:
    if user is not None and user.email.lower() == invite.email:
        return user, False
    if User.objects.filter(email=invite.email).exists():
        raise Refused("sign_in_required")
    if user is not None:
        raise Refused("sign_in_required", f"This invitation is for {invite.email}. Sign out first.")
    made = create_user(
        email=invite.email,
        password=password,
        display_name=display_name,
        locale=invite.tenant.locale,
        tz=invite.tenant.reporting_tz,
    )
    return made, True


def _join(invite: Invite, *, user: User) -> None:
    Membership.objects.bulk_create(
        [
            Membership(
                tenant=invite.tenant,
                user=user,
                role=invite.role,
                created_by_id=invite.created_by_id,
            )
        ],
        ignore_conflicts=True,
    )
    if invite.team_id is not None:
        TeamMember.objects.bulk_create(
            [TeamMember(tenant=invite.tenant, team=invite.team, user=user)], ignore_conflicts=True
        )


def _as(actor: Actor, *, user: User) -> Actor:
    """The same request, now of the person who joined."""
    return Actor(
        type="user",
        id=str(user.id),
        label=user.email,
        ip=actor.ip,
        user_agent=actor.user_agent,
        request_id=actor.request_id,
    )


def _send(invite: Invite, *, token: str, tenant: Tenant, sender: str) -> SentInvite:
    path = f"/accept-invite?token={token}"
    if not settings.EMAIL_URL:
        return SentInvite(invite=invite, email_sent=False, link=path)
    url = f"{settings.BASE_URL}{path}"
    transaction.on_commit(
        lambda: send_invite_mail(email=invite.email, tenant=tenant, sender=sender, url=url),
        robust=True,  # a mail server that is down must not undo the invitation; resend exists
    )
    return SentInvite(invite=invite, email_sent=True, link=None)


def _locked_open(*, access: Access, invite_id: UUID, expected_version: int | None) -> Invite:
    rows = Invite.objects.filter(tenant=access.the_tenant()).select_related("team", "created_by")
    invite = lock(rows, pk=invite_id, expected_version=expected_version)
    if invite.status != Invite.Status.PENDING:
        raise Refused("invite_closed")
    return invite


def _close_expired(*, tenant: Tenant, email: str) -> None:
    """An expired invitation makes room for a new one."""
    Invite.objects.filter(
        tenant=tenant,
        email=email,
        status=Invite.Status.PENDING,
        expires_at__lte=timezone.now(),
    ).update(status=Invite.Status.REVOKED)


def _team(team_id: UUID | None, *, tenant: Tenant) -> Team | None:
    if team_id is None:
        return None
    team = Team.objects.filter(tenant=tenant, pk=team_id).first()
    if team is None:
        raise Refused("not_found", "`team` names no team of this tenant.")
    return team


def _refuse_higher(role: str, *, access: Access) -> None:
    if role == Role.OWNER and not access.holds("member.write_owner"):
        raise Refused("role_too_high")
