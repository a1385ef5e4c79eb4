"""How many tasks wait in the broker, read when somebody asks for the metrics.

Law: a broker that is out costs a scrape nothing but this one figure.
"""

from collections.abc import Mapping
from typing import Final

import structlog
from prometheus_client import Gauge
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

QUEUE_DEPTH: Final = Gauge(
    "switchyard_celery_queue_depth",
    "Tasks waiting for a worker.",
    ["queue"],
    multiprocess_mode="mostrecent",
)


async def read_queue_depths(broker: Redis, *, queues: Mapping[str, str]) -> None:
    """`queues`: name → the list Celery keeps it in."""
    for queue, key in queues.items():
        try:
            QUEUE_DEPTH.labels(queue=queue).set(await broker.llen(key))
        except RedisError as error:
            log.debug("queue_depth_unknown", queue=queue, error=type(error).__name__)
