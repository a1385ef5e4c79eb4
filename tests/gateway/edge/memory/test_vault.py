"""What is kept for clients between two turns, with the Redis of the tests."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from structlog.testing import capture_logs

from gateway.edge.memory.vault import (
    LARGEST_BYTES,
    REST_S,
    WAIT_S,
    Kept,
    Pin,
    PinFound,
    Vault,
    vault_redis,
)
from gateway.snapshot.subscribe import Envelope
from protocols import ir
from tests.faults.bounds import FACTOR
from tests.gateway.edge.vaults import HMAC_KEY, NOBODY, PATIENCE_S, RING, Meter, envelope, vault

ACME = "018f0000-0000-7000-8000-0000000000a1"
OTHER = "018f0000-0000-7000-8000-0000000000a2"
SEAL = ir.Seal(origin="anthropic", signature="c2lnbmVk", account="00ff")
KEPT = Kept(
    origin="anthropic",
    account="00ff",
    first=(ir.Thinking(text="The secret thought.", seal=SEAL),),
    seal=SEAL,
)


@pytest.fixture
async def redis() -> AsyncIterator[Redis]:
    client = vault_redis(os.environ["REDIS_URL"], wait_s=PATIENCE_S)
    yield client
    for name in await client.keys("{t018f0000-0000-7000-8000-0000000000a*"):
        await client.delete(name)
    await client.aclose()


@pytest.fixture
async def kept(redis: Redis) -> AsyncIterator[tuple[Vault, Meter]]:
    meter = Meter()
    made = vault(meter=meter, box=envelope(ACME))
    yield made, meter
    await made.close()


@pytest.mark.parametrize("tenant", [ACME, OTHER])  # with a data key of its own, and without
async def test_what_is_kept_is_found_as_it_was(kept: tuple[Vault, Meter], tenant: str) -> None:
    made, meter = kept
    assert await made.keep(tenant, {"call_1": KEPT, "call_2": Kept(origin="gemini", seal=SEAL)})

    found = await made.find(tenant, ["call_1", "call_2", "call_3"])

    assert found.answered
    assert found.kept == {"call_1": KEPT, "call_2": Kept(origin="gemini", seal=SEAL)}
    assert meter.counts == {"stored": 2}


async def test_nothing_is_legible_in_redis_and_each_use_gives_it_new_time(
    kept: tuple[Vault, Meter], redis: Redis
) -> None:
    made, _ = kept
    await made.keep(ACME, {"call_of_acme": KEPT})

    (name,) = await redis.keys("{t018f0000-0000-7000-8000-0000000000a1}:seal:*")
    value = await redis.get(name)
    assert b"call_of_acme" not in name
    assert value is not None
    for word in (b"secret thought", b"anthropic", b"c2lnbmVk"):
        assert word not in value
    assert 55 <= await redis.ttl(name) <= 60
    await redis.expire(name, 5)
    assert (await made.find(ACME, ["call_of_acme"])).kept
    assert 55 <= await redis.ttl(name) <= 60


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    owner=st.sampled_from([ACME, OTHER]),
    reader=st.sampled_from([ACME, OTHER]),
    call_id=st.text(max_size=40),
)
async def test_no_tenant_finds_or_opens_what_is_anothers(
    redis: Redis, owner: str, reader: str, call_id: str
) -> None:
    made = vault(box=envelope(ACME))
    try:
        await made.keep(owner, {call_id: KEPT})
        assert bool((await made.find(reader, [call_id])).kept) is (owner == reader)
        # Not even the value itself, put where the other one looks.
        names = [name async for name in redis.scan_iter(f"{{t{owner}}}:seal:*")]
        blob = await redis.get(names[0])
        for name in names:
            await redis.delete(name)
        await made.keep(reader, {call_id: KEPT})
        (mine,) = [name async for name in redis.scan_iter(f"{{t{reader}}}:seal:*")]
        await redis.set(mine, blob or b"")
        assert bool((await made.find(reader, [call_id])).kept) is (owner == reader)
        await redis.delete(mine)
    finally:
        await made.close()


async def test_what_is_too_large_is_not_kept_and_the_rest_is(kept: tuple[Vault, Meter]) -> None:
    made, meter = kept
    large = Kept(origin="a", thoughts=(ir.Thinking(text="x" * LARGEST_BYTES),))

    assert not await made.keep(ACME, {"call_1": large, "call_2": KEPT})

    assert (await made.find(ACME, ["call_1", "call_2"])).kept == {"call_2": KEPT}
    assert meter.counts == {"stored": 1}


async def test_what_cannot_be_read_is_not_there(kept: tuple[Vault, Meter], redis: Redis) -> None:
    made, _ = kept
    await made.keep(ACME, {"call_1": KEPT})
    names: Any = await redis.keys("{t018f0000-0000-7000-8000-0000000000a1}:seal:*")
    name = names[0].decode()
    for value in (b"", b"no blob at all", b"v1" + b"x" * 100):
        await redis.set(name, value)
        assert (await made.find(ACME, ["call_1"])).kept == {}
    sealed = envelope(ACME).seal_entry(b"[1]", tenant_id=ACME, row=name)
    await redis.set(name, sealed)
    assert (await made.find(ACME, ["call_1"])).kept == {}


async def test_nothing_to_look_for_is_no_question() -> None:
    made = vault(url=NOBODY)
    assert (await made.find(ACME, [])).answered
    assert not await made.keep(ACME, {})
    await made.close()


async def test_a_vault_that_is_switched_off_asks_nobody() -> None:
    nobody = vault_redis(NOBODY)
    made = Vault(redis=nobody, box=envelope(), meter=Meter(), hmac_key=HMAC_KEY, ttl_s=0)
    with capture_logs() as logs:
        assert not await made.keep(ACME, {"call_1": KEPT})
        assert not (await made.find(ACME, ["call_1"])).answered
    assert logs == []
    await made.close()


async def test_without_a_data_key_nothing_is_kept() -> None:
    made = vault(box=Envelope(RING))
    with capture_logs() as logs:
        assert not await made.keep(ACME, {"call_1": KEPT})
        made.set_pin(ACME, "session", Pin("anthropic"))
    assert {line["event"] for line in logs} == {"vault_cannot_seal"}
    assert (await made.pin(ACME, "session")).pin is None
    await made.close()


async def test_redis_out_is_told_once_and_asked_again_after_a_rest(redis: Redis) -> None:
    now = 100.0
    made = Vault(
        redis=vault_redis(NOBODY),
        box=envelope(),
        meter=Meter(),
        hmac_key=HMAC_KEY,
        ttl_s=60,
        clock=lambda: now,
    )
    with capture_logs() as logs:
        for _ in range(3):
            assert not (await made.find(ACME, ["call_1"])).answered
            assert not await made.keep(ACME, {"call_1": KEPT})
            now += REST_S / 2
        await made.close()
        made._redis = redis  # noqa: SLF001 - it is back, at the address that is known
        now += REST_S
        assert await made.keep(ACME, {"call_1": KEPT})
        assert await made.keep(ACME, {"call_1": KEPT})
    assert [line["event"] for line in logs] == ["vault_out", "vault_back"]


async def test_a_redis_that_does_not_answer_costs_little_and_then_nothing() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = vault(url=f"redis://127.0.0.1:{port}/0", wait_s=WAIT_S)
    began_at = time.monotonic()
    assert not (await made.find(ACME, ["call_1"])).answered
    first_s = time.monotonic() - began_at
    for _ in range(20):
        assert not await made.keep(ACME, {"call_1": KEPT})
    rest_s = time.monotonic() - began_at - first_s
    await made.close()
    server.close()
    await server.wait_closed()

    assert WAIT_S / 2 < first_s < WAIT_S + 0.05 * FACTOR
    assert rest_s < 0.05 * FACTOR


async def test_a_pin_is_known_at_once_and_to_other_workers_soon(redis: Redis) -> None:
    one, other = vault(box=(box := envelope(ACME))), vault(box=box)
    pin = Pin("openai", "00ff")
    try:
        one.set_pin(ACME, "s", pin)
        assert await one.pin(ACME, "s") == PinFound(pin)
        while (await other.pin(ACME, "s")).pin is None:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)
        assert await other.pin(ACME, "s") == PinFound(pin)
        assert await other.pin(OTHER, "s") == PinFound()
        later = Pin("anthropic")
        for worker, said in ((other, later), (one, pin)):
            worker.set_pin(ACME, "s", said)
            while worker._writing:  # noqa: ASYNC110, SLF001 - nothing tells of it
                await asyncio.sleep(0)
        assert await other.pin(ACME, "s") == PinFound(pin)
    finally:
        await one.close()
        await other.close()


async def test_a_pin_that_could_not_be_written_is_written_later() -> None:
    made = vault(url=NOBODY)
    made.set_pin(ACME, "s", Pin("anthropic"))
    made.set_pin(ACME, "s", Pin("anthropic"))
    while made._writing:  # noqa: ASYNC110, SLF001 - of which nobody is told
        await asyncio.sleep(0)
    assert await made.pin(ACME, "s") == PinFound(answered=False)
    assert not made._pins  # noqa: SLF001 - else it would never be written
    await made.close()


async def test_of_many_sessions_the_last_are_remembered(
    monkeypatch: pytest.MonkeyPatch, redis: Redis
) -> None:
    monkeypatch.setattr("gateway.edge.memory.vault.SESSIONS_REMEMBERED", 2)
    made = vault(box=envelope(ACME))
    for number in range(4):
        made.set_pin(ACME, f"s{number}", Pin("anthropic"))
    assert len(made._pins) == 2  # noqa: SLF001 - how much memory it takes
    await made.close()
