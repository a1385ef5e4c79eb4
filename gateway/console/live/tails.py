"""Reads the streams of live rows: once per tenant and process, however many look.

Laws: a tail hands over every entry after its place, in order and once; after Redis was out it says
that entries may be missing; the last listener to leave ends it.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias
from weakref import WeakKeyDictionary

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from billing.request_facts import DECODER, Facts
from gateway.telemetry.live_rows import FIELD, MAX_ROWS, live_key

BEFORE_ALL: Final = "0-0"
AT_ONCE: Final = 500
BLOCK_MS: Final = 500  # well below the timeout of the connection
RETRY_S: Final = 1.0
PATIENCE_S: Final = 2.0

log = structlog.get_logger(__name__)

Entry: TypeAlias = tuple[str, Facts]


class Listener(Protocol):
    def heard(self, entries: list[Entry]) -> None: ...

    def missed(self) -> None:
        """Entries may be lost."""


@dataclass(slots=True, kw_only=True, eq=False)
class Tail:
    key: str
    redis: Redis
    place: str = BEFORE_ALL  # of the last entry that was handed over
    listeners: set[Listener] = field(default_factory=set)
    placed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        while True:
            try:
                if not self.placed.is_set():
                    self.place = await newest(self.redis, self.key)
                    self.placed.set()
                await self._read()
            except (RedisError, OSError) as error:
                log.debug("live_stream_not_read", error=type(error).__name__)
                for listener in self.listeners:
                    listener.missed()
                await asyncio.sleep(RETRY_S)

    async def _read(self) -> None:
        answer: Any = await self.redis.xread({self.key: self.place}, count=AT_ONCE, block=BLOCK_MS)
        for _, raw in _streams(answer):
            self.place = raw[-1][0]
            entries = list(_decoded(raw))
            for listener in self.listeners:
                listener.heard(entries)


class Tails:
    def __init__(self) -> None:
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, Tail]] = (
            WeakKeyDictionary()
        )

    async def join(self, tenant_id: str, *, redis: Redis, listener: Listener) -> str:
        """The place after which everything is told to the listener; TimeoutError while Redis is
        out, and the listener is to leave all the same."""
        loop = asyncio.get_running_loop()
        tails = self._by_loop.setdefault(loop, {})
        tail = tails.get(tenant_id)
        if tail is None:
            tail = tails[tenant_id] = Tail(key=live_key(tenant_id), redis=redis)
            tail.task = loop.create_task(tail.run(), name="live-feed")
        tail.listeners.add(listener)
        async with asyncio.timeout(PATIENCE_S):
            await tail.placed.wait()
        return tail.place

    def leave(self, tenant_id: str, *, listener: Listener) -> None:
        tails = self._by_loop[asyncio.get_running_loop()]
        tail = tails[tenant_id]
        tail.listeners.discard(listener)
        if not tail.listeners and tail.task is not None:
            tail.task.cancel()
            del tails[tenant_id]


async def newest(redis: Redis, key: str) -> str:
    last: Any = await redis.xrevrange(key, count=1)
    return str(last[0][0]) if last else BEFORE_ALL


async def is_trimmed(redis: Redis, key: str, *, after: str) -> bool:
    """Whether entries after that place are gone."""
    if after == BEFORE_ALL:
        length: int = await redis.xlen(key)
        return length >= MAX_ROWS
    first: Any = await redis.xrange(key, count=1)
    return not first or parsed_place(first[0][0]) > parsed_place(after)


async def between(redis: Redis, key: str, *, after: str, until: str) -> list[Entry]:
    """Everything after one place, up to and with another."""
    found: list[Entry] = []
    while parsed_place(after) < parsed_place(until):
        raw: Any = await redis.xrange(key, f"({after}", until, count=AT_ONCE)
        found += _decoded(raw)
        if len(raw) < AT_ONCE:
            break
        after = raw[-1][0]
    return found


def parsed_place(text: str) -> tuple[int, int]:
    """Raises ValueError for what is none."""
    milliseconds, dash, number = text.partition("-")
    if not dash or not text.isascii() or len(text) > 41:
        raise ValueError("no place in a stream")
    return int(milliseconds), int(number)


def _streams(answer: Any) -> Iterable[tuple[str, list[Any]]]:
    """With protocol 3 a map, before it pairs; nothing where nothing came."""
    if not answer:
        return ()
    return answer.items() if isinstance(answer, dict) else answer


def _decoded(raw: Iterable[Any]) -> Iterable[Entry]:
    for place, fields in raw:
        try:
            yield place, DECODER.decode(fields[FIELD])
        except (KeyError, msgspec.MsgspecError):
            log.warning("live_row_not_read", place=place)
