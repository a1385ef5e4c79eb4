"""A request holds its connection no longer than it needs it."""

import time
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import base
from accounts.api.base import ManagementView
from accounts.api.permissions import MEMBER, Needs
from accounts.tenancy import platform_scope
from tests.accounts.world import make_town


class Idle(ManagementView):
    """Asks PostgreSQL, thinks for half a second, and asks again."""

    capabilities: ClassVar[Needs] = {"get": MEMBER}

    def get(self, _request: Request) -> Response:
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            (bound,) = cursor.fetchone()
            time.sleep(0.5)  # longer than the bound the test sets: PostgreSQL must end it
            cursor.execute("SELECT 1")
        return Response({"bound": bound})


urlpatterns = [path("api/v1/idle", Idle.as_view())]
handler500 = "accounts.api.problems.server_error"


@pytest.mark.urls(__name__)
def test_a_transaction_may_be_idle_for_fifteen_seconds(committed_db: None) -> None:
    assert asked().json() == {"bound": "15s"}


@pytest.mark.urls(__name__)
def test_a_transaction_that_is_idle_for_longer_is_ended(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "IDLE_TIMEOUT", "100ms")

    answer = asked()

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    with platform_scope("the next request has a connection again"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def asked() -> Any:
    town = make_town()
    return town.api("owner").get("idle")
