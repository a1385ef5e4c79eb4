"""Mounted at /api/auth/browser/v1/."""

from allauth.headless.constants import Client
from django.urls import path

from accounts.api.sign_in import views

VIEWS = {
    "config": views.ConfigView,
    "auth/session": views.SessionView,
    "auth/login": views.LoginView,
    "auth/2fa/authenticate": views.SecondFactorView,
    "auth/reauthenticate": views.ReauthenticateView,
    "auth/2fa/reauthenticate": views.SecondFactorReauthenticateView,
    "auth/password/request": views.PasswordRequestView,
    "auth/password/reset": views.PasswordResetView,
    "account/password/change": views.PasswordChangeView,
    "account/authenticators": views.AuthenticatorsView,
    "account/authenticators/totp": views.TotpView,
    "account/authenticators/recovery-codes": views.RecoveryCodesView,
}

app_name = "sign_in"
urlpatterns = [
    path(route, view.as_api_view(client=Client.BROWSER), name=route.replace("/", "-"))
    for route, view in VIEWS.items()
]
