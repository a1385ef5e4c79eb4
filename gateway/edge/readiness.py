"""Whether this worker should get traffic.

Laws: a check never blocks the loop and never takes longer than CHECK_TIMEOUT_S; however many ask,
one check runs a second; what has no check is not named.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal, TypeAlias

import msgspec
import psycopg
import structlog
from redis.asyncio import Redis

from gateway.edge.accounting.books import Books
from gateway.edge.worker.drain import DrainWatch
from gateway.snapshot.subscribe import SnapshotHolder

log = structlog.get_logger(__name__)

Status: TypeAlias = Literal["ready", "degraded", "not_ready"]
Migration: TypeAlias = tuple[str, str]
# Each answers for one or more components: name -> "ok" or what is wrong.
Check: TypeAlias = Callable[[], Awaitable[Mapping[str, str]]]

OK: Final = "ok"
UNREACHABLE: Final = "unreachable"
CHECK_TIMEOUT_S: Final = 2.0
KEPT_S: Final = 1.0
# Known keys are served without any of them; what else is missing then, the page of states tells.
MAY_FAIL: Final = frozenset({"postgres", "redis", "cache"})
MAX_SKEW_S: Final = 5.0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    status: Status
    components: dict[str, str]


class Readiness:
    def __init__(self, *, checks: Mapping[str, Check], drain: DrainWatch) -> None:
        self._checks = checks
        self._drain = drain
        self._lock = asyncio.Lock()
        self._components: dict[str, str] = {}
        self._checked_at = float("-inf")

    async def report(self) -> Report:
        async with self._lock:
            if time.monotonic() - self._checked_at >= KEPT_S:
                self._components = await self._check_all()
                self._checked_at = time.monotonic()
        components = {**self._components, "drain": "draining" if self._drain.draining else OK}
        return Report(status=_status(components), components=components)

    async def _check_all(self) -> dict[str, str]:
        found = await asyncio.gather(
            *(_guarded(name, check) for name, check in self._checks.items())
        )
        return {name: state for answer in found for name, state in answer.items()}


async def _guarded(name: str, check: Check) -> Mapping[str, str]:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a service, it is out
        log.debug("component_unreachable", component=name, error=f"{type(error).__name__}: {error}")
        return {name: UNREACHABLE}


def _status(components: Mapping[str, str]) -> Status:
    failing = {name for name, state in components.items() if state != OK}
    if not failing:
        return "ready"
    return "degraded" if failing <= MAY_FAIL else "not_ready"


def snapshot_check(snapshots: SnapshotHolder) -> Check:
    """The configuration, and whether this host's clock may be believed."""

    async def check() -> Mapping[str, str]:
        skew_s = snapshots.clock.skew_s()
        away = "ahead of" if skew_s > 0 else "behind"
        clock = OK if abs(skew_s) <= MAX_SKEW_S else f"{abs(skew_s):.0f} s {away} PostgreSQL's"
        return {"snapshot": snapshots.problem() or OK, "clock": clock}

    return check


def spool_check(books: Books) -> Check:
    async def check() -> Mapping[str, str]:
        return {"spool": books.problem() or OK}

    return check


def redis_check(name: str, client: Redis) -> Check:
    async def check() -> Mapping[str, str]:
        await client.ping()
        return {name: OK}

    return check


def database_check(*, url: str, expected: frozenset[Migration]) -> Check:
    """Asks for the migrations until all are there, then only whether the server answers.

    Nothing is said of migrations where none are expected: an edge reads no table.
    """
    complete = not expected

    async def check() -> Mapping[str, str]:
        nonlocal complete
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            if complete:
                await connection.execute("SELECT 1")
            else:
                complete = expected <= await _applied(connection)
        if not expected:
            return {"postgres": OK}
        return {"postgres": OK, "migrations": OK if complete else "pending"}

    return check


async def _applied(connection: psycopg.AsyncConnection[tuple[str, str]]) -> set[Migration]:
    try:
        cursor = await connection.execute("SELECT app, name FROM django_migrations")
    except psycopg.errors.UndefinedTable:
        return set()
    return set(await cursor.fetchall())
