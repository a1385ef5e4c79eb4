"""The console's socket across processes: one that signs out, one that holds the socket."""

import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from pytest_django import DjangoDbBlocker
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from accounts.ids import new_id
from accounts.models import User
from accounts.services.sign_in import announce_session_end
from tests.faults.bounds import FACTOR
from tests.faults.gateway_process import Gateway

pytestmark = pytest.mark.faults


@pytest.fixture
def session_key(gateway: Gateway, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Of a person signed in; both are committed, so that the other process sees them."""
    with django_db_blocker.unblock():
        user = User(email=f"{new_id()}@example.test")
        user.set_password("a-long-password")
        user.save()
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        yield session.session_key


def open_socket(
    gateway: Gateway,
    session_key: str,
    *,
    path: str = "/ws/console/",
    origin: str = "http://localhost",
) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{gateway.port}{path}",
        additional_headers={
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={session_key}",
            "Origin": origin,
        },
        proxy=None,
    )


def close_code(opened: ClientConnection) -> int:
    """What is still to be read is read first."""
    deadline = time.monotonic() + FACTOR
    with suppress(ConnectionClosed):
        while True:
            opened.recv(timeout=deadline - time.monotonic())
    assert opened.close_code is not None
    return opened.close_code


def test_signing_out_elsewhere_closes_the_socket_within_a_second(
    gateway: Gateway, session_key: str
) -> None:
    with open_socket(gateway, session_key) as opened:
        assert msgspec.json.decode(opened.recv(timeout=FACTOR))["op"] == "hello"
        opened.send('{"op":"ping"}')
        assert opened.recv(timeout=FACTOR) == '{"op":"pong"}'
        import_module(settings.SESSION_ENGINE).SessionStore(session_key).delete()
        began = time.monotonic()
        announce_session_end(session_key=session_key)
        assert close_code(opened) == 4401
        assert time.monotonic() - began <= 1.0 * FACTOR


def test_a_stranger_is_told_to_sign_in(gateway: Gateway) -> None:
    with open_socket(gateway, "nobody") as opened:
        assert close_code(opened) == 4401


@pytest.mark.parametrize(
    ("path", "origin", "status"),
    [
        ("/ws/console/", "http://evil.example", 403),
        ("/ws/elsewhere/", "http://localhost", 404),
        ("/v1/realtime", "http://localhost", 404),
        ("/ws/%2e%2e/console/", "http://localhost", 400),
    ],
)
def test_a_handshake_that_should_not_be_is_refused(
    gateway: Gateway, session_key: str, path: str, origin: str, status: int
) -> None:
    with pytest.raises(InvalidStatus) as caught:
        open_socket(gateway, session_key, path=path, origin=origin)
    assert caught.value.response.status_code == status
