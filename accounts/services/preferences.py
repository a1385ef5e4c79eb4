"""What people set for themselves."""

from collections.abc import Mapping
from typing import Any

from accounts.actors import Actor
from accounts.models import User
from accounts.services.changes import lock, save_changes
from accounts.sign_in_audit import chain_of
from accounts.tenancy import platform_scope


def change_preferences(*, actor: Actor, user: User, changes: Mapping[str, Any]) -> User:
    chain = chain_of(user_id=user.pk)
    with platform_scope("a person's own preferences"):
        row = lock(User.objects.all(), pk=user.pk)
        save_changes(
            actor=actor, row=row, kind="user", verb="update", tenant_id=chain, changes=changes
        )
    return row
