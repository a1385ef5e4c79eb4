"""The first owner: a one-time link, and what it makes.

Law: however many open the link at once, one owner comes out.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from django.db import connection
from django.utils import timezone

from accounts import audit
from accounts.actors import CLI, Actor
from accounts.errors import Refused
from accounts.models import Membership, Role, SetupToken, Tenant, User
from accounts.selectors.setup import setup_required
from accounts.services.changes import announce
from accounts.services.users import create_user
from accounts.tenancy import platform_scope

TOKEN_BYTES: Final = 32
LINK_VALID_FOR: Final = timedelta(minutes=30)
# Any constant will do; it only has to be the same in every process.
SETUP_LOCK: Final = 7_243_002
DEFAULT_SLUG: Final = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOwner:
    email: str
    password: str
    tenant_name: str
    locale: str
    tz: str
    currency: str


def issue_setup_token(*, actor: Actor = CLI) -> str:
    """The raw token of a new link; the links before it end. Refused once an owner exists."""
    raw = secrets.token_urlsafe(TOKEN_BYTES)
    with platform_scope("issue a set-up link"):
        _one_at_a_time()
        if not setup_required():
            raise Refused("not_found", "An owner exists already: sign in instead.")
        SetupToken.objects.filter(used_at=None).delete()
        SetupToken.objects.create(
            token_sha256=_digest(raw), expires_at=timezone.now() + LINK_VALID_FOR
        )
        audit.record(
            actor=actor,
            action="setup_link.create",
            target=audit.Target(type="setup_link", id=""),
            tenant_id=None,
        )
    return raw


def complete_setup(*, caller: Actor, token: str, owner: FirstOwner) -> tuple[User, Tenant]:
    """Makes the owner, who is superadmin, and gives the tenant `default` its name."""
    with platform_scope("set-up of the first owner"):
        _one_at_a_time()
        if not setup_required():
            raise Refused("not_found", "This installation has an owner: sign in instead.")
        row = _open_token(token)
        user = _make_owner(owner)
        tenant = _name_tenant(owner, user=user)
        row.used_at = timezone.now()
        row.save(update_fields=["used_at"])
        audit.record(
            actor=replace(caller, type="user", id=str(user.pk), label=user.email),
            action="tenant.set_up",
            target=audit.Target(type="tenant", id=str(tenant.pk), label=tenant.name),
            tenant_id=tenant.pk,
            after={"name": tenant.name, "owner": user.email, "reporting_tz": tenant.reporting_tz},
        )
        announce(kind="tenant", row_id=tenant.pk, tenant_id=tenant.pk)
    return user, tenant


def _open_token(raw: str) -> SetupToken:
    row = SetupToken.objects.select_for_update().filter(token_sha256=_digest(raw)).first()
    if row is not None and row.used_at is not None:
        raise Refused("setup_token_used")
    # A replaced link is gone; it answers like one that came too late.
    if row is None or row.expires_at <= timezone.now():
        raise Refused("setup_token_expired")
    return row


def _make_owner(owner: FirstOwner) -> User:
    return create_user(
        email=owner.email,
        password=owner.password,
        locale=owner.locale,
        tz=owner.tz,
        superadmin=True,
    )


def _name_tenant(owner: FirstOwner, *, user: User) -> Tenant:
    tenant = Tenant.objects.select_for_update().get(slug=DEFAULT_SLUG)
    tenant.name = owner.tenant_name
    tenant.locale = owner.locale
    tenant.reporting_tz = owner.tz
    tenant.currency = owner.currency
    tenant.save()
    Membership.objects.create(tenant=tenant, user=user, role=Role.OWNER, created_by=user)
    return tenant


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SETUP_LOCK])


def _digest(raw: str) -> bytes:
    return hashlib.sha256(raw.encode()).digest()
