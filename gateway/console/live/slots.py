"""How many sockets a session has open, over all processes.

Law: a place that is not renewed falls free by itself, so that a killed worker blocks nobody.
"""

from datetime import UTC, datetime
from typing import Final

from redis.asyncio import Redis

MAX_SOCKETS: Final = 5
KEPT_S: Final = 180


class SocketSlots:
    def __init__(self, redis: Redis, *, session: str) -> None:
        self._redis = redis
        self._key = f"switchyard:ws:sockets:{session}"

    async def take(self, socket: str) -> bool:
        """False when the session has no place left; also renews a place already taken."""
        now = datetime.now(UTC).timestamp()
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.zremrangebyscore(self._key, "-inf", now)
            pipeline.zadd(self._key, {socket: now + KEPT_S})
            pipeline.expire(self._key, KEPT_S)
            pipeline.zcard(self._key)
            taken: int = (await pipeline.execute())[-1]
        if taken > MAX_SOCKETS:
            await self.give_back(socket)
            return False
        return True

    async def give_back(self, socket: str) -> None:
        await self._redis.zrem(self._key, socket)
