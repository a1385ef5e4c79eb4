"""What a worker process holds open, built once and passed on.

Laws: nothing here is global; an event loop has one Runtime; whoever needs it finds it in the scope
of the request being served.
"""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from weakref import WeakKeyDictionary

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from accounts import keys
from gateway.edge.accounting.books import Books, RecordMeter
from gateway.edge.edge_settings import EdgeSettings
from gateway.edge.egress.upstream import Upstream
from gateway.edge.identity.possession import FailureMeter, Verifier
from gateway.edge.memory.kept_answers import KeptAnswers
from gateway.edge.memory.vault import Vault, vault_redis
from gateway.edge.messages import Scope
from gateway.edge.readiness import (
    Migration,
    Readiness,
    database_check,
    redis_check,
    snapshot_check,
    spool_check,
)
from gateway.edge.worker.budgets import DrainSlots, OpenExchanges, RetryBudget
from gateway.edge.worker.drain import DrainWatch
from gateway.edge.worker.herald import CredentialMeter, Herald
from gateway.edge.worker.slots import Slots
from gateway.snapshot.subscribe import SnapshotConfig, SnapshotFacts, SnapshotHolder
from gateway.spool.writer import SpoolConfig, SpoolWriter
from protocols.ir import Dialect
from protocols.native import NativeDialect
from protocols.registry import NATIVE
from providers.adapters.base import Adapter
from providers.adapters.registry import ADAPTERS
from providers.pool import CredentialPool, StateChange

log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    from gateway.edge.exchange import Exchange

FAILURES_PER_MINUTE: Final = 30
ADDRESSES_REMEMBERED: Final = 10_000
REDIS_TIMEOUT_S: Final = 1.0
STOP_WITHIN_S: Final = 5.0  # for what is still open when the server has let go
IN_SCOPE: Final = "runtime"


class TrafficMeter(CredentialMeter, Protocol):
    """Counts what happens; must not block."""

    def exchange(self, exchange: "Exchange", *, ended_at: float) -> None: ...

    def upstream(
        self, *, provider: str, model: str, verdict: str, ttft_s: float | None
    ) -> None: ...

    def lost(self, *, code: str, asked: str, spoken: str) -> None:
        """In translation, on the way there or back."""
        ...

    def sealed(self, *, outcome: str, count: int = 1) -> None:
        """Stored in the vault, returned from it, missed there; or refused by a vendor."""
        ...

    def disordered(self, *, dialect: str, count: int) -> None: ...

    def canceled(self, *, seconds: float) -> None: ...

    def unnoted(self) -> None:
        """An answer is kept by its vendor, and nobody knows where."""
        ...

    def stream_opened(self) -> None: ...

    def stream_closed(self) -> None: ...

    def snapshot(self, facts: SnapshotFacts) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeConfig:
    database_url: str
    redis_url: str
    cache_redis_url: str
    broker_url: str
    drain_mark: Path | None
    expected_migrations: frozenset[Migration]
    snapshot: SnapshotConfig
    peppers: tuple[str, ...]  # the current one first
    spool: SpoolConfig
    edge: EdgeSettings
    open_upstream: Callable[[], Upstream]  # inside the loop it will serve
    open_media: Callable[[], Upstream]  # likewise


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    state: Redis
    cache: Redis
    broker: Redis
    drain: DrainWatch
    readiness: Readiness
    snapshots: SnapshotHolder
    settings: EdgeSettings
    upstream: Upstream
    media: Upstream  # the way to what clients name by URL
    pool: CredentialPool
    herald: Herald
    retry_budget: RetryBudget
    drain_slots: DrainSlots
    open_exchanges: OpenExchanges
    verifier: Verifier
    failures: FailureMeter
    slots: Slots
    books: Books
    vault: Vault
    kept_answers: KeptAnswers
    hmac_key: bytes  # of what vendors are told about clients
    native: Mapping[Dialect, NativeDialect]
    adapters: Mapping[str, Adapter]
    metrics: TrafficMeter
    flush: Callable[[], None]
    clock: Callable[[], float] = time.monotonic

    @classmethod
    async def start(
        cls,
        config: RuntimeConfig,
        *,
        meter: TrafficMeter,
        records: RecordMeter,
        flush: Callable[[], None],
    ) -> "Runtime":
        """`flush` writes what is still waiting, when the process stops.

        Raises SpoolUnusable where nothing could be recorded.
        """
        spool = await asyncio.to_thread(SpoolWriter.open, config.spool, observe=records.spool)
        hmac_key = hmac.digest(config.peppers[0].encode(), b"client ids", hashlib.sha256)
        books = Books(spool=spool, meter=records, hmac_key=hmac_key)
        state, cache = redis_client(config.redis_url), redis_client(config.cache_redis_url)
        broker = state if config.broker_url == config.redis_url else redis_client(config.broker_url)
        open_exchanges = OpenExchanges()
        drain = DrainWatch(
            config.drain_mark,
            patience_s=config.edge.drain_max_s,
            last_call=open_exchanges.stop,
        )
        drain.start()
        snapshots = SnapshotHolder(config.snapshot, redis=state, observe=meter.snapshot)
        await snapshots.start()
        checks = {
            "snapshot": snapshot_check(snapshots),
            "postgres": database_check(
                url=config.database_url, expected=config.expected_migrations
            ),
            "redis": redis_check("redis", state),
            "cache": redis_check("cache", cache),
            "spool": spool_check(books),
        }
        readiness = Readiness(checks=checks, drain=drain)
        pool = CredentialPool()
        herald = Herald(
            redis=state,
            pool=pool,
            clock=time.monotonic,
            wall=snapshots.now,
            workers=snapshots.workers,
            meter=meter,
        )
        herald.start()
        return cls(
            state=state,
            cache=cache,
            broker=broker,
            drain=drain,
            readiness=readiness,
            snapshots=snapshots,
            settings=config.edge,
            upstream=config.open_upstream(),
            media=config.open_media(),
            pool=pool,
            herald=herald,
            retry_budget=RetryBudget(),
            drain_slots=DrainSlots(),
            open_exchanges=open_exchanges,
            verifier=Verifier({keys.pepper_id(pepper): pepper for pepper in config.peppers}),
            failures=FailureMeter(per_minute=FAILURES_PER_MINUTE, addresses=ADDRESSES_REMEMBERED),
            slots=Slots(
                most=config.edge.max_inflight,
                most_per_key=config.edge.max_open_per_key,
                most_per_address=config.edge.max_open_per_address,
            ),
            books=books,
            vault=Vault(
                redis=vault_redis(config.redis_url),
                box=snapshots,
                meter=meter,
                hmac_key=hmac_key,
                ttl_s=config.edge.seal_ttl_s,
            ),
            kept_answers=KeptAnswers(redis=state, hmac_key=hmac_key),
            hmac_key=hmac_key,
            native=NATIVE,
            adapters=ADAPTERS,
            metrics=meter,
            flush=flush,
        )

    def wall(self) -> float:
        return self.snapshots.now()

    def announce(self, changes: Iterable[StateChange]) -> None:
        self.herald.announce(changes)

    async def stop(self) -> None:
        await self.drain.stop()
        # While there are still books for their ends, and vendors to be left in order.
        self.open_exchanges.stop()
        if still_open := await self.open_exchanges.ended(within_s=STOP_WITHIN_S):
            log.warning("exchanges_left_open", count=still_open)
        await self.herald.stop()
        await self.snapshots.stop()
        await self.upstream.close()
        await self.media.close()
        await self.vault.close()
        await self.state.aclose()
        await self.cache.aclose()
        await self.broker.aclose()
        await self.books.close()
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
            return started.result() if started.done() else await asyncio.shield(started)
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
