"""The console's socket: `/ws/console/`.

Laws: a socket lives as long as its session, and looks for itself when told and each CHECK_EACH_S; a
frame is one small JSON object; what cannot be is answered with `err`, and the socket stays.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import msgspec
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from redis.exceptions import RedisError

from accounts.errors import Refused
from gateway import VERSION
from gateway.console.build import build_id
from gateway.console.live.access import session_store, signed_in_user
from gateway.console.live.contract import Wish
from gateway.console.live.groups import session_group, user_group
from gateway.console.live.slots import SocketSlots
from gateway.console.live.subscriptions import (
    NEEDS_ID,
    NotSubscribed,
    Socket,
    Subscriptions,
    refusal,
)
from gateway.edge.runtime import runtime_of
from gateway.telemetry.metrics import WEBSOCKET_CLIENTS

SIGN_IN: Final = 4401
TOO_MANY: Final = 4429
GOING_AWAY: Final = 1001
NOT_TEXT: Final = 1003
TOO_LONG: Final = 1009
TRY_LATER: Final = 1013
MAX_FRAME_CHARS: Final = 16_384
CHECK_EACH_S: Final = 60.0
CHECK_AGAIN_S: Final = 0.2  # after an expiry that a request has moved on in the meantime
IDLE_LIMIT_S: Final = 90.0  # clients ping each 20 s

JSON: Final = msgspec.json.Encoder()


class ClientFrame(msgspec.Struct, frozen=True):
    op: str
    id: int | None = None
    ch: str = ""
    tenant: str = ""
    filter: dict[str, str | list[str]] = {}
    cursor: str = ""


FRAME: Final = msgspec.json.Decoder(ClientFrame)


Say: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]


async def _pong(say: Say, _subscriptions: Subscriptions, _frame: ClientFrame) -> None:
    await say({"op": "pong"})


async def _subscribe(_say: Say, subscriptions: Subscriptions, frame: ClientFrame) -> None:
    if frame.id is None:
        raise NotSubscribed("bad_frame", NEEDS_ID)
    wish = Wish(
        id=frame.id, tenant=frame.tenant, name=frame.ch, filter=frame.filter, cursor=frame.cursor
    )
    await subscriptions.open(wish)


async def _unsubscribe(_say: Say, subscriptions: Subscriptions, frame: ClientFrame) -> None:
    await subscriptions.close(frame.id)


async def _unknown(_say: Say, _subscriptions: Subscriptions, frame: ClientFrame) -> None:
    expected = ", ".join(ANSWERS)
    raise NotSubscribed("bad_frame", f"There is no op {frame.op[:64]!r}; expected {expected}.")


ANSWERS: Final[Mapping[str, Callable[[Say, Subscriptions, ClientFrame], Awaitable[None]]]] = {
    "sub": _subscribe,
    "unsub": _unsubscribe,
    "ping": _pong,
}


class ConsoleSocket(AsyncWebsocketConsumer):
    _slots: SocketSlots | None = None
    _subscriptions: Subscriptions | None = None
    _watch: asyncio.Task[None] | None = None
    _heard_at = 0.0
    _expires_at = datetime.max.replace(tzinfo=UTC)

    async def connect(self) -> None:
        # A close before the handshake would reach browsers as 1006, without its code.
        await self.accept()
        session, user = self.scope["session"], self.scope["user"]
        if not user.is_authenticated or not user.is_active or not session.session_key:
            await self.close(SIGN_IN)
            return
        slots = SocketSlots(
            runtime_of(self.scope).cache, session=session_group(session.session_key)
        )
        try:
            has_place = await slots.take(self.channel_name)
        except RedisError:
            await self.close(TRY_LATER)
            return
        if not has_place:
            await self.close(TOO_MANY)
            return
        self._slots = slots
        for group in (session_group(session.session_key), user_group(user.pk)):
            await self._enter(group)
        self._subscriptions = Subscriptions(
            Socket(
                user_id=user.pk,
                redis=runtime_of(self.scope).state,
                say=self._say,
                enter=self._enter,
                leave=self._leave,
            )
        )
        WEBSOCKET_CLIENTS.inc()
        self._heard_at = time.monotonic()
        await self._read_expiry()
        self._watch = asyncio.create_task(self._stay(slots), name="console-socket")
        await self._say_hello()

    async def disconnect(self, code: int) -> None:
        if self._subscriptions is not None:
            self._subscriptions.close_all()
        if self._watch is not None:
            self._watch.cancel()
            WEBSOCKET_CLIENTS.dec()
        if self._slots is not None:
            with suppress(RedisError):
                await self._slots.give_back(self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self._heard_at = time.monotonic()
        if text_data is None:
            await self.close(NOT_TEXT)
        elif len(text_data) > MAX_FRAME_CHARS:
            await self.close(TOO_LONG)
        elif self._subscriptions is not None:
            await self._answer(text_data, self._subscriptions)

    async def permission_changed(self, _message: dict[str, Any]) -> None:
        """Told by the channel layer: the session, the person or a right of theirs changed."""
        if not await self._may_stay():
            await self.close(SIGN_IN)
        elif self._subscriptions is not None:
            self._subscriptions.look_again()

    async def live_changed(self, message: dict[str, Any]) -> None:
        """Told by the channel layer: rows that subscriptions of a group show."""
        if self._subscriptions is not None:
            self._subscriptions.changed(group=message["group"], ids=message["ids"])

    async def _answer(self, text: str, subscriptions: Subscriptions) -> None:
        try:
            frame = FRAME.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            await self._say(refusal(None, NotSubscribed("bad_frame", "Not a frame.")))
            return
        try:
            await ANSWERS.get(frame.op, _unknown)(self._say, subscriptions, frame)
        except (NotSubscribed, Refused) as refused:
            await self._say(refusal(frame.id, refused))
        except (RedisError, DatabaseError, OSError):
            await self.close(TRY_LATER)

    async def _enter(self, group: str) -> None:
        self.groups.append(group)
        await self.channel_layer.group_add(group, self.channel_name)

    async def _leave(self, group: str) -> None:
        self.groups.remove(group)
        await self.channel_layer.group_discard(group, self.channel_name)

    async def _say_hello(self) -> None:
        await self._say(
            {
                "op": "hello",
                "version": VERSION,
                "build": build_id(settings.CONSOLE_DIST),
                "server_now": datetime.now(UTC),
                "session_expires_at": self._expires_at,
            }
        )

    async def _read_expiry(self) -> None:
        store = session_store(self.scope["session"].session_key)
        self._expires_at = await database_sync_to_async(store.get_expiry_date)()

    async def _say(self, frame: Mapping[str, Any]) -> None:
        await self.send(text_data=JSON.encode(frame).decode())

    async def _stay(self, slots: SocketSlots) -> None:
        while True:
            left_s = (self._expires_at - datetime.now(UTC)).total_seconds()
            await asyncio.sleep(min(CHECK_EACH_S, max(left_s, CHECK_AGAIN_S)))
            if time.monotonic() - self._heard_at > IDLE_LIMIT_S:
                await self.close(GOING_AWAY)
                return
            if not await self._may_stay():
                await self.close(SIGN_IN)
                return
            await self._read_expiry()
            with suppress(RedisError):
                await slots.take(self.channel_name)

    async def _may_stay(self) -> bool:
        user = await signed_in_user(self.scope["session"].session_key)
        return user is not None and user.pk == self.scope["user"].pk
