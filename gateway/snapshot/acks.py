"""Which version each worker has: told by the workers, asked by who must know that all have one.

Laws: Redis' clock decides who is alive, so hosts need not agree; a worker that leaves in order is
forgotten at once, one that was killed after ALIVE_S; nobody waits for a Redis that is out.
"""

from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

CHANNEL: Final = "sy:config"
SEEN: Final = "sy:{workers}:seen"
VERSIONS: Final = "sy:{workers}:version"
KEYS: Final = (SEEN, VERSIONS)
ALIVE_S: Final = 5
ACKNOWLEDGE: Final = f"""
local now = tonumber(redis.call('TIME')[1])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 12 * {ALIVE_S})) do
  redis.call('ZREM', KEYS[1], gone)
  redis.call('HDEL', KEYS[2], gone)
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return redis.call('ZCOUNT', KEYS[1], now - {ALIVE_S}, '+inf')
"""
# → workers alive, and how many of them are behind the version.
BEHIND: Final = f"""
local now = tonumber(redis.call('TIME')[1])
local alive = redis.call('ZRANGEBYSCORE', KEYS[1], now - {ALIVE_S}, '+inf')
local behind = 0
for _, worker in ipairs(alive) do
  if tonumber(redis.call('HGET', KEYS[2], worker)) < tonumber(ARGV[1]) then behind = behind + 1 end
end
return {{#alive, behind}}
"""


class Acks:
    """One worker's side."""

    def __init__(self, *, redis: Redis, worker: str) -> None:
        self._redis = redis
        self._worker = worker
        self.alive = 1  # workers, as far as this one knows

    async def acknowledge(self, version: int) -> None:
        try:
            alive = await self._redis.eval(
                ACKNOWLEDGE, len(KEYS), *KEYS, self._worker, str(version)
            )
            self.alive = max(1, int(alive))
        except RedisError as error:
            log.debug("version_not_acknowledged", error=str(error))

    async def leave(self) -> None:
        try:
            await self._redis.zrem(SEEN, self._worker)
            await self._redis.hdel(VERSIONS, self._worker)
        except RedisError as error:
            log.debug("worker_not_signed_off", error=str(error))
