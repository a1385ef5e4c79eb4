"""Where the answers are that vendors keep, and on whose account (protocols.md PR-31).

Laws: an id is known to the tenant whose answer it names and to nobody else; what is remembered is
where it is kept, never what it says; where the memory cannot be asked nothing is guessed.
"""

import hmac
from collections.abc import Sequence
from typing import Final

import msgspec
import structlog
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.edge.errors import GatewayError
from gateway.edge.slots import SHOULD_RETRY
from protocols.errors import Problem
from protocols.ir import Dialect

KEPT_S: Final = 30 * 86_400
PREFIX: Final = "sy:kept:"
DIGEST_CHARS: Final = 40
RETRY_AFTER_S: Final = 2.0
RESPONSES: Final[Dialect] = "openai.responses"
UNREACHABLE: Final = (RedisError, OSError)

log = structlog.get_logger(__name__)


class Place(Struct, frozen=True, array_like=True):
    """Where an answer is kept."""

    provider_id: str
    target: str  # by its public name
    account: str  # as `account_of` says
    asked: str = ""  # the name under which the client asked for it


PLACES: Final = msgspec.json.Decoder(Place)


class KeptAnswers:
    """One per worker; all of them remember in the same place."""

    def __init__(self, *, redis: Redis, hmac_key: bytes) -> None:
        self._redis = redis
        self._hmac_key = hmac_key

    async def note(self, ids: Sequence[str], place: Place, *, tenant_id: str) -> None:
        """Raises RedisError and OSError."""
        said = msgspec.json.encode(place).decode()
        async with self._redis.pipeline(transaction=False) as pipe:
            for id_ in ids:
                pipe.set(self._key(id_, tenant_id), said, ex=KEPT_S)
            await pipe.execute()

    async def find(self, ids: Sequence[str], *, tenant_id: str) -> list[Place | None]:
        """None for what this tenant has never been given; raises GatewayError."""
        try:
            said = await self._redis.mget([self._key(id_, tenant_id) for id_ in ids])
            return [None if each is None else PLACES.decode(each) for each in said]
        except (*UNREACHABLE, msgspec.DecodeError):
            log.warning("kept_answers_not_read", exc_info=True)
            raise _unknowable() from None

    async def forget(self, id_: str, *, tenant_id: str) -> None:
        """Raises RedisError and OSError."""
        await self._redis.delete(self._key(id_, tenant_id))

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
