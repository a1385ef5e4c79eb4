"""The reasoning vault: seals that a client has no field for, and whom a session's seals are of.

Laws: what is kept is sealed under a key of its tenant and named by a keyed hash, so that another
tenant's word for it finds nothing and opens nothing; it lives in Redis alone, for `ttl_s` from its
last use; Redis out or slow is as if nothing were kept, but for pins that this worker has seen
there: a loss, never a failure, and no exchange waits for longer than WAIT_S each time nor, once
that has happened, at all for REST_S.
"""

import asyncio
import hmac
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.snapshot.assembly import CannotOpen
from protocols import ir

log = structlog.get_logger(__name__)

WAIT_S: Final = 0.05
REST_S: Final = 1.0
LARGEST_BYTES: Final = 65_536
CONNECTIONS: Final = 16
NAME_CHARS: Final = 40
SESSIONS_REMEMBERED: Final = 10_000
# Also what redis-py lets through where the connection breaks while it is being made.
OUT: Final = (RedisError, OSError, TimeoutError)


class Kept(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes back with one call to the vendor that has made it."""

    origin: str
    account: str | None = None  # digest of it, where its seals are bound to one
    first: tuple[ir.Thinking, ...] = ()  # thought before anything was said
    thoughts: tuple[ir.Thinking, ...] = ()  # right before the call
    seal: ir.Seal | None = None  # of the call itself


class Pin(Struct, frozen=True, omit_defaults=True):
    """Whose the seals are that a session's client holds unwrapped."""

    vendor: str
    account: str | None = None


class PinFound(Struct, frozen=True):
    """`answered`: False where there may be one that nobody could read."""

    pin: Pin | None = None
    answered: bool = True


class Found(Struct, frozen=True, kw_only=True):
    """`answered`: False where Redis said nothing, so that nobody knows what was kept."""

    kept: Mapping[str, Kept] = {}
    answered: bool = True


class Box(Protocol):
    """Seals and opens under the keys of tenants; raises CannotOpen."""

    def seal_entry(self, value: bytes, *, tenant_id: str, row: str) -> bytes: ...

    def open_entry(self, blob: bytes, *, tenant_id: str, row: str) -> bytes: ...


class Meter(Protocol):
    def sealed(self, *, outcome: str, count: int = 1) -> None: ...


KEPT: Final = msgspec.json.Decoder(Kept)
PIN: Final = msgspec.json.Decoder(Pin)


class Vault:
    wait_s: float = WAIT_S  # the most that one question may take

    def __init__(
        self,
        *,
        redis: Redis,
        box: Box,
        meter: Meter,
        hmac_key: bytes,
        ttl_s: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._redis = redis
        self._box = box
        self._meter = meter
        self._hmac_key = hmac_key
        self._ttl_s = ttl_s
        self.clock = clock
        self._rests_until = 0.0
        self._pins: dict[str, Pin] = {}  # of the last sessions, as Redis has them
        self._writing: dict[str, asyncio.Task[None]] = {}

    async def keep(
        self, tenant_id: str, entries: Mapping[str, Kept], *, within_s: float | None = None
    ) -> bool:
        """By the ids of calls as the client will say them; whether all of it is kept."""
        is_whole, commands = True, []
        for call_id, kept in entries.items():
            name = self._name("seal", tenant_id, call_id)
            value = msgspec.json.encode(kept)
            blob = self._shut(value, tenant_id=tenant_id, name=name)
            if blob is None:
                is_whole = False
            else:
                commands.append(("SET", name, blob, "EX", self._ttl_s))
        if not commands or await self._said(commands, within_s=within_s) is None:
            return False
        self._meter.sealed(outcome="stored", count=len(commands))
        return is_whole

    async def find(self, tenant_id: str, call_ids: Iterable[str]) -> Found:
        """One round trip; what is found lives on for as long again."""
        names = {call_id: self._name("seal", tenant_id, call_id) for call_id in call_ids}
        if not names:
            return Found()
        blobs = await self._said([("GETEX", name, "EX", self._ttl_s) for name in names.values()])
        if blobs is None:
            return Found(answered=False)
        found: dict[str, Kept] = {}
        for (call_id, name), blob in zip(names.items(), blobs, strict=True):
            kept = self._opened(blob, KEPT, tenant_id=tenant_id, name=name)
            if kept is not None:
                found[call_id] = kept
        return Found(kept=found)

    async def pin(self, tenant_id: str, session: str) -> PinFound:
        name = self._name("pin", tenant_id, session)
        if name in self._writing:
            return PinFound(self._pins.get(name))
        said = await self._said([("GETEX", name, "EX", self._ttl_s)])
        if said is None:
            known = self._pins.get(name)
            return PinFound(known, answered=known is not None)
        pin = self._opened(said[0], PIN, tenant_id=tenant_id, name=name)
        if pin is not None:
            self._remember(name, pin)
        return PinFound(pin)

    def set_pin(self, tenant_id: str, session: str, pin: Pin) -> None:
        """Written while nobody waits, each time: another worker may have set another since."""
        name = self._name("pin", tenant_id, session)
        if name in self._writing:
            return
        blob = self._shut(msgspec.json.encode(pin), tenant_id=tenant_id, name=name)
        if blob is not None:
            self._remember(name, pin)
            writing = self._write_pin(name, blob)
            self._writing[name] = asyncio.create_task(writing, name="session-pin")

    async def close(self) -> None:
        writing = list(self._writing.values())
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
        await self._redis.aclose()

    async def _write_pin(self, name: str, blob: bytes) -> None:
        try:
            if await self._said([("SET", name, blob, "EX", self._ttl_s)]) is None:
                self._pins.pop(name, None)  # to be written again
        finally:
            del self._writing[name]

    def _remember(self, name: str, pin: Pin) -> None:
        while len(self._pins) >= SESSIONS_REMEMBERED:
            del self._pins[next(iter(self._pins))]
        self._pins[name] = pin

    def _name(self, kind: str, tenant_id: str, said: str) -> str:
        word = f"{kind}\0{tenant_id}\0{said}".encode(errors="surrogatepass")
        digest = hmac.digest(self._hmac_key, word, "sha256").hex()
        return f"{{t{tenant_id}}}:{kind}:{digest[:NAME_CHARS]}"

    def _shut(self, value: bytes, *, tenant_id: str, name: str) -> bytes | None:
        if len(value) > LARGEST_BYTES:
            return None
        try:
            return self._box.seal_entry(value, tenant_id=tenant_id, row=name)
        except CannotOpen as why:
            log.warning("vault_cannot_seal", error=str(why))
            return None

    def _opened(
        self, blob: Any, decoder: msgspec.json.Decoder[Any], *, tenant_id: str, name: str
    ) -> Any:
        """None for what is not there, and for what this release or this tenant cannot read."""
        if blob is None:
            return None
        try:
            return decoder.decode(self._box.open_entry(blob, tenant_id=tenant_id, row=name))
        except (CannotOpen, msgspec.DecodeError):
            return None

    async def _said(
        self, commands: Sequence[tuple[Any, ...]], *, within_s: float | None = None
    ) -> list[Any] | None:
        """One round trip; None where Redis is out or slow, which is told when it begins."""
        within_s = self.wait_s if within_s is None else within_s
        if within_s <= 0 or not self._ttl_s or self.clock() < self._rests_until:
            return None
        try:
            async with asyncio.timeout(within_s):
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for command in commands:
                        pipeline.execute_command(*command)
                    said: list[Any] = await pipeline.execute()
        except OUT as error:
            if not self._rests_until:
                log.warning("vault_out", error=str(error) or type(error).__name__)
            self._rests_until = self.clock() + REST_S
            return None
        if self._rests_until:
            self._rests_until = 0.0
            log.info("vault_back")
        return said


def vault_redis(url: str, *, wait_s: float = WAIT_S) -> Redis:
    """Connects when first used; what is kept is bytes; waits for nobody longer than an exchange."""
    return Redis.from_url(
        url,
        socket_timeout=wait_s,
        socket_connect_timeout=wait_s,
        retry=Retry(NoBackoff(), 0),
        max_connections=CONNECTIONS,
        decode_responses=False,
        driver_info=None,
    )
