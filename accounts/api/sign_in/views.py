"""The sign-in endpoints: allauth's views, each in one transaction with its audit row.

Rule 1: what is not named here is not served: no sign-up, no further addresses, no phone numbers.
Rule 2: an answer that the console treats like any other refusal is a problem body.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from allauth.account.internal.flows.login import record_authentication
from allauth.headless.account import views as account_views
from allauth.headless.base.response import (
    AuthenticationResponse,
    RateLimitResponse,
    ReauthenticationResponse,
)
from allauth.headless.base.views import APIView
from allauth.headless.mfa import views as mfa_views
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from accounts import adapters
from accounts.api.problems import problem_response
from accounts.errors import Refused
from accounts.models import User
from accounts.services.sign_in import end_sessions, rotate_session, sign_out
from accounts.sign_in_audit import record_own


class Audited(APIView):
    """Tells the outcome in the transaction of the change."""

    # (method, status) → action; what is not listed changed nothing.
    actions: ClassVar[Mapping[tuple[str, int], str]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with transaction.atomic():
            before = request.user if request.user.is_authenticated else None
            try:
                response = super().dispatch(request, *args, **kwargs)
            except Refused as refused:
                # Not a failure of the transaction: its audit row stays.
                response = problem_response(request, refused)
            action = self.actions.get((request.method or "", response.status_code))
            person = self.person(before) if action else None
            if action and person is not None:
                self.told(request, person, action)
        return _as_problem(request, response)

    def person(self, before: User | None) -> User | None:
        """Whom the outcome is about: who was signed in, or is now."""
        if before is not None:
            return before
        return self.request.user if self.request.user.is_authenticated else None

    def told(self, request: HttpRequest, person: User, action: str) -> None:
        record_own(request, user=person, action=action)


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, ReauthenticationResponse):
        return problem_response(request, Refused("step_up_required"))
    if isinstance(response, RateLimitResponse):
        facts = {"retry_after": adapters.RATE_WINDOW_S}
        return problem_response(request, Refused("rate_limited", facts=facts))
    return response


class LoginView(Audited, account_views.LoginView):
    actions: ClassVar = {("POST", HTTPStatus.OK): "session.sign_in"}


class SecondFactorView(Audited, mfa_views.AuthenticateView):
    actions: ClassVar = {("POST", HTTPStatus.OK): "session.sign_in"}

    def get_input_kwargs(self) -> Any:
        adapters.refuse_locked(self.request, login=self.stage.login.user.email)
        return super().get_input_kwargs()

    def handle_invalid_input(self, input: Any) -> Any:  # noqa: A002 - allauth's name
        adapters.count_failure(
            self.request, login=self.stage.login.user.email, reason="wrong second factor"
        )
        return super().handle_invalid_input(input)


class SessionView(Audited, account_views.SessionView):
    def delete(self, request: HttpRequest, *_: Any, **__: Any) -> Any:
        sign_out(request)
        return AuthenticationResponse(request)


class ReauthenticateView(Audited, account_views.ReauthenticateView):
    pass


class SecondFactorReauthenticateView(Audited, mfa_views.ReauthenticateView):
    def get_input_kwargs(self) -> Any:
        adapters.refuse_locked(self.request, login=self.request.user.email)
        return super().get_input_kwargs()

    def handle_invalid_input(self, input: Any) -> Any:  # noqa: A002 - allauth's name
        adapters.count_failure(
            self.request, login=self.request.user.email, reason="wrong second factor"
        )
        return super().handle_invalid_input(input)


class PasswordChangeView(Audited, account_views.ChangePasswordView):
    actions: ClassVar = {("POST", HTTPStatus.OK): "user.change_password"}

    def told(self, request: HttpRequest, person: User, action: str) -> None:
        super().told(request, person, action)
        end_sessions(user_id=person.pk, keep=request.session.session_key)


class PasswordRequestView(account_views.RequestPasswordResetView):
    """Mails a link; where no mail can be sent, says so instead of pretending."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.EMAIL_URL:
            return problem_response(request, Refused("email_unavailable"))
        return _as_problem(request, super().dispatch(request, *args, **kwargs))


class PasswordResetView(Audited, account_views.ResetPasswordView):
    # Set, the answer is that one has to sign in now.
    actions: ClassVar = {
        ("POST", HTTPStatus.OK): "user.reset_password",
        ("POST", HTTPStatus.UNAUTHORIZED): "user.reset_password",
    }

    def person(self, _before: User | None) -> User | None:
        found: User | None = self.input.user
        return found

    def told(self, request: HttpRequest, person: User, action: str) -> None:
        super().told(request, person, action)
        end_sessions(user_id=person.pk)
        adapters.throttle(request, login=person.email).forget()


class TotpView(Audited, mfa_views.ManageTOTPView):
    actions: ClassVar = {
        ("POST", HTTPStatus.OK): "mfa.enable",
        ("DELETE", HTTPStatus.OK): "mfa.disable",
    }

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self._get_authenticator() is None:
            raise Refused("not_found")
        return super().delete(request, *args, **kwargs)

    def told(self, request: HttpRequest, person: User, action: str) -> None:
        super().told(request, person, action)
        if action == "mfa.enable":
            # The code just given proves the factor for this session, as at a sign-in.
            record_authentication(request, person, method="mfa", type="totp")
        rotate_session(request)


class RecoveryCodesView(Audited, mfa_views.ManageRecoveryCodesView):
    actions: ClassVar = {("POST", HTTPStatus.OK): "mfa.renew_recovery_codes"}
