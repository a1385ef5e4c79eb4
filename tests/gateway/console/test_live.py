"""The console's socket against the real session table and channel layer."""

from importlib import import_module
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.conf import settings
from prometheus_client import REGISTRY
from redis.exceptions import RedisError

from accounts.models import User
from accounts.services.sign_in import announce_session_end, end_sessions
from accounts.signals import configuration_changed
from gateway.console.live import consumer, groups
from gateway.console.live.slots import MAX_SOCKETS, SocketSlots
from gateway.edge.runtime import Runtime
from tests.gateway.console.sockets import SOON_S, close_code, open_socket, said, sign_in, socket

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def person(committed_db: None) -> User:
    user = User(email="ana@example.test", display_name="Ana")
    user.set_password("a-long-password")
    user.save()
    return user


def clients() -> float:
    return REGISTRY.get_sample_value("switchyard_websocket_clients") or 0.0


async def test_a_signed_in_person_is_greeted(runtime: Runtime, person: User) -> None:
    opened = socket(runtime, session_key=await database_sync_to_async(sign_in)(person))
    before = clients()
    await opened.connect(timeout=SOON_S)
    hello = await said(opened)
    assert set(hello) == {"op", "version", "build", "server_now", "session_expires_at"}
    assert hello["session_expires_at"] > hello["server_now"]
    assert clients() == before + 1
    await opened.disconnect()
    assert clients() == before


@pytest.mark.parametrize("session_key", ["", "no-such-session-key-at-all-0000"])
async def test_nobody_else_stays(runtime: Runtime, session_key: str) -> None:
    opened = socket(runtime, session_key=session_key)
    await opened.connect(timeout=SOON_S)
    assert await close_code(opened) == 4401


async def test_a_disabled_person_is_nobody(runtime: Runtime, person: User) -> None:
    key = await database_sync_to_async(sign_in)(person)
    person.is_active = False
    await database_sync_to_async(person.save)()
    opened = socket(runtime, session_key=key)
    await opened.connect(timeout=SOON_S)
    assert await close_code(opened) == 4401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", ""])
async def test_a_foreign_page_cannot_open_a_socket(
    runtime: Runtime, person: User, origin: str
) -> None:
    key = await database_sync_to_async(sign_in)(person)
    connected, _ = await socket(runtime, session_key=key, origin=origin).connect(timeout=SOON_S)
    assert not connected


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        ('{"op":"ping"}', {"op": "pong"}),
        (
            '{"op":"sub","id":7,"tenant":"acme","ch":"jobs","filter":{}}',
            {
                "op": "err",
                "id": 7,
                "code": "unknown_channel",
                "detail": "There is no channel 'jobs'.",
            },
        ),
        (
            '{"op":"dance","id":8}',
            {
                "op": "err",
                "id": 8,
                "code": "bad_frame",
                "detail": "There is no op 'dance'; expected sub, unsub, ping.",
            },
        ),
        ("{", {"op": "err", "id": None, "code": "bad_frame", "detail": "Not a frame."}),
        ("[" * 9000, {"op": "err", "id": None, "code": "bad_frame", "detail": "Not a frame."}),
        ('{"id":1}', {"op": "err", "id": None, "code": "bad_frame", "detail": "Not a frame."}),
    ],
)
async def test_a_frame_is_answered(
    runtime: Runtime, person: User, frame: str, answer: dict[str, Any]
) -> None:
    opened = await open_socket(runtime, await database_sync_to_async(sign_in)(person))
    await opened.send_to(text_data='{"op":"unsub","id":1}')
    await opened.send_to(text_data=frame)
    assert await said(opened) == answer
    await opened.disconnect()


@pytest.mark.parametrize(
    ("frame", "code"), [({"text_data": "x" * 16_385}, 1009), ({"bytes_data": b"{}"}, 1003)]
)
async def test_a_frame_that_is_none_of_ours_ends_the_socket(
    runtime: Runtime, person: User, frame: dict[str, Any], code: int
) -> None:
    opened = await open_socket(runtime, await database_sync_to_async(sign_in)(person))
    await opened.send_to(**frame)
    assert await close_code(opened) == code


async def test_a_session_has_five_sockets_and_a_closed_one_makes_room(
    runtime: Runtime, person: User
) -> None:
    key = await database_sync_to_async(sign_in)(person)
    opened = [await open_socket(runtime, key) for _ in range(MAX_SOCKETS)]
    refused = socket(runtime, session_key=key)
    await refused.connect(timeout=SOON_S)
    assert await close_code(refused) == 4429
    other = await open_socket(runtime, await database_sync_to_async(sign_in)(person))
    await opened.pop().disconnect()
    opened.append(await open_socket(runtime, key))
    for one in [*opened, other]:
        await one.disconnect()


async def test_signing_out_closes_the_sockets_of_that_session_only(
    runtime: Runtime, person: User
) -> None:
    here, there = [await database_sync_to_async(sign_in)(person) for _ in range(2)]
    leaving = [await open_socket(runtime, here) for _ in range(2)]
    staying = await open_socket(runtime, there)

    def sign_out() -> None:
        import_module(settings.SESSION_ENGINE).SessionStore(here).delete()
        announce_session_end(session_key=here)

    await database_sync_to_async(sign_out)()
    assert [await close_code(one) for one in leaving] == [4401, 4401]
    await staying.send_to(text_data='{"op":"ping"}')
    assert await said(staying) == {"op": "pong"}
    await staying.disconnect()


async def test_disabling_a_person_closes_all_their_sockets(runtime: Runtime, person: User) -> None:
    opened = await open_socket(runtime, await database_sync_to_async(sign_in)(person))

    def disable() -> None:
        person.is_active = False
        person.save()
        configuration_changed.send(sender=None, kind="user", id=person.pk, tenant=None)

    await database_sync_to_async(disable)()
    assert await close_code(opened) == 4401


async def test_an_unrelated_change_closes_nothing(runtime: Runtime, person: User) -> None:
    opened = await open_socket(runtime, await database_sync_to_async(sign_in)(person))

    def rename() -> None:
        for kind in ("user", "team"):
            configuration_changed.send(sender=None, kind=kind, id=person.pk, tenant=None)

    await database_sync_to_async(rename)()
    assert await opened.receive_nothing(timeout=0.3)
    await opened.disconnect()


async def test_a_session_that_ends_unannounced_is_noticed(
    runtime: Runtime, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "CHECK_EACH_S", 0.05)
    key = await database_sync_to_async(sign_in)(person)
    opened = await open_socket(runtime, key)
    assert await opened.receive_nothing(timeout=0.3)
    store = import_module(settings.SESSION_ENGINE).SessionStore(key)
    await database_sync_to_async(store.delete)()
    assert await close_code(opened) == 4401


async def test_a_silent_client_is_let_go(
    runtime: Runtime, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "CHECK_EACH_S", 0.05)
    monkeypatch.setattr(consumer, "IDLE_LIMIT_S", 0.1)
    opened = await open_socket(runtime, await database_sync_to_async(sign_in)(person))
    assert await close_code(opened) == 1001


async def test_a_cache_that_is_out_asks_to_come_back_later(
    runtime: Runtime, person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def out(_slots: Any, _socket: str) -> bool:
        raise RedisError

    key = await database_sync_to_async(sign_in)(person)
    monkeypatch.setattr(SocketSlots, "take", out)
    opened = socket(runtime, session_key=key)
    await opened.connect(timeout=SOON_S)
    assert await close_code(opened) == 1013


async def test_a_channel_layer_that_is_out_fails_no_sign_out(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out() -> Any:
        raise OSError

    monkeypatch.setattr(groups, "get_channel_layer", out)

    def leave() -> None:
        configuration_changed.send(sender=None, kind="user", id=person.pk, tenant=None)
        end_sessions(user_id=person.pk)

    await database_sync_to_async(leave)()
