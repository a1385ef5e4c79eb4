"""What is known of kept answers, in the memory that workers share."""

import os
import socket
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from accounts.ids import new_id
from gateway.edge.errors import GatewayError
from gateway.edge.memory.kept_answers import (
    KEPT_S,
    PREFIX,
    REST_S,
    KeptAnswers,
    Place,
    Unreached,
)
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


async def test_whoever_never_answers_is_waited_for_once_and_told_of_once(redis: Redis) -> None:
    now, tenant = 100.0, str(new_id())
    with socket.create_server(("127.0.0.1", 0)) as mute:
        silent = redis_client(f"redis://127.0.0.1:{mute.getsockname()[1]}/0")
        kept = KeptAnswers(redis=silent, hmac_key=b"k", clock=lambda: now)
        with capture_logs() as logs:
            began = time.perf_counter()
            for _ in range(50):
                with pytest.raises(Unreached):
                    await kept.note(["r"], PLACE, tenant_id=tenant)
                with pytest.raises(GatewayError):
                    await kept.find(["r"], tenant_id=tenant)
            once_s = time.perf_counter() - began
            now += REST_S
            with pytest.raises(Unreached):
                await kept.forget("r", tenant_id=tenant)
            kept._redis = redis  # noqa: SLF001 - it is back
            now += REST_S
            assert await kept.find(["r"], tenant_id=tenant) == [None]
        await silent.aclose()
    assert once_s < 1.0  # a hundred waits would be five
    assert [said["event"] for said in logs] == ["kept_answers_out", "kept_answers_back"]
