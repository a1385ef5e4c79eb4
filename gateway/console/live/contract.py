"""What a channel is, and what is subscribed to one."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from redis.asyncio import Redis

from accounts.access import Access
from gateway.console.live.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client asks to hear, and since when."""

    id: int
    tenant: str
    name: str
    filter: Mapping[str, str | list[str]]
    cursor: str


class Subscription(Protocol):
    """Everything but `read` is called on the event loop, `read` in a thread."""

    id: int
    tenant: str
    groups: frozenset[str]  # whose notices concern it
    needs: tuple[str, ...]  # capabilities, of which one will do
    wake: asyncio.Event
    task: asyncio.Task[None] | None

    async def join(self, redis: Redis) -> Mapping[str, Any]:
        """From here on it hears; the frame that says so."""

    def leave(self) -> None: ...

    def changed(self, ids: Sequence[str]) -> None:
        """A notice of one of its groups."""

    def gather(self) -> None:
        """Before each reading."""

    def read(self, access: Access) -> Reading:
        """With the rights of this moment; opens its own scope."""

    def frames(self, reading: Reading) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    needs: tuple[str, ...]
    opened: Callable[[Wish, Access], Subscription]  # raises Refused
