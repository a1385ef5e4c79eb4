"""What one socket is subscribed to.

Laws: whether the person may still know is asked before every frame, by the code that asks for REST;
however much happens, a subscription says at most four frames a second of 200 rows each; a notice
that got lost delays a frame by LOOK_EACH_S at most.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import structlog
from channels.db import database_sync_to_async
from django.db import DatabaseError
from redis.asyncio import Redis

from accounts import mfa
from accounts.access import Access
from accounts.errors import PermissionLacking, Refused
from accounts.selectors.access import access_of_user, active_person
from gateway.console.live.channels import CHANNELS
from gateway.console.live.contract import Subscription, Wish
from gateway.console.live.reading import Reading

MAX_SUBSCRIPTIONS: Final = 16
FRAME_EACH_S: Final = 0.25
LOOK_EACH_S: Final = 15.0
RETRY_S: Final = 1.0
NEEDS_ID: Final = "A subscription needs an id of its own."

log = structlog.get_logger(__name__)
in_thread: Any = database_sync_to_async  # its stubs lose the arguments


class NotSubscribed(Exception):
    """Asked for what cannot be."""

    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Socket:
    """Of the consumer, what its subscriptions use."""

    user_id: UUID
    redis: Redis
    say: Callable[[Mapping[str, Any]], Awaitable[None]]
    enter: Callable[[str], Awaitable[None]]
    leave: Callable[[str], Awaitable[None]]


class Subscriptions:
    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._by_id: dict[int, Subscription] = {}

    async def open(self, wish: Wish) -> None:
        """Raises NotSubscribed, or Refused as REST would be."""
        channel = CHANNELS.get(wish.name)
        if channel is None:
            raise NotSubscribed("unknown_channel", f"There is no channel {wish.name[:64]!r}.")
        if wish.id in self._by_id:
            raise NotSubscribed("bad_frame", NEEDS_ID)
        if len(self._by_id) >= MAX_SUBSCRIPTIONS:
            told = f"A socket has at most {MAX_SUBSCRIPTIONS} subscriptions."
            raise NotSubscribed("too_many_subscriptions", told)
        access: Access = await in_thread(access_to)(
            self._socket.user_id, tenant=wish.tenant, needs=channel.needs
        )
        opened = channel.opened(wish, access)
        new = opened.groups - self._groups()
        self._by_id[opened.id] = opened
        # What changes from here on is heard, and the first frame is read after that.
        answer = await opened.join(self._socket.redis)
        for group in new:
            await self._socket.enter(group)
        await self._socket.say(answer)
        opened.task = asyncio.create_task(self._serve(opened), name="live-subscription")

    async def close(self, subscription_id: int | None) -> None:
        closed = self._by_id.pop(subscription_id, None) if subscription_id is not None else None
        if closed is None:
            return
        _end(closed)
        for group in closed.groups - self._groups():
            await self._socket.leave(group)

    def close_all(self) -> None:
        """When the socket has gone; its groups go with it."""
        for closed in self._by_id.values():
            _end(closed)
        self._by_id.clear()

    def changed(self, *, group: str, ids: list[str]) -> None:
        for subscription in self._by_id.values():
            if group in subscription.groups:
                subscription.changed(ids)

    def look_again(self) -> None:
        """Somebody's rights may be others."""
        for subscription in self._by_id.values():
            subscription.wake.set()

    def _groups(self) -> frozenset[str]:
        return frozenset[str]().union(*(one.groups for one in self._by_id.values()))

    async def _serve(self, subscription: Subscription) -> None:
        while True:
            subscription.wake.clear()
            subscription.gather()
            try:
                reading: Reading = await in_thread(_look)(self._socket.user_id, subscription)
            except DatabaseError as error:
                log.warning("live_not_read", error=str(error))
                await asyncio.sleep(RETRY_S)
                continue
            except Refused as refused:
                await self._socket.say(refusal(subscription.id, refused))
                await self.close(subscription.id)
                return
            for frame in subscription.frames(reading):
                await self._socket.say(frame)
            await asyncio.sleep(FRAME_EACH_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(_patience(reading)):
                    await subscription.wake.wait()


def refusal(subscription_id: int | None, refused: Refused | NotSubscribed) -> dict[str, Any]:
    return {"op": "err", "id": subscription_id, "code": refused.code, "detail": refused.detail}


def access_to(user_id: UUID, *, tenant: str, needs: tuple[str, ...]) -> Access:
    """What the person may do there at this moment; raises Refused unless it is one of `needs`."""
    user = active_person(user_id=user_id)
    if user is None:
        raise Refused("not_authenticated")
    access = access_of_user(user=user, tenant_choice=tenant)
    if not access.holds(*needs):
        raise PermissionLacking(needs[0])
    if mfa.is_missing(access=access):
        raise Refused("mfa_required")
    return access


def _look(user_id: UUID, subscription: Subscription) -> Reading:
    access = access_to(user_id, tenant=subscription.tenant, needs=subscription.needs)
    return subscription.read(access)


def _patience(reading: Reading) -> float:
    if reading.changes_at is None:
        return LOOK_EACH_S
    left_s = (reading.changes_at - datetime.now(UTC)).total_seconds()
    return min(LOOK_EACH_S, max(0.0, left_s))


def _end(subscription: Subscription) -> None:
    subscription.leave()
    if subscription.task is not None and subscription.task is not asyncio.current_task():
        subscription.task.cancel()
