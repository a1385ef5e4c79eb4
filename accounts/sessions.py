"""How long a session lives, and how recent its last proof of identity is.

Rule 1: the row in the session table is the truth: its expiry is the nearer of the idle and the
absolute limit, so that HTTP, sockets and Django admin agree.
Rule 2: idle time is the shortest `session_hours` of the person's tenants.
Rule 3: a proof is a password, a code, or the sign-in itself; it counts for ten minutes.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from accounts.models import Membership, Tenant, User
from accounts.tenancy import user_scope

ABSOLUTE_LIMIT: Final = timedelta(days=7)
DEFAULT_IDLE: Final = timedelta(hours=12)
# Writing the session on each request would cost an UPDATE; within this time the old expiry stands.
TOUCH_EVERY: Final = timedelta(seconds=60)
STARTED: Final = "signed_in_at"
TOUCHED: Final = "touched_at"


def start_clock(session: SessionBase, *, user_id: UUID) -> None:
    now = datetime.now(UTC)
    session[STARTED] = now.isoformat()
    _touch(session, user_id=user_id, now=now)


def _touch(session: SessionBase, *, user_id: UUID, now: datetime) -> None:
    started = datetime.fromisoformat(session[STARTED])
    session[TOUCHED] = now.isoformat()
    User.objects.filter(pk=user_id).update(last_seen_at=now)
    session.set_expiry(min(now + idle_limit(user_id=user_id), started + ABSOLUTE_LIMIT))


def idle_limit(*, user_id: UUID) -> timedelta:
    with user_scope(user_id=user_id):
        rows = Tenant.objects.filter(
            id__in=Membership.objects.filter(status=Membership.Status.ACTIVE).values("tenant_id")
        )
        hours = min(rows.values_list("session_hours", flat=True), default=None)
    return DEFAULT_IDLE if hours is None else timedelta(hours=hours)


class SessionClock:
    """Middleware: moves the idle limit on while a person works; stands after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        if session.session_key and request.user.is_authenticated and STARTED in session:
            now = datetime.now(UTC)
            if now - datetime.fromisoformat(session[TOUCHED]) >= TOUCH_EVERY:
                _touch(session, user_id=request.user.pk, now=now)
        return self.get_response(request)


def expires_at(session: SessionBase) -> datetime:
    return session.get_expiry_date()


def proof_until(request: HttpRequest) -> datetime | None:
    """Until when the last proof of identity counts; None when the session holds none."""
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    if not records:
        return None
    last = datetime.fromtimestamp(max(record["at"] for record in records), UTC)
    return last + timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def proved_recently(request: HttpRequest) -> bool:
    until = proof_until(request)
    return until is not None and until > datetime.now(UTC)


def proved_second_factor(request: HttpRequest) -> bool:
    """Whether this very session passed a second factor."""
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records)
