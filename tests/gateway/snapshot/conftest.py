"""A worker's holder against the real services, and changes made as the console makes them."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from redis.asyncio import Redis

from gateway.edge.runtime import redis_client
from gateway.snapshot.subscribe import SnapshotConfig, SnapshotFacts, SnapshotHolder
from tests.conftest import close_connections


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
async def started(
    config: SnapshotConfig, redis: Redis, committed_db: None
) -> AsyncIterator[Callable[..., Awaitable[SnapshotHolder]]]:
    """Starts holders, which are stopped at the end."""
    holders: list[SnapshotHolder] = []

    async def start(
        with_config: SnapshotConfig = config, *, with_redis: Redis = redis, **options: Any
    ) -> SnapshotHolder:
        def observe(facts: SnapshotFacts) -> None:
            assert facts.version >= 0

        holder = SnapshotHolder(with_config, redis=with_redis, observe=observe, **options)
        holders.append(holder)
        await holder.start()
        return holder

    yield start
    for holder in holders:
        await holder.stop()
    # The threads that make changes for these tests keep connections of their own.
    await sync_to_async(close_connections)()
