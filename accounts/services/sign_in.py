"""Sessions begun, renewed and ended."""

from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from accounts.models import User
from accounts.sign_in_audit import record_own
from accounts.signals import configuration_changed

SESSION_KIND = "session"


def sign_in(request: HttpRequest, *, user: User) -> None:
    """After a proof that is no login form: a one-time link together with a new password."""
    record_authentication(request, user, method="password", email=user.email)
    get_adapter().login(request, user)
    UserSession.objects.create_from_request(request)


def sign_out(request: HttpRequest) -> None:
    """Ends the session at hand; nothing when nobody is signed in."""
    if not request.user.is_authenticated:
        return
    record_own(request, user=request.user, action="session.sign_out")
    ended = request.session.session_key
    get_adapter().logout(request)
    UserSession.objects.filter(session_key=ended).delete()
    announce_session_end(session_key=ended)


def rotate_session(request: HttpRequest) -> None:
    """A new session id after what a session may do has changed; the list of sessions follows."""
    before = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)
    announce_session_end(session_key=before)


def end_sessions(*, user_id: UUID, keep: str | None = None) -> int:
    """Ends every session of a person but `keep`; counts them."""
    rows = UserSession.objects.filter(user_id=user_id)
    if keep:
        rows = rows.exclude(session_key=keep)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    rows.delete()
    for key in keys:
        announce_session_end(session_key=key)
    return len(keys)


def announce_session_end(*, session_key: str | None) -> None:
    """After the commit, so that a listener finds the session gone."""
    if session_key:
        transaction.on_commit(
            lambda: configuration_changed.send(
                sender=None, kind=SESSION_KIND, id=session_key, tenant=None
            )
        )


def reset_path(*, user: User) -> str:
    """The one-time path that sets a new password; valid as long as PASSWORD_RESET_TIMEOUT says."""
    token = default_token_generator.make_token(user)
    return f"/reset?key={user_pk_to_url_str(user)}-{token}"
