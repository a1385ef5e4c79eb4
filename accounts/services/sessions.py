"""People end their own sessions."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.actors import Actor
from accounts.audit import Target, record
from accounts.errors import Refused
from accounts.models import User
from accounts.services.sign_in import announce_session_end, end_sessions
from accounts.sign_in_audit import chain_of
from accounts.tenancy import platform_scope


@transaction.atomic
def revoke_session(*, actor: Actor, user: User, session_id: int) -> None:
    row = UserSession.objects.select_for_update().filter(user=user, pk=session_id).first()
    if row is None:
        raise Refused("not_found")
    Session.objects.filter(session_key=row.session_key).delete()
    announce_session_end(session_key=row.session_key)
    row.delete()
    _record(actor, user=user, action="session.revoke", count=1)


@transaction.atomic
def revoke_all_sessions(*, actor: Actor, user: User) -> int:
    """The current one too; counts them."""
    ended = end_sessions(user_id=user.id)
    _record(actor, user=user, action="session.revoke_all", count=ended)
    return ended


def _record(actor: Actor, *, user: User, action: str, count: int) -> None:
    chain = chain_of(user_id=user.id)
    with platform_scope("audit of ended sessions"):
        record(
            actor=actor,
            action=action,
            target=Target(type="user", id=str(user.id), label=user.email),
            tenant_id=chain,
            after={"sessions_ended": count},
        )
