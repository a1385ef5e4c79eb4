"""A worker follows every change, and goes on when PostgreSQL or Redis do not."""

import asyncio
import os
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import time_machine
from asgiref.sync import sync_to_async
from redis.asyncio import Redis
from structlog.testing import capture_logs

from accounts.actors import CLI
from accounts.models import ApiKey, Tenant
from accounts.services.keys import change_many, disable_key, enable_key, rotate_key, update_key
from accounts.services.tenants import resume_tenant, suspend_tenant
from accounts.tenancy import platform_scope
from gateway.edge.readiness import snapshot_check
from gateway.edge.runtime import redis_client
from gateway.snapshot import source, subscribe
from gateway.snapshot.acks import SEEN, VERSIONS
from gateway.snapshot.disk import new_header, write_copy
from gateway.snapshot.subscribe import SnapshotConfig, SnapshotFacts, SnapshotHolder
from tests.gateway.snapshot.changes import issue, revoke, until, until_answered, with_access
from tests.gateway.snapshot.compiled import RING, data_key_row, facts, key_row
from tests.gateway.snapshot.conftest import Start
from tests.gateway.snapshot.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

NOWHERE = "postgresql://x:y@127.0.0.1:1/z"

changed_by = sync_to_async


def status(holder: SnapshotHolder, key: ApiKey) -> str | None:
    found = holder.current.key(key.public_id)
    return None if found is None else found.status


# --- following ------------------------------------------------------------------------------------


async def test_a_change_is_there_within_a_second(start: Start) -> None:
    holder = await start()
    before = holder.current
    assert (holder.problem(), holder.is_stale()) == ("", False)
    assert [tenant.slug for tenant in before.tenants.values()] == ["default"]
    key = await changed_by(issue)()
    assert await until(lambda: status(holder, key) == "active") < 1
    await changed_by(revoke)(key)
    assert await until(lambda: status(holder, key) == "revoked") < 1
    assert before.key(key.public_id) is None


async def test_a_message_makes_a_worker_look_at_once(
    start: Start, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribe, "POLL_S", 60)
    holder = await start()

    async def subscribed() -> bool:
        return bool((await redis.pubsub_numsub("sy:config"))[0][1])

    await until_answered(subscribed)
    key = await changed_by(issue)()
    await until(lambda: status(holder, key) == "active", within_s=5)


async def test_loading_leaves_the_loop_to_others(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribe, "SLICE_S", 0)
    made: list[ApiKey] = await changed_by(with_access)(lambda _: [issue() for _ in range(20)])
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    turning = asyncio.create_task(turn())
    holder = await start()
    turning.cancel()
    assert all(status(holder, key) == "active" for key in made)
    assert holder.workers() >= 1
    assert turns > len(made)


async def test_without_redis_a_change_is_there_within_two_seconds(start: Start) -> None:
    nobody = redis_client("redis://127.0.0.1:1/0")
    holder = await start(with_redis=nobody)
    key = await changed_by(issue)()
    assert await until(lambda: status(holder, key) == "active") < 2
    await changed_by(revoke)(key)
    assert await until(lambda: status(holder, key) == "revoked") < 2
    await nobody.aclose()


async def test_the_subscription_comes_back(start: Start, redis: Redis) -> None:
    holder = await start()
    await until(lambda: bool(holder.current.version))
    await redis.client_kill_filter(_type="pubsub")
    key = await changed_by(issue)()
    assert await until(lambda: status(holder, key) == "active") < 2

    async def subscribed() -> bool:
        return bool((await redis.pubsub_numsub("sy:config"))[0][1])

    await until_answered(subscribed)
    await changed_by(revoke)(key)
    assert await until(lambda: status(holder, key) == "revoked") < 1


async def test_a_quiet_subscription_is_asked_whether_it_lives(
    start: Start, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pings() -> int:
        found = (await redis.info("commandstats")).get("cmdstat_ping", {})
        return int(found.get("calls", 0))

    async def asked_again() -> bool:
        return await pings() >= before + 3

    before = await pings()
    monkeypatch.setattr(subscribe, "SILENCE_S", 0.05)
    holder = await start()
    await until_answered(asked_again)
    key = await changed_by(issue)()
    assert await until(lambda: status(holder, key) == "active") < 1


async def test_more_than_a_page_is_followed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PAGE_ROWS", 3)
    holder = await start()
    made: list[ApiKey] = await changed_by(with_access)(lambda _: [issue() for _ in range(8)])
    await until(lambda: all(status(holder, key) == "active" for key in made))
    late = await start()
    assert facts(late.current) == facts(holder.current)


def change_something(dice: random.Random, made: list[ApiKey]) -> None:
    def act(access: Any) -> None:
        key_id = f"key_{dice.choice(made).public_id}"
        chosen: dict[str, Any] = {"actor": CLI, "access": access, "key_id": key_id}
        acts: list[Callable[[], Any]] = [
            lambda: update_key(**chosen, changes={"name": f"n{dice.random()}"}),
            lambda: disable_key(**chosen),
            lambda: enable_key(**chosen),
            lambda: rotate_key(**chosen, overlap_s=0),
            lambda: change_many(
                actor=CLI, access=access, action="tag", key_ids=[key_id], tags=["t"]
            ),
        ]
        dice.choice(acts)()

    roll = dice.random()
    if roll < 0.3 or not made:
        made.append(issue())
    elif roll < 0.9:
        with_access(act)
    else:
        with platform_scope("test"):
            tenant_id = Tenant.objects.get(slug="default").pk
        suspend_tenant(actor=CLI, tenant_id=tenant_id)
        resume_tenant(actor=CLI, tenant_id=tenant_id)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_the_console_does_following_ends_where_a_full_load_does(
    start: Start, seed: int
) -> None:
    holder, dice = await start(), random.Random(seed)  # noqa: S311 - has to be the same each time
    made: list[ApiKey] = []
    for _ in range(25):
        await changed_by(change_something)(dice, made)
    late = await start()
    await until(lambda: holder.current.version == late.current.version)
    assert facts(holder.current) == facts(late.current)
    assert len(facts(late.current)[1]) > 0


async def test_a_database_restored_from_a_backup_is_loaded_anew(start: Start) -> None:
    holder = await start()
    key = await changed_by(issue)()
    await until(lambda: status(holder, key) == "active")
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("SELECT set_config('app.platform', 'on', true)")
        connection.execute("DELETE FROM compiled_specs WHERE kind <> 'tenant'")
        connection.execute("UPDATE config_versions SET version = 1")
        connection.execute("UPDATE compiled_specs SET version = 1")
    with capture_logs() as logs:
        await until(lambda: status(holder, key) is None)
    assert "configuration_went_back" in {line["event"] for line in logs}
    assert holder.current.version == 1
    assert len(holder.current.tenants) == 1


# --- PostgreSQL out -------------------------------------------------------------------------------


async def test_without_postgresql_a_worker_goes_on_and_knows_that_it_is_stale(
    start: Start,
    config: SnapshotConfig,
    wire: Wire,
    told: list[SnapshotFacts],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscribe, "STALE_S", 1.5)
    holder = await start(replace(config, database_url=wire.url))
    key = await changed_by(issue)()
    await until(lambda: status(holder, key) == "active")
    with capture_logs() as logs:
        await wire.cut()
        await until(holder.is_stale)
        assert holder.problem() == ""
        assert status(holder, key) == "active"
        await until(lambda: told[-1].age_s > 1.5)
        await changed_by(revoke)(key)
        await wire.join()
        await until(lambda: status(holder, key) == "revoked")
    assert not holder.is_stale()
    events = [line["event"] for line in logs]
    assert events.count("configuration_readable_again") == 1
    assert 1 <= events.count("configuration_unreadable") <= 2


async def test_a_postgresql_that_does_not_answer_is_left_alone_after_a_while(
    start: Start, config: SnapshotConfig, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "ANSWER_S", 0.2)
    monkeypatch.setattr(subscribe, "STALE_S", 1.5)
    holder = await start(replace(config, database_url=wire.url))
    wire.freeze()
    await until(holder.is_stale)
    key = await changed_by(issue)()
    wire.thaw()
    await until(lambda: status(holder, key) == "active")


async def test_a_database_that_is_not_migrated_is_no_configuration(
    start: Start, config: SnapshotConfig
) -> None:
    empty = os.environ["DATABASE_OWNER_URL"].rpartition("/")[0] + "/switchyard"
    holder = await start(replace(config, database_url=empty))
    assert "config_versions" in holder.problem()
    assert "there is no copy on disk" in holder.problem()
    assert holder.is_stale()


# --- a start from disk ----------------------------------------------------------------------------


async def copied(holder: SnapshotHolder, config: SnapshotConfig) -> None:
    """Until the copy holds what the holder does."""
    path = config.folder / f"{config.node_id}.bin"
    version = holder.current.version

    def is_there() -> bool:
        return path.is_file() and path.stat().st_size > 0 and holder.current.version == version

    await until(is_there)


async def test_a_start_without_postgresql_takes_the_copy_and_follows_from_there(
    start: Start, config: SnapshotConfig, wire: Wire
) -> None:
    key = await changed_by(issue)()
    first = await start()
    await copied(first, config)
    await wire.cut()
    second = await start(replace(config, database_url=wire.url))
    assert (second.problem(), second.is_stale()) == ("", True)
    assert second.current.version == first.current.version
    assert facts(second.current) == facts(first.current)
    await changed_by(revoke)(key)
    await wire.join()
    await until(lambda: status(second, key) == "revoked")
    assert not second.is_stale()


@pytest.mark.parametrize(
    ("saved_at", "cut_at", "why"),
    [(0.0, None, "older than SNAPSHOT_MAX_AGE_S"), (1e12, -1, "was changed")],
    ids=["expired", "tampered"],
)
async def test_a_start_with_nothing_to_trust_is_not_ready_and_says_why(
    start: Start,
    config: SnapshotConfig,
    saved_at: float,
    cut_at: int | None,
    why: str,
) -> None:
    path = config.folder / "node.bin"
    header = new_header(version=5, saved_at=saved_at, kek_id=RING.current.id)
    pages = [[key_row("aa0000000001", 5), data_key_row(0, 6)]]
    write_copy(path, header=header, pages=pages, kek=RING.current.key.reveal())
    path.write_bytes(path.read_bytes()[:cut_at])
    holder = await start(replace(config, database_url=NOWHERE))
    assert why in holder.problem()
    assert "PostgreSQL cannot be read" in holder.problem()
    assert holder.current.key("aa0000000001") is None


async def test_a_copy_under_a_key_before_is_read_and_one_under_an_unknown_key_refused(
    start: Start, config: SnapshotConfig
) -> None:
    header = new_header(version=5, saved_at=1e12, kek_id=RING.current.id)
    pages = [[key_row("aa0000000001", 5)]]
    write_copy(
        config.folder / "node.bin", header=header, pages=pages, kek=RING.current.key.reveal()
    )
    without = replace(config, database_url=NOWHERE)
    new_key = "YW5vdGhlci1vbmUtdGhhdC1vcGVucy1ub3RoaW5nMTI="
    refused = await start(replace(without, key_encryption_key=new_key))
    assert RING.current.id in refused.problem()
    both = f"{new_key},{config.key_encryption_key}"
    taken = await start(replace(without, key_encryption_key=both))
    assert taken.problem() == ""
    assert taken.current.key("aa0000000001") is not None


# --- time, acknowledgements -----------------------------------------------------------------------


async def test_time_is_postgresql_s(start: Start) -> None:
    holder = await start()
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    assert row is not None
    assert holder.now() == pytest.approx(row[0], abs=1)
    assert abs(holder.clock.skew_s()) < 1


async def test_a_worker_acknowledges_and_signs_off(
    start: Start, redis: Redis, told: list[SnapshotFacts]
) -> None:
    holder = await start()

    async def acknowledged() -> bool:
        return bool(await redis.hvals(VERSIONS) == [str(holder.current.version)])

    key = await changed_by(issue)()
    await until(lambda: status(holder, key) == "active")
    await until_answered(acknowledged)
    assert len(await redis.zrange(SEEN, 0, -1)) == 1
    await until(lambda: bool(told) and told[-1].version == holder.current.version)
    assert told[-1].age_s < 5
    assert told[-1].bad_rows == 0
    await holder.stop()
    assert await redis.hvals(VERSIONS) == []
    assert await redis.zrange(SEEN, 0, -1) == []


async def test_a_worker_with_nothing_to_serve_by_keeps_nobody_waiting(
    start: Start, config: SnapshotConfig, redis: Redis
) -> None:
    holder = await start(replace(config, database_url=NOWHERE))
    await asyncio.sleep(0.1)
    assert holder.problem()
    assert await redis.hvals(VERSIONS) == []


async def test_stopping_ends_at_whatever_moment_it_comes(
    start: Start, config: SnapshotConfig
) -> None:
    for moment in range(20):
        holder = await start(replace(config, database_url=NOWHERE) if moment % 2 else config)
        await asyncio.sleep(moment / 1000)
        async with asyncio.timeout(5):
            await holder.stop()


# --- readiness ------------------------------------------------------------------------------------


async def test_a_worker_is_ready_with_a_configuration_and_a_clock_to_believe(
    start: Start, config: SnapshotConfig
) -> None:
    holder = await start()
    assert await snapshot_check(holder)() == {"snapshot": "ok", "clock": "ok"}
    host = holder.now()
    for moved_s, said in ((6, "6 s ahead of PostgreSQL's"), (-9, "9 s behind PostgreSQL's")):
        with time_machine.travel(host + moved_s):
            assert (await snapshot_check(holder)())["clock"] == said
    without = await start(replace(config, database_url=NOWHERE))
    report = await snapshot_check(without)()
    assert report["snapshot"] == without.problem()
    assert report["clock"] == "ok"
