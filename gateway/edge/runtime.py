"""What a worker process holds open, built once and passed on.

Laws: nothing here is global; an event loop has one Runtime; whoever needs it finds it in the scope
of the request being served.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from gateway.edge.drain import DrainWatch
from gateway.edge.messages import Scope
from gateway.edge.readiness import (
    Migration,
    Readiness,
    database_check,
    redis_check,
    snapshot_check,
)
from gateway.snapshot.subscribe import SnapshotConfig, SnapshotFacts, SnapshotHolder

REDIS_TIMEOUT_S: Final = 1.0
IN_SCOPE: Final = "runtime"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeConfig:
    database_url: str
    redis_url: str
    cache_redis_url: str
    broker_url: str
    drain_mark: Path | None
    expected_migrations: frozenset[Migration]
    snapshot: SnapshotConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    state: Redis
    cache: Redis
    broker: Redis
    drain: DrainWatch
    readiness: Readiness
    snapshots: SnapshotHolder
    flush: Callable[[], None]

    @classmethod
    async def start(
        cls,
        config: RuntimeConfig,
        *,
        observe_snapshot: Callable[[SnapshotFacts], None],
        flush: Callable[[], None],
    ) -> "Runtime":
        """`flush` writes what is still waiting, when the process stops."""
        state, cache = redis_client(config.redis_url), redis_client(config.cache_redis_url)
        broker = state if config.broker_url == config.redis_url else redis_client(config.broker_url)
        drain = DrainWatch(config.drain_mark)
        drain.start()
        snapshots = SnapshotHolder(config.snapshot, redis=state, observe=observe_snapshot)
        await snapshots.start()
        checks = {
            "snapshot": snapshot_check(snapshots),
            "postgres": database_check(
                url=config.database_url, expected=config.expected_migrations
            ),
            "redis": redis_check("redis", state),
            "cache": redis_check("cache", cache),
        }
        readiness = Readiness(checks=checks, drain=drain)
        return cls(
            state=state,
            cache=cache,
            broker=broker,
            drain=drain,
            readiness=readiness,
            snapshots=snapshots,
            flush=flush,
        )

    async def stop(self) -> None:
        await self.drain.stop()
        await self.snapshots.stop()
        await self.state.aclose()
        await self.cache.aclose()
        await self.broker.aclose()
        await asyncio.to_thread(self.flush)


class Runtimes:
    """Starts at most one Runtime per event loop, when first asked."""

    def __init__(self, start: Callable[[], Awaitable[Runtime]]) -> None:
        self._start = start
        self._by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Future[Runtime]] = (
            WeakKeyDictionary()
        )

    async def current(self) -> Runtime:
        loop = asyncio.get_running_loop()
        started = self._by_loop.get(loop)
        if started is None:
            started = self._by_loop[loop] = asyncio.ensure_future(self._start())
        try:
            return await asyncio.shield(started)
        except Exception:
            self._by_loop.pop(loop, None)
            raise

    async def stop(self) -> None:
        started = self._by_loop.pop(asyncio.get_running_loop(), None)
        if started is not None:
            await (await started).stop()


def redis_client(url: str) -> Redis:
    """Connects when first used; fails fast, never retries."""
    return Redis.from_url(
        url,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
        # Naming the driver would read its package metadata from disk for every connection.
        driver_info=None,
    )


def runtime_of(scope: Scope) -> Runtime:
    runtime: Runtime = scope["state"][IN_SCOPE]
    return runtime
