"""What is known of kept answers, in the memory that workers share."""

import os
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from accounts.ids import new_id
from gateway.edge.errors import GatewayError
from gateway.edge.kept_answers import KEPT_S, PREFIX, KeptAnswers, Place
from gateway.edge.runtime import redis_client
from tests.gateway.edge.runtimes import NO_REDIS

PLACE = Place("p", "m", "credential", "alias")


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    client = redis_client(os.environ["REDIS_URL"])
    yield client
    await client.aclose()


async def test_one_worker_notes_and_another_finds(redis: Redis) -> None:
    key, tenant, id_ = new_id().bytes, str(new_id()), f"resp_{new_id().hex}"
    one, other = (KeptAnswers(redis=redis, hmac_key=key) for _ in range(2))
    await one.note([id_, "msg_1"], PLACE, tenant_id=tenant)
    assert await other.find([id_, "msg_1", "x"], tenant_id=tenant) == [PLACE, PLACE, None]
    assert await other.find([id_], tenant_id=str(new_id())) == [None]
    named = [name async for name in redis.scan_iter(f"{PREFIX}*", count=1_000)]
    assert not any(id_ in name or tenant in name for name in named)
    assert 0 < await redis.ttl(one._key(id_, tenant)) <= KEPT_S  # noqa: SLF001 - its one name
    await other.forget(id_, tenant_id=tenant)
    assert await one.find([id_], tenant_id=tenant) == [None]
    await one.forget("msg_1", tenant_id=tenant)


async def test_another_installation_finds_nothing(redis: Redis) -> None:
    tenant, id_ = str(new_id()), new_id().hex
    mine = KeptAnswers(redis=redis, hmac_key=b"a")
    await mine.note([id_], PLACE, tenant_id=tenant)
    assert await KeptAnswers(redis=redis, hmac_key=b"b").find([id_], tenant_id=tenant) == [None]
    await mine.forget(id_, tenant_id=tenant)


async def test_where_nobody_answers_nothing_is_known() -> None:
    client = redis_client(NO_REDIS)
    with pytest.raises(GatewayError) as raised:
        await KeptAnswers(redis=client, hmac_key=b"k").find(["r"], tenant_id="t")
    assert raised.value.problem.code == "answers_unavailable"
    await client.aclose()
