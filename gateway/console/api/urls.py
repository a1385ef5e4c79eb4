"""Mounted at /api/console/."""

from typing import Final

from django.urls import path

from gateway.console.api.boot import BootView, ErrorCodesView
from gateway.console.api.invites import AcceptInviteView, InviteView
from gateway.console.api.me import MeView
from gateway.console.api.setup import SetupView

app_name: Final = "console"
urlpatterns: Final = [
    path("boot", BootView.as_view(), name="boot"),
    path("setup", SetupView.as_view(), name="setup"),
    path("me", MeView.as_view(), name="me"),
    path("invite", InviteView.as_view(), name="invite"),
    path("accept-invite", AcceptInviteView.as_view(), name="accept-invite"),
    path("error-codes", ErrorCodesView.as_view(), name="error-codes"),
]
