"""Writes on people's accounts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.actors import Actor
from accounts.audit import record
from accounts.errors import FieldProblem, Invalid, Refused
from accounts.models import Membership, User
from accounts.services.changes import lock, save_changes, target_of
from accounts.services.members import queue_on_tenant, refuse_last_owner
from accounts.services.sign_in import end_sessions, reset_path
from accounts.tenancy import platform_scope


@transaction.atomic
def create_user(
    *,
    email: str,
    password: str | None,
    display_name: str = "",
    locale: str = "en",
    tz: str = "UTC",
    superadmin: bool = False,
) -> User:
    """The caller has proved that the address is theirs; the caller's audit row tells it.

    Without a password the account waits for a reset link.
    """
    user = User(
        email=email.strip().lower(),
        display_name=display_name,
        locale=locale,
        tz=tz,
        is_superadmin=superadmin,
    )
    if password is not None:
        check_password_rules(password, user=user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise Refused("name_taken", f"There is an account of {user.email} already.") from None
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def check_password_rules(password: str, *, user: User) -> None:
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        problems = [
            FieldProblem(field="password", code=str(found.code), message=str(found.messages[0]))
            for found in error.error_list
        ]
        raise Invalid(problems) from None


def update_user(
    *,
    actor: Actor,
    user_id: UUID,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> User:
    """By a superadmin; switching an account off ends its sessions."""
    with platform_scope("a superadmin changes an account"):
        user = lock(User.objects.all(), pk=user_id, expected_version=expected_version)
        switched_off = user.is_active and changes.get("is_active") is False
        if switched_off:
            _refuse_leaving_tenants_ownerless(user, actor=actor)
        save_changes(
            actor=actor, row=user, kind="user", verb="update", tenant_id=None, changes=changes
        )
        if switched_off:
            end_sessions(user_id=user.id)
        return user


def make_reset_link(*, actor: Actor, user_id: UUID, mfa: bool) -> str:
    """The path of a one-time link that sets a new password; `mfa` takes the second factor away."""
    with platform_scope("a superadmin or the command line makes a reset link"):
        user = lock(User.objects.all(), pk=user_id)
        if mfa:
            Authenticator.objects.filter(user=user).delete()
        record(
            actor=actor,
            action="user.reset_link",
            target=target_of(user, kind="user"),
            tenant_id=None,
            after={"mfa_removed": mfa},
        )
        return reset_path(user=user)


def _refuse_leaving_tenants_ownerless(user: User, *, actor: Actor) -> None:
    if actor.user_id == user.id:
        raise Invalid.one(field="is_active", message="you cannot switch off your own account")
    owned = Membership.objects.filter(user=user, role="owner").order_by("tenant_id")
    for membership in owned:
        queue_on_tenant(membership.tenant_id)
        refuse_last_owner(membership)
