import os
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis

from accounts.tasks import forget_old_answers
from gateway.celery import app
from gateway.edge.runtime import redis_client
from gateway.ops.tasks import BROKER_KEY_PREFIX, QUEUE
from gateway.telemetry.queues import read_queue_depths

KEY = f"{BROKER_KEY_PREFIX}{QUEUE}"


@pytest.fixture
async def broker() -> AsyncIterator[Redis]:
    client = redis_client(os.environ["REDIS_URL"])
    await client.delete(KEY)
    yield client
    await client.delete(KEY)
    await client.aclose()


def depth() -> float | None:
    return REGISTRY.get_sample_value("switchyard_celery_queue_depth", {"queue": QUEUE})


async def test_the_depth_is_what_waits_in_celerys_own_list(broker: Redis) -> None:
    await read_queue_depths(broker, queues={QUEUE: KEY})
    assert depth() == 0
    with app.connection_for_write(url=os.environ["REDIS_URL"]) as connection:
        for _ in range(3):
            app.send_task(forget_old_answers.name, connection=connection)
    await read_queue_depths(broker, queues={QUEUE: KEY})
    assert depth() == 3


async def test_a_broker_that_is_out_leaves_the_figure_as_it_was(broker: Redis) -> None:
    await read_queue_depths(broker, queues={QUEUE: KEY})
    gone = redis_client("redis://127.0.0.1:1/0")
    await read_queue_depths(gone, queues={QUEUE: KEY})
    assert depth() == 0
