"""What a worker finds out about credentials, told to the others and to the control plane.

Laws: telling never holds an exchange up; without Redis each worker learns alone; what was heard is
adopted at once.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, Protocol

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from accounts.ids import new_id
from gateway.snapshot.snapshot import Snapshot
from providers.pool import CredentialPool, StateChange

CHANNEL: Final = "sy:health"
STATES: Final = "sy:health:states"  # credential id -> what was last told of it
MOST_WAITING: Final = 1_000
RETRY_S: Final = 1.0
COUNT_EACH_S: Final = 1.0
SUCCESS_EACH_S: Final = 60.0  # how often a credential's last success is told anew
CANCEL_AGAIN_S: Final = 0.5
SILENCE_S: Final = 10.0  # after which the subscription is asked whether it lives
JSON: Final = msgspec.json.Encoder()

log = structlog.get_logger(__name__)


class CredentialMeter(Protocol):
    def credential(self, *, provider: str, credential: str, state: str) -> None: ...


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    worker: str
    change: StateChange


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A row of STATES; the control plane copies it to the credential."""

    provider_id: str
    state: str
    reason: str
    until: float | None  # seconds since 1970, as all times here
    at: float
    model: str | None = None
    generation: int = 0


HEARD: Final = msgspec.json.Decoder(Announcement)


class Herald:
    def __init__(
        self,
        *,
        redis: Redis,
        pool: CredentialPool,
        clock: Callable[[], float],
        wall: Callable[[], float],
        workers: Callable[[], int],
        meter: CredentialMeter,
    ) -> None:
        self._redis = redis
        self._pool = pool
        self._clock = clock
        self._wall = wall
        self._workers = workers
        self._meter = meter
        self._name = new_id().hex
        self._success_told: dict[str, float] = {}
        self._waiting: deque[StateChange] = deque(maxlen=MOST_WAITING)
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._configured: Snapshot | None = None
        self._names: dict[str, tuple[str, str]] = {}  # credential id -> provider and name

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._tell(), name="herald-tell"),
            asyncio.create_task(self._listen(), name="herald-listen"),
        ]

    async def stop(self) -> None:
        running = set(self._tasks)
        while running:
            for task in running:
                task.cancel()
            # Once is not enough: redis-py's deadlines may swallow a cancellation.
            _, running = await asyncio.wait(running, timeout=CANCEL_AGAIN_S)

    def follow(self, snapshot: Snapshot) -> None:
        """The pool knows the credentials of this configuration from here on."""
        if snapshot is self._configured:
            return
        self._configured = snapshot
        providers = snapshot.providers.values()
        self._pool.configure(providers, now=self._clock())
        self._success_told.clear()
        self._names = {
            credential.id: (provider.slug, credential.name)
            for provider in providers
            for credential in provider.credentials
        }

    def announce(self, changes: Iterable[StateChange]) -> None:
        for change in changes:
            provider, credential = self._names.get(change.credential_id, ("", ""))
            log.warning(
                "credential_state",
                provider=provider,
                backend_key=credential,  # as in the request's line
                model=change.model,
                state=change.state,
                reason=change.reason,
            )
            if change.model is None:
                self._meter.credential(provider=provider, credential=credential, state=change.state)
            self._waiting.append(change)
        self._wake.set()

    async def _tell(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(COUNT_EACH_S):
                    await self._wake.wait()
            self._wake.clear()
            # Each worker enforces its part of a credential's own limits.
            self._pool.workers = self._workers()
            try:
                while self._waiting:
                    await self._publish(self._waiting[0])
                    self._waiting.popleft()
                await self._tell_successes()
            except (RedisError, OSError):
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def _tell_successes(self) -> None:
        """So that people see when a healthy credential was last of use."""
        told = {
            state.credential_id: Told(
                provider_id=state.provider_id,
                state="active",
                reason="",
                until=None,
                at=state.last_ok_at,
                generation=state.generation,
            )
            for state in self._pool.states(now=self._clock())
            if state.model is None and state.state == "active" and state.last_ok_at is not None
            if state.last_ok_at - self._success_told.get(state.credential_id, -math.inf)
            >= SUCCESS_EACH_S
        }
        if not told:
            return
        rows: dict[Any, Any] = {id_: JSON.encode(row).decode() for id_, row in told.items()}
        await self._redis.hset(STATES, mapping=rows)
        self._success_told |= {id_: row.at for id_, row in told.items()}

    async def _publish(self, change: StateChange) -> None:
        told = Told(
            provider_id=change.provider_id,
            state=change.state,
            reason=change.reason,
            until=change.until,
            at=self._wall(),
            model=change.model,
            generation=change.generation,
        )
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.publish(CHANNEL, JSON.encode(Announcement(worker=self._name, change=change)))
            if change.model is None:
                pipe.hset(STATES, change.credential_id, JSON.encode(told).decode())
            await pipe.execute()

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as heard:
                    await heard.subscribe(CHANNEL)
                    while True:
                        asked_at = self._clock()
                        message = await heard.get_message(timeout=SILENCE_S)
                        if message is not None:
                            self._adopt(message["data"])
                        elif self._clock() - asked_at >= SILENCE_S:
                            await heard.ping()
            except (RedisError, OSError):
                await asyncio.sleep(RETRY_S)

    def _adopt(self, data: str) -> None:
        try:
            heard = HEARD.decode(data)
        except msgspec.DecodeError:
            log.warning("unreadable_health_announcement")
            return
        if heard.worker != self._name:
            self._pool.adopt(heard.change, now=self._clock(), wall=self._wall())
