"""A worker's holder against the real services."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from asgiref.sync import sync_to_async
from blockbuster import BlockBuster, blockbuster_ctx
from redis.asyncio import Redis

from gateway.edge.runtime import redis_client
from gateway.snapshot.subscribe import SnapshotConfig, SnapshotFacts, SnapshotHolder
from tests.conftest import close_connections
from tests.gateway.snapshot.wire import Wire
from tests.gateway.steps import watched_steps

Start: TypeAlias = Callable[..., Awaitable[SnapshotHolder]]


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[BlockBuster]:
    """A blocking call on the event loop fails the test that made it."""
    # Tests look at files themselves; whoever does so below the holder is found all the same.
    itself = ["gateway.snapshot.disk"]
    with blockbuster_ctx("gateway.snapshot", excluded_modules=itself) as blocking:
        yield blocking


@pytest.fixture(autouse=True)
def _no_long_steps() -> Iterator[None]:
    """A step of the event loop that computes for too long fails the test that made it."""
    with watched_steps() as steps:
        yield
    assert not steps.too_long


@pytest.fixture
def config(tmp_path: Path) -> SnapshotConfig:
    return SnapshotConfig(
        database_url=os.environ["DATABASE_URL"],
        key_encryption_key=os.environ["SWITCHYARD_KEK"],
        folder=tmp_path / "snapshot",
        node_id="node",
        max_age_s=86_400,
    )


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    client = redis_client(os.environ["REDIS_URL"])
    yield client
    await client.aclose()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """Joined; its `url` stands for DATABASE_URL."""
    line = Wire(os.environ["DATABASE_URL"])
    await line.join()
    yield line
    await line.cut()


@pytest.fixture
def told() -> list[SnapshotFacts]:
    """What the holders of the test have told of themselves."""
    return []


@pytest.fixture
async def start(
    config: SnapshotConfig,
    redis: Redis,
    committed_db: None,
    wire: Wire,
    told: list[SnapshotFacts],
) -> AsyncIterator[Start]:
    """Starts holders, which are stopped at the end."""
    holders: list[SnapshotHolder] = []

    async def start(
        with_config: SnapshotConfig = config, *, with_redis: Redis = redis
    ) -> SnapshotHolder:
        holder = SnapshotHolder(with_config, redis=with_redis, observe=told.append)
        holders.append(holder)
        await holder.start()
        return holder

    yield start
    for holder in holders:
        await holder.stop()
    # The threads that make changes for these tests keep connections of their own.
    await sync_to_async(close_connections)()
