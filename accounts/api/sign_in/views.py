"""The sign-in endpoints: allauth's views, each in one transaction with its audit row.

Rule 1: what is not named here is not served: no sign-up, no further addresses, no phone numbers.
Rule 2: an answer that the console treats like any other refusal is a problem body.
Rule 3: bodies are read within the limits of every other body; allauth itself has none.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, cast

import redis
from allauth.account.internal.flows.login import record_authentication
from allauth.headless.account import views as account_views
from allauth.headless.base import views as base_views
from allauth.headless.base.response import (
    AuthenticationResponse,
    RateLimitResponse,
    ReauthenticationResponse,
)
from allauth.headless.base.views import APIView
from allauth.headless.mfa import views as mfa_views
from allauth.mfa.adapter import get_adapter
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from accounts import adapters
from accounts.api.parsers import parsed
from accounts.api.problems import problem_response
from accounts.errors import Refused
from accounts.models import User
from accounts.services.sign_in import end_sessions, rotate_session, sign_out
from accounts.sign_in_audit import record_own
from accounts.throttle import first_use


class Bounded(APIView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return cast("HttpResponseBase", super().dispatch(request, *args, **kwargs))
        except Refused as refused:
            return problem_response(request, refused)

    def _parse_json(self, request: HttpRequest) -> dict[str, Any] | None:
        if request.method == "GET" or not request.body:
            return None
        found = parsed(request.body)
        if not isinstance(found, dict):
            raise Refused("malformed_json", "The body is not a JSON object.")
        return found


class Audited(Bounded):
    """Tells the outcome in the transaction of the change."""

    # (method, status) → action; what is not listed changed nothing.
    actions: ClassVar[Mapping[tuple[str, int], str]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        before = request.user if request.user.is_authenticated else None
        try:
            with transaction.atomic():
                # A refusal is no failure of the transaction: its audit row stays.
                response = super().dispatch(request, *args, **kwargs)
                action = self.actions.get((request.method or "", response.status_code))
                person = self.person(before) if action else None
                if action and person is not None:
                    self.told(request, person, action)
        except redis.RedisError:
            # Without its counters nobody can be let in: guessing would be free.
            if before is None:
                request.session.flush()
            response = problem_response(request, Refused("unavailable"))
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


class ConfigView(Bounded, base_views.ConfigView):
    pass


class LoginView(Audited, account_views.LoginView):
    actions: ClassVar = {("POST", HTTPStatus.OK): "session.sign_in"}


class CodeView(Audited):
    """Takes a code: of the authenticator app once in its life, or a recovery code."""

    def giver(self) -> User:
        raise NotImplementedError

    def handle_input(self, data: Any) -> Any:
        giver = self.giver()
        with adapters.judged(self.request, login=giver.email):
            adapters.refuse_locked(self.request, login=giver.email)
            return self._judge(data, giver=giver)

    def _judge(self, data: Any, *, giver: User) -> Any:
        refusal = super().handle_input(data)
        if refusal is None and not first_use(user_id=giver.pk, code=self.input["code"].data):
            self.input.add_error("code", get_adapter().validation_error("incorrect_code"))
            refusal = self.handle_invalid_input(self.input)
        return refusal

    def handle_invalid_input(self, input: Any) -> Any:  # noqa: A002 - allauth's name
        adapters.count_failure(self.request, login=self.giver().email, reason="wrong second factor")
        return super().handle_invalid_input(input)


class SecondFactorView(CodeView, mfa_views.AuthenticateView):
    actions: ClassVar = {("POST", HTTPStatus.OK): "session.sign_in"}

    def giver(self) -> User:
        half_way: User = self.stage.login.user
        return half_way


class SessionView(Audited, account_views.SessionView):
    def delete(self, request: HttpRequest, *_: Any, **__: Any) -> Any:
        sign_out(request)
        return AuthenticationResponse(request)


class ReauthenticateView(Audited, account_views.ReauthenticateView):
    pass


class SecondFactorReauthenticateView(CodeView, mfa_views.ReauthenticateView):
    def giver(self) -> User:
        person: User = self.request.user
        return person


class PasswordChangeView(Audited, account_views.ChangePasswordView):
    actions: ClassVar = {("POST", HTTPStatus.OK): "user.change_password"}

    def told(self, request: HttpRequest, person: User, action: str) -> None:
        super().told(request, person, action)
        end_sessions(user_id=person.pk, keep=request.session.session_key)


class PasswordRequestView(Bounded, account_views.RequestPasswordResetView):
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


class AuthenticatorsView(Bounded, mfa_views.AuthenticatorsView):
    pass


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
        if action == "mfa.enable":
            # The others came in without it.
            end_sessions(user_id=person.pk, keep=request.session.session_key)


class RecoveryCodesView(Audited, mfa_views.ManageRecoveryCodesView):
    actions: ClassVar = {("POST", HTTPStatus.OK): "mfa.renew_recovery_codes"}
