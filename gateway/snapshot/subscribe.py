"""Keeps this worker's snapshot current: loads it, follows every change, swaps it whole.

Laws: PostgreSQL is asked each second whatever Redis says, a message only shortens the wait; what
cannot be reached or read never takes the worker down, it goes on with what it has; the event loop
is held for SLICE_S at a time, however much there is to load.

The only data-plane module that opens the envelope.
"""

import asyncio
import gc
import os
import secrets as random
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import aclosing, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
from cryptography.exceptions import InvalidTag
from redis.asyncio import Redis
from redis.exceptions import RedisError

from accounts.specs import AwsPairSpec
from gateway.snapshot.acks import CHANNEL, Acks
from gateway.snapshot.assembly import Assembly, CannotOpen
from gateway.snapshot.clock import AnchoredClock
from gateway.snapshot.disk import Copy, Unusable, open_copy
from gateway.snapshot.keeper import Keeper
from gateway.snapshot.source import UNREADABLE, Source
from providers import secrets
from providers.secrets import KeyRing, Place, Secret, SecretsError
from providers.specs import CredentialSpec, DataKeySpec

if TYPE_CHECKING:
    from gateway.snapshot.snapshot import Snapshot

log = structlog.get_logger(__name__)

POLL_S: Final = 1.0
STALE_S: Final = 5.0
SLICE_S: Final = 0.002
CANCEL_AGAIN_S: Final = 0.05
SILENCE_S: Final = 10.0  # after which the subscription is asked whether it lives
CREDENTIALS: Final = "provider_credentials"
AWS_PAIRS: Final = "aws_pairs"
SEALED: Final = "sealed_secret"
VAULT: Final = "vault"  # of no database: what is in Redis
ENTRY: Final = "entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotConfig:
    database_url: str
    key_encryption_key: str
    folder: Path
    node_id: str
    max_age_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFacts:
    """What a worker tells of its configuration, about once a second."""

    version: int
    age_s: float  # since PostgreSQL last confirmed it
    bad_rows: int


class SnapshotHolder:
    """`current` is replaced, never changed; whoever needs one state for long keeps a reference."""

    def __init__(
        self, config: SnapshotConfig, *, redis: Redis, observe: Callable[[SnapshotFacts], None]
    ) -> None:
        self._config = config
        self._ring = KeyRing.from_setting(config.key_encryption_key)
        self._redis = redis
        self._observe = observe
        self._source = Source(config.database_url)
        self._acks = Acks(
            redis=redis, worker=f"{config.node_id}:{os.getpid()}:{random.token_hex(4)}"
        )
        self._path = config.folder / f"{config.node_id}.bin"
        self._keeper = Keeper(
            path=self._path, database_url=config.database_url, kek=self._current_kek
        )
        self._envelope = Envelope(self._ring)
        self._assembly = Assembly(self._envelope)
        self._wake, self._swapped = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._heard_at = time.monotonic()
        self._heard = False
        self._unread = ""  # why PostgreSQL could not be read the last time
        self._problem = "not loaded yet"
        self.clock = AnchoredClock()
        self.current: Snapshot = self._assembly.snapshot(0)

    async def start(self) -> None:
        """Returns when there is a configuration to serve with, or none to be had."""
        if not await self._follow():
            await self._load_copy()
        running: tuple[Coroutine[Any, Any, None], ...] = (
            self._tail(),
            self._listen(),
            self._acknowledge(),
            self._keeper.run(lambda: self.current.version),
        )
        self._tasks = [asyncio.create_task(part, name="snapshot") for part in running]

    async def stop(self) -> None:
        running = set(self._tasks)
        while running:
            for task in running:
                task.cancel()
            # Once is not enough: redis-py's deadlines may swallow a cancellation.
            _, running = await asyncio.wait(running, timeout=CANCEL_AGAIN_S)
        await self._keeper.stop()
        await self._source.close()
        await self._acks.leave()

    def now(self) -> float:
        """PostgreSQL's time, seconds since 1970; the host's before the first answer."""
        return self.clock.now()

    def is_stale(self) -> bool:
        """PostgreSQL has not been heard: a key it does not know may exist all the same."""
        return not self._heard or time.monotonic() - self._heard_at > STALE_S

    def open_pair(self, pair: AwsPairSpec, *, tenant_id: str) -> Secret:
        """What a client signs with; raises CannotOpen."""
        return self._envelope.open_pair(pair, tenant_id=tenant_id)

    def seal_entry(self, value: bytes, *, tenant_id: str, row: str) -> bytes:
        """Under a key of the tenant's; raises CannotOpen where there is none."""
        return self._envelope.seal_entry(value, tenant_id=tenant_id, row=row)

    def open_entry(self, blob: bytes, *, tenant_id: str, row: str) -> bytes:
        """Raises CannotOpen for what was sealed for another tenant or another row."""
        return self._envelope.open_entry(blob, tenant_id=tenant_id, row=row)

    def workers(self) -> int:
        """How many of the data plane live, this one included."""
        return self._acks.alive

    def problem(self) -> str:
        """Why this worker cannot serve; empty when it can."""
        return self._problem

    # --- from PostgreSQL --------------------------------------------------------------------------

    async def _tail(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()
            self._wake.clear()
            await self._follow()
            self._observe(
                SnapshotFacts(
                    version=self.current.version,
                    age_s=time.monotonic() - self._heard_at,
                    bad_rows=self._assembly.bad_rows,
                )
            )

    async def _follow(self) -> bool:
        try:
            await self._catch_up()
        except UNREADABLE as error:
            why = str(error) or type(error).__name__
            if why != self._unread:
                log.warning("configuration_unreadable", error=why)
            self._unread = why
            with suppress(*UNREADABLE):
                await self._source.close()
            return False
        if self._unread:
            log.info("configuration_readable_again")
        self._unread = self._problem = ""
        return True

    async def _catch_up(self) -> None:
        head = await self._source.head()
        self.clock.observe(
            server_s=head.server_s, asked_at=head.asked_at, answered_at=head.answered_at
        )
        version, assembly, envelope = self.current.version, self._assembly, self._envelope
        if head.version < version:
            log.warning("configuration_went_back", version=head.version, had=version)
            version, envelope = 0, Envelope(self._ring)
            assembly = Assembly(envelope)
        with nullcontext() if version else _without_collector():
            if head.version > version:
                async with aclosing(self._source.newer(version)) as pages:
                    async for rows in pages:
                        await _in_slices(assembly.take(rows))
                        version = rows[-1].version if rows else version
            await _in_slices(assembly.settle())
        # What was read was true when the server said so, not when the reading ended.
        self._heard_at, self._heard = head.answered_at, True
        if assembly is not self._assembly or version != self.current.version:
            self._swap(assembly, envelope, version=version)

    def _swap(self, assembly: Assembly, envelope: "Envelope", *, version: int) -> None:
        self._assembly, self._envelope = assembly, envelope
        self.current = assembly.snapshot(version)
        self._swapped.set()

    # --- from the copy on disk --------------------------------------------------------------------

    async def _load_copy(self) -> None:
        try:
            copy = await asyncio.to_thread(self._open_copy)
        except Unusable as unusable:
            self._problem = f"PostgreSQL cannot be read ({self._unread}) and {unusable}"
            log.error("no_configuration", error=self._problem)
            return
        envelope = Envelope(self._ring)
        assembly = Assembly(envelope)
        try:
            with _without_collector():
                while rows := await asyncio.to_thread(copy.page):
                    await _in_slices(assembly.take(rows))
                await _in_slices(assembly.settle())
        finally:
            copy.close()
        self._swap(assembly, envelope, version=copy.header.version)
        self._problem = ""
        log.warning("configuration_from_copy", version=copy.header.version)

    def _open_copy(self) -> Copy:
        return open_copy(
            self._path,
            kek_of=self._kek,
            now=self.clock.now(),
            max_age_s=self._config.max_age_s,
        )

    def _kek(self, kek_id: str) -> bytes:
        try:
            return self._ring.find(kek_id).key.reveal()
        except SecretsError as error:
            raise LookupError(str(error)) from None

    def _current_kek(self) -> tuple[str, bytes]:
        return self._ring.current.id, self._ring.current.key.reveal()

    # --- Redis ------------------------------------------------------------------------------------

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
                    await subscription.subscribe(CHANNEL)
                    # Something may have been published before.
                    self._wake.set()
                    while True:
                        asked_at = time.monotonic()
                        # None at once is an answer to a command of ours.
                        if await subscription.get_message(timeout=SILENCE_S) is not None:
                            self._wake.set()
                        elif time.monotonic() - asked_at >= SILENCE_S:
                            await subscription.ping()
            except (RedisError, OSError) as error:
                log.debug("not_subscribed", error=str(error))
                await asyncio.sleep(POLL_S)

    async def _acknowledge(self) -> None:
        """What is not loaded serves nobody, so nobody has to wait for it."""
        while True:
            self._swapped.clear()
            if not self._problem:
                await self._acks.acknowledge(self.current.version)
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._swapped.wait()


class Envelope:
    """The data keys of the configuration, unwrapped when first needed.

    A key stays unwrapped when its row is wrapped anew: rotation disturbs nobody who runs.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._wrapped: dict[str, DataKeySpec] = {}
        self._unwrapped: dict[str, Secret] = {}
        self._live: dict[str, str] = {}  # tenant, or "" for the platform -> its key

    def learn(self, key: DataKeySpec) -> None:
        self._wrapped[key.id] = key
        self._live[key.tenant_id or ""] = key.id

    def forget(self, key_id: str) -> None:
        spec = self._wrapped.pop(key_id, None)
        self._unwrapped.pop(key_id, None)
        if spec is not None and self._live.get(spec.tenant_id or "") == key_id:
            del self._live[spec.tenant_id or ""]

    def open(self, credential: CredentialSpec, *, tenant_id: str | None) -> Secret:
        place = Place(table=CREDENTIALS, row=credential.id, field=SEALED, tenant=tenant_id or "")
        return self._opened(credential.sealed, place)

    def open_pair(self, pair: AwsPairSpec, *, tenant_id: str) -> Secret:
        place = Place(table=AWS_PAIRS, row=pair.access_key_id, field=SEALED, tenant=tenant_id)
        return self._opened(pair.sealed, place)

    def seal_entry(self, value: bytes, *, tenant_id: str, row: str) -> bytes:
        key_id = self._live.get(tenant_id) or self._live.get("")
        if key_id is None:
            raise CannotOpen("there is no data key")
        try:
            key = self._key_of(key_id, tenant_id=tenant_id)
            header = secrets.read_header(self._wrapped[key_id].wrapped)
        except (SecretsError, InvalidTag) as error:
            raise CannotOpen(str(error)) from None
        return secrets.seal(
            value=Secret(value),
            key=key,
            kek_id=header.kek_id,
            dek_id=header.dek_id,
            place=_entry(row, tenant_id=tenant_id),
        )

    def open_entry(self, blob: bytes, *, tenant_id: str, row: str) -> bytes:
        try:
            key_id = str(secrets.read_header(blob).dek_id)
            key = self._key_of(key_id, tenant_id=tenant_id)
        except (SecretsError, LookupError, InvalidTag) as error:
            raise CannotOpen(str(error)) from None
        return self._opened(blob, _entry(row, tenant_id=tenant_id), key=key).reveal()

    def _opened(self, blob: bytes, place: Place, *, key: Secret | None = None) -> Secret:
        """Raises CannotOpen."""
        try:
            key = key or self._data_key(str(secrets.read_header(blob).dek_id))
            return secrets.open_sealed(blob=blob, key=key, place=place)
        except (SecretsError, LookupError) as error:
            raise CannotOpen(str(error)) from None
        except InvalidTag:
            raise CannotOpen("the value does not belong to this place, or was changed") from None

    def _key_of(self, key_id: str, *, tenant_id: str) -> Secret:
        """The platform's opens nothing of a tenant itself: each has one that is made of it."""
        key = self._data_key(key_id)
        if self._wrapped[key_id].tenant_id is None:
            return secrets.derived(key=key, tenant=tenant_id)
        return key

    def _data_key(self, key_id: str) -> Secret:
        if key_id not in self._unwrapped:
            spec = self._wrapped.get(key_id)
            if spec is None:
                raise LookupError(f"data key {key_id} is not there")
            self._unwrapped[key_id] = secrets.unwrap(
                blob=spec.wrapped, ring=self._ring, tenant=spec.tenant_id or ""
            )
        return self._unwrapped[key_id]


def _entry(row: str, *, tenant_id: str) -> Place:
    return Place(table=VAULT, row=row, field=ENTRY, tenant=tenant_id)


async def _in_slices(steps: Iterator[None]) -> None:
    until = time.monotonic() + SLICE_S
    for _ in steps:
        if time.monotonic() >= until:
            await asyncio.sleep(0)
            until = time.monotonic() + SLICE_S


@contextmanager
def _without_collector() -> Iterator[None]:
    """What is being loaded stays; looking through it again and again would hold the loop."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
