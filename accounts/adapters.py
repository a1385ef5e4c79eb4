"""How allauth is bent to this product's rules.

Law: the one thing set from outside is `MFAAdapter.envelope`, once, at start-up, by the composition
root: accounts must not know where data keys live.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.utils import url_str_to_user_pk
from allauth.core import context
from allauth.core.internal.ratelimit import truncate_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts import sessions, sign_in_audit
from accounts.callers import caller_ip
from accounts.errors import Refused
from accounts.models import User
from accounts.throttle import LoginThrottle

RATE_WINDOW_S = 60


class Envelope(Protocol):
    """Seals the secrets of a person's authenticators."""

    def seal(self, *, value: str, user_id: UUID) -> bytes: ...

    def open(self, *, blob: bytes, user_id: UUID) -> str: ...


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        # A unix socket has no address; its callers share one bucket.
        return caller_ip(request) or "0.0.0.0"  # noqa: S104 - a name, not bound

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        refuse_locked(request, login=credentials["email"])
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            raise Refused("rate_limited", facts={"retry_after": RATE_WINDOW_S}) from None

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        with judged(request, login=credentials["email"]):
            user: User | None = super().authenticate(request, **credentials)
            if user is not None and not user.is_active:
                # A disabled account answers like a wrong password: nothing tells that it exists.
                self.authentication_failed(request, **credentials)
                return None
            return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        count_failure(request, login=credentials["email"], reason="wrong e-mail or password")

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        sessions.start_clock(request.session, user_id=user.pk)
        throttle(request, login=user.email).forget()

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """The sign-in itself is a proof, as long as it is recent."""
        return not sessions.proved_recently(context.request)


class MFAAdapter(DefaultMFAAdapter):
    envelope: ClassVar[Envelope]

    def encrypt(self, text: str) -> str:
        sealed = self.envelope.seal(value=text, user_id=_authenticating_user_id())
        return base64.b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        blob = base64.b64decode(encrypted_text)
        return self.envelope.open(blob=blob, user_id=_authenticating_user_id())


def throttle(request: HttpRequest, *, login: str) -> LoginThrottle:
    # An IPv6 caller owns a whole network and could try from each of its addresses.
    return LoginThrottle(login=login, ip=truncate_ip(caller_ip(request) or ""))


@contextmanager
def judged(request: HttpRequest, *, login: str) -> Iterator[None]:
    """One of the few attempts at a login that are judged at once; raises rate_limited beyond."""
    pair = throttle(request, login=login)
    try:
        if not pair.enter():
            raise Refused("rate_limited", facts={"retry_after": 1})
        yield
    finally:
        pair.leave()


def refuse_locked(request: HttpRequest, *, login: str) -> None:
    """Raises login_locked while this login is locked from this address."""
    pair = throttle(request, login=login)
    retry_after_s = pair.locked_for_s()
    if not retry_after_s:
        return
    if pair.tells():
        sign_in_audit.record_failure(request, login=login, reason="locked", locks=False)
    raise Refused("login_locked", facts={"retry_after": retry_after_s})


def count_failure(request: HttpRequest, *, login: str, reason: str) -> None:
    locks = throttle(request, login=login).count_failure()
    sign_in_audit.record_failure(request, login=login, reason=reason, locks=locks)


def _authenticating_user_id() -> UUID:
    """The person signed in, or half-way: password given, code awaited."""
    request = context.request
    if request.user.is_authenticated:
        return UUID(str(request.user.pk))
    half_way: UUID = url_str_to_user_pk(request.session[LOGIN_SESSION_KEY]["user_pk"])
    return half_way
