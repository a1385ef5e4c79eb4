"""Channels that show how things are: each frame holds what differs from the one before."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from redis.asyncio import Redis

from accounts.access import Access
from gateway.console.live.contract import Wish
from gateway.console.live.feeds import Feed
from gateway.console.live.groups import tenant_group
from gateway.console.live.reading import Reading

MAX_ROWS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    needs: tuple[str, ...]
    groups: Callable[[Access], tuple[str, ...]]  # whose notices concern it
    read: Callable[[Access], Reading]  # opens its own scope
    gone: Callable[[str], Mapping[str, Any]]  # the row of what is there no more
    feed: Feed  # runs while somebody is subscribed

    def opened(self, wish: Wish, access: Access) -> "ShownSubscription":
        tenant_id = access.the_tenant().id
        return ShownSubscription(
            id=wish.id,
            shown=self,
            tenant=str(tenant_id),
            groups=frozenset({tenant_group(tenant_id), *self.groups(access)}),
        )


@dataclass(slots=True, kw_only=True)
class ShownSubscription:
    id: int
    shown: Shown
    tenant: str
    groups: frozenset[str]
    needs: tuple[str, ...] = ()
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    touched: set[str] = field(default_factory=set)
    told: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seq: int = 0
    task: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self.needs = self.shown.needs

    async def join(self, redis: Redis) -> dict[str, Any]:
        self.shown.feed.join(redis)
        return {"op": "ok", "id": self.id}

    def leave(self) -> None:
        self.shown.feed.leave()

    def changed(self, ids: Sequence[str]) -> None:
        self.touched.update(ids)
        self.wake.set()

    def gather(self) -> None:
        """Everything is read anew."""

    def read(self, access: Access) -> Reading:
        return self.shown.read(access)

    def frames(self, reading: Reading) -> list[dict[str, Any]]:
        """None when there is nothing to say; a touched row is said even if it looks the same."""
        touched, self.touched = self.touched, set()
        before, self.told = self.told, reading.rows
        news = [
            row for key, row in reading.rows.items() if key in touched or before.get(key) != row
        ]
        news += [self.shown.gone(key) for key in before if key not in reading.rows]
        if not news:
            return []
        self.seq += 1
        return [
            {
                "op": "ev",
                "id": self.id,
                "seq": self.seq,
                "rows": news[:MAX_ROWS],
                "dropped": max(0, len(news) - MAX_ROWS),
            }
        ]
