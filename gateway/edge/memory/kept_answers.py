"""Where the answers are that vendors keep, and on whose account (protocols.md PR-31).

Laws: an id is known to the tenant whose answer it names and to nobody else; what is remembered is
where it is kept, never what it says; where the memory cannot be asked nothing is guessed; nobody
waits for it longer than WAIT_S nor, once that has happened, at all for REST_S.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import msgspec
import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.edge.errors import GatewayError
from gateway.edge.worker.slots import SHOULD_RETRY
from protocols.errors import Problem
from protocols.ir import Dialect

KEPT_S: Final = 30 * 86_400
PREFIX: Final = "sy:kept:"
DIGEST_CHARS: Final = 40
RETRY_AFTER_S: Final = 2.0
RESPONSES: Final[Dialect] = "openai.responses"
WAIT_S: Final = 0.05
REST_S: Final = 1.0
UNREACHABLE: Final = (RedisError, OSError)
Said = TypeVar("Said")

log = structlog.get_logger(__name__)


class Place(Struct, frozen=True, array_like=True):
    """Where an answer is kept."""

    provider_id: str
    target: str  # by its public name
    account: str  # as `account_of` says
    asked: str = ""  # the name under which the client asked for it


PLACES: Final = msgspec.json.Decoder(Place)


class Unreached(Exception):
    """Out or slow, or found so a moment ago."""


class KeptAnswers:
    """One per worker; all of them remember in the same place."""

    def __init__(
        self, *, redis: Redis, hmac_key: bytes, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = redis
        self._hmac_key = hmac_key
        self._clock = clock
        self._rests_until = 0.0

    async def note(self, ids: Sequence[str], place: Place, *, tenant_id: str) -> None:
        """Raises Unreached."""
        said = msgspec.json.encode(place).decode()
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_ in ids:
                pipe.set(self._key(id_, tenant_id), said, ex=KEPT_S)
            await self._said(pipe.execute)

    async def find(self, ids: Sequence[str], *, tenant_id: str) -> list[Place | None]:
        """None for what this tenant has never been given; raises GatewayError."""
        names = [self._key(id_, tenant_id) for id_ in ids]
        try:
            said = await self._said(lambda: self._redis.mget(names))
            return [None if each is None else PLACES.decode(each) for each in said]
        except (Unreached, msgspec.DecodeError):
            raise _unknowable() from None

    async def forget(self, id_: str, *, tenant_id: str) -> None:
        """Raises Unreached."""
        await self._said(lambda: self._redis.delete(self._key(id_, tenant_id)))

    async def _said(self, ask: Callable[[], Awaitable[Said]]) -> Said:
        """Raises Unreached, which is told when it begins and when it is over."""
        if self._clock() < self._rests_until:
            raise Unreached
        try:
            async with asyncio.timeout(WAIT_S):
                said = await ask()
        except UNREACHABLE as error:
            if not self._rests_until:
                log.warning("kept_answers_out", error=str(error) or type(error).__name__)
            self._rests_until = self._clock() + REST_S
            raise Unreached from None
        if self._rests_until:
            self._rests_until = 0.0
            log.info("kept_answers_back")
        return said

    def _key(self, id_: str, tenant_id: str) -> str:
        said = f"{tenant_id}\0{id_}".encode(errors="surrogatepass")
        return PREFIX + hmac.digest(self._hmac_key, said, "sha256").hex()[:DIGEST_CHARS]


def _unknowable() -> GatewayError:
    return GatewayError(
        Problem(
            kind="overloaded",
            message="Where this answer is kept cannot be looked up at the moment.",
            code="answers_unavailable",
            retry_after=RETRY_AFTER_S,
        ),
        headers=SHOULD_RETRY,
    )
