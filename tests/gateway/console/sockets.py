"""The console's socket as a browser opens it."""

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import msgspec
from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.security.websocket import AllowedHostsOriginValidator
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction

from accounts.models import Tenant, User
from gateway.console.live.consumer import ConsoleSocket
from gateway.edge.runtime import Runtime
from providers.models import Provider
from providers.services.announcing import announce_health

SOCKET: Final = AllowedHostsOriginValidator(AuthMiddlewareStack(ConsoleSocket.as_asgi()))
SOON_S: Final = 5.0  # the promise is one second; a loaded machine gets five times that


def sign_in(user: User) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    key: str = session.session_key
    return key


def socket(
    runtime: Runtime, *, session_key: str = "", origin: str = "http://localhost"
) -> WebsocketCommunicator:
    headers = [(b"host", b"localhost"), (b"origin", origin.encode())]
    if session_key:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session_key}".encode()))
    opened = WebsocketCommunicator(SOCKET, "/ws/console/", headers=headers)
    opened.scope["state"] = {"runtime": runtime}
    return opened


async def said(opened: WebsocketCommunicator) -> dict[str, Any]:
    frame: dict[str, Any] = msgspec.json.decode(await opened.receive_from(timeout=SOON_S))
    return frame


async def close_code(opened: WebsocketCommunicator) -> int:
    message = await opened.receive_output(timeout=SOON_S)
    assert message["type"] == "websocket.close"
    code: int = message["code"]
    return code


async def open_socket(runtime: Runtime, session_key: str) -> WebsocketCommunicator:
    opened = socket(runtime, session_key=session_key)
    connected, _ = await opened.connect(timeout=SOON_S)
    assert connected
    assert (await said(opened))["op"] == "hello"
    return opened


async def in_database(call: Callable[[], Any]) -> Any:
    return await database_sync_to_async(call)()


async def opened_by(runtime: Runtime, person: User) -> WebsocketCommunicator:
    return await open_socket(runtime, await database_sync_to_async(sign_in)(person))


async def ask(opened: WebsocketCommunicator, tenant: Tenant | str, *, number: int = 1) -> None:
    slug = tenant if isinstance(tenant, str) else tenant.slug
    await opened.send_json_to({"op": "sub", "id": number, "tenant": slug, "ch": "health"})


async def subscribed(
    runtime: Runtime, person: User, tenant: Tenant
) -> tuple[WebsocketCommunicator, dict[str, Any]]:
    """With the first frame's rows by provider."""
    opened = await opened_by(runtime, person)
    await ask(opened, tenant)
    assert await said(opened) == {"op": "ok", "id": 1}
    first = await said(opened)
    assert (first["op"], first["id"], first["seq"], first["dropped"]) == ("ev", 1, 1, 0)
    return opened, {row["provider"]: row for row in first["rows"]}


async def until_no_feed_runs() -> None:
    async with asyncio.timeout(SOON_S):
        while any(task.get_name() == "live-feed" for task in asyncio.all_tasks()):  # noqa: ASYNC110 - they are being cancelled
            await asyncio.sleep(0.01)


async def row_of(opened: WebsocketCommunicator, provider: Provider) -> dict[str, Any]:
    """The only row of the next frame."""
    (row,) = (await said(opened))["rows"]
    assert row["provider"] == str(provider.pk)
    return dict(row)


async def silent(opened: WebsocketCommunicator) -> bool:
    return bool(await opened.receive_nothing(timeout=0.6))


def touch(provider: Provider) -> None:
    with transaction.atomic():
        announce_health(provider_id=provider.pk, tenant_id=provider.tenant_id)
