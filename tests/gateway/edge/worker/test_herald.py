"""What one worker finds out about a credential, the others know."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from gateway.edge.runtime import redis_client
from gateway.edge.worker.herald import CHANNEL, STATES, Herald
from gateway.telemetry.redaction import redacted_fields
from providers.adapters.base import Verdict
from providers.pool import CredentialPool
from providers.specs import CredentialSpec, ProviderSpec
from tests.gateway.edge.plane import snapshot
from tests.routing.world import provider, target

NOW = 1_000.0
WALL = 1_700_000_000.0
CREDENTIAL = CredentialSpec(id="c1", name="first", kind="api_key")
SPARE = CredentialSpec(id="c2", name="second", kind="api_key")


@dataclass
class Meter:
    said: list[tuple[str, str, str]] = field(default_factory=list)

    def credential(self, *, provider: str, credential: str, state: str) -> None:
        self.said.append((provider, credential, state))


@dataclass
class Worker:
    herald: Herald
    pool: CredentialPool
    meter: Meter

    def picked(self) -> set[str]:
        return {
            found.id
            for _ in range(4)
            if (found := self.pool.pick(VENDOR, "gpt-4", tried=(), now=NOW, wall=WALL)) is not None
        }


VENDOR: ProviderSpec = provider("openai", target("gpt-4"), credentials=(CREDENTIAL, SPARE))
VIEW = snapshot(providers=(VENDOR,))


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    client = redis_client(os.environ["REDIS_URL"])
    await client.delete(STATES)
    yield client
    await client.delete(STATES)
    await client.aclose()


@pytest.fixture
async def workers(redis: Redis) -> AsyncIterator[list[Worker]]:
    started = []
    for _ in range(2):
        pool, meter = CredentialPool(), Meter()
        herald = Herald(
            redis=redis,
            pool=pool,
            clock=lambda: NOW,
            wall=lambda: WALL,
            workers=lambda: 2,
            meter=meter,
        )
        herald.follow(VIEW)
        herald.start()
        started.append(Worker(herald=herald, pool=pool, meter=meter))
    yield started
    for worker in started:
        await worker.herald.stop()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - another worker is waited for
            await asyncio.sleep(0.01)


async def announced(worker: Worker, changes: Any, *, holds: Callable[[], bool]) -> None:
    """Again and again: who subscribes late hears nothing of what was said before."""
    async with asyncio.timeout(10):
        while not holds():
            worker.herald.announce(changes)
            await asyncio.sleep(0.05)


def rejected(worker: Worker) -> Any:
    worker.pool.begin("c1", "gpt-4", now=NOW)
    verdict = Verdict(cls="auth", scope="credential", message="the vendor refused the key")
    return worker.pool.end("c1", "gpt-4", verdict=verdict, now=NOW, began_at=NOW)


async def test_a_rejected_credential_leaves_rotation_everywhere(
    workers: list[Worker], redis: Redis
) -> None:
    first, second = workers
    first.picked()
    assert second.picked() == {"c1", "c2"}

    await announced(first, rejected(first), holds=lambda: second.picked() == {"c2"})

    assert set(first.meter.said) == {("openai", "first", "quarantined")}
    told = msgspec.json.decode(await redis.hget(STATES, "c1") or b"{}")
    assert told["state"] == "quarantined"
    assert told["reason"] == "the vendor refused the key"
    assert told["at"] == WALL


async def test_the_log_names_the_credential_in_a_field_that_is_shown(
    workers: list[Worker],
) -> None:
    first, _ = workers
    first.picked()
    with capture_logs() as lines:
        first.herald.announce(rejected(first))
    (line,) = lines
    assert (line["event"], line["provider"], line["backend_key"]) == (
        "credential_state", "openai", "first",
    )  # fmt: skip
    assert redacted_fields(line) == line


async def test_a_worker_does_not_hear_itself(workers: list[Worker]) -> None:
    first, second = workers
    first.picked()
    second.picked()
    await announced(first, rejected(first), holds=lambda: second.picked() == {"c2"})
    # Edited meanwhile: only what others say may change that again.
    renewed = msgspec.structs.replace(CREDENTIAL, generation=1)
    first.herald.follow(
        snapshot(providers=(msgspec.structs.replace(VENDOR, credentials=(renewed, SPARE)),))
    )

    assert "c1" in first.picked()


async def test_a_success_is_told_for_people_to_see(workers: list[Worker], redis: Redis) -> None:
    first, _ = workers
    first.picked()
    first.pool.begin("c1", "gpt-4", now=NOW)
    first.pool.end("c1", "gpt-4", verdict=Verdict(cls="ok"), now=NOW, began_at=NOW)
    first.herald.announce(())

    async with asyncio.timeout(10):
        while not await redis.hexists(STATES, "c1"):  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)
    told = msgspec.json.decode(await redis.hget(STATES, "c1") or b"{}")
    assert (told["state"], told["at"]) == ("active", WALL)


async def test_each_worker_enforces_its_part_of_a_limit(workers: list[Worker]) -> None:
    await until(lambda: all(worker.pool.workers == 2 for worker in workers))


async def test_what_cannot_be_read_is_passed_over(workers: list[Worker], redis: Redis) -> None:
    first, second = workers
    second.picked()
    first.picked()
    await redis.publish(CHANNEL, "nonsense")

    await announced(first, rejected(first), holds=lambda: second.picked() == {"c2"})


async def test_without_redis_a_worker_learns_alone() -> None:
    redis = redis_client("redis://127.0.0.1:1/0")
    pool = CredentialPool()
    herald = Herald(
        redis=redis,
        pool=pool,
        clock=lambda: NOW,
        wall=lambda: WALL,
        workers=lambda: 1,
        meter=Meter(),
    )
    worker = Worker(herald=herald, pool=pool, meter=Meter())
    herald.follow(VIEW)
    herald.start()
    worker.picked()
    herald.announce(rejected(worker))
    await asyncio.sleep(0)

    assert worker.picked() == {"c2"}
    await herald.stop()
    await redis.aclose()
