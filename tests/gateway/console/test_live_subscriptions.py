"""What bounds a subscription, whatever its channel, and what it does when services are out."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import OperationalError
from redis.exceptions import RedisError

from accounts.selectors.access import access_of_user
from gateway.console.live import health, subscriptions
from gateway.console.live.channels import HEALTH
from gateway.console.live.feeds import Feed
from gateway.console.live.reading import Reading
from gateway.console.live.shown import Shown, ShownSubscription
from gateway.console.live.subscriptions import MAX_SUBSCRIPTIONS
from gateway.edge.runtime import Runtime
from gateway.edge.worker.herald import CHANNEL
from tests.accounts.world import Town, make_town
from tests.gateway.console.sockets import (
    SOON_S,
    ask,
    close_code,
    in_database,
    opened_by,
    row_of,
    said,
    silent,
    subscribed,
    touch,
    until_no_feed_runs,
)

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def town(committed_db: None) -> Town:
    return make_town()


@pytest.fixture(autouse=True)
async def _no_feed_stays(committed_db: None, runtime: Runtime) -> AsyncIterator[None]:
    yield
    await until_no_feed_runs()


async def test_an_ended_subscription_is_silent_and_leaves_the_others(
    runtime: Runtime, town: Town
) -> None:
    opened, _ = await subscribed(runtime, town.people["admin"], town.tenant)
    await ask(opened, town.tenant, number=2)
    assert await said(opened) == {"op": "ok", "id": 2}
    assert (await said(opened))["id"] == 2
    await opened.send_json_to({"op": "unsub", "id": 1})
    await in_database(lambda: touch(town.provider))
    frame = await said(opened)
    assert (frame["id"], frame["seq"]) == (2, 2)
    assert await silent(opened)
    await opened.send_json_to({"op": "unsub", "id": 2})
    await in_database(lambda: touch(town.provider))
    assert await silent(opened)
    await opened.disconnect()


async def test_a_socket_has_sixteen_subscriptions_each_with_its_id(
    runtime: Runtime, town: Town
) -> None:
    opened, _ = await subscribed(runtime, town.people["admin"], town.tenant)
    for number in range(2, MAX_SUBSCRIPTIONS + 1):
        await ask(opened, town.tenant, number=number)
        answers = [await said(opened), await said(opened)]
        assert {one["op"] for one in answers} == {"ok", "ev"}
    for number, code in ((1, "bad_frame"), (MAX_SUBSCRIPTIONS + 1, "too_many_subscriptions")):
        await ask(opened, town.tenant, number=number)
        assert (await said(opened))["code"] == code
    await opened.disconnect()


async def test_however_much_changes_four_frames_a_second_are_said(
    runtime: Runtime, town: Town
) -> None:
    opened, _ = await subscribed(runtime, town.people["admin"], town.tenant)

    enough = asyncio.Event()

    async def change_all_the_time() -> None:
        while not enough.is_set():
            await in_database(lambda: touch(town.provider))

    busy = asyncio.create_task(change_all_the_time())
    began, seqs = time.monotonic(), []
    while time.monotonic() - began < 2.0:
        seqs.append((await said(opened))["seq"])
    took = time.monotonic() - began
    enough.set()
    await busy
    assert seqs == list(range(2, len(seqs) + 2))
    assert len(seqs) <= took * 4 + 1
    await opened.disconnect()


def test_a_frame_holds_two_hundred_rows_and_counts_the_rest() -> None:
    shown = Shown(
        needs=(),
        groups=lambda _access: (),
        read=lambda _access: Reading(rows={}),
        gone=health.gone,
        feed=Feed(health.copy_what_is_told),
    )
    made = ShownSubscription(id=1, shown=shown, tenant="", groups=frozenset())
    rows = {str(number): {"provider": str(number), "status": {}} for number in range(250)}
    (frame,) = made.frames(Reading(rows=rows))
    assert (len(frame["rows"]), frame["dropped"], frame["seq"]) == (200, 50, 1)
    assert made.frames(Reading(rows=rows)) == []
    made.changed(["7"])
    (again,) = made.frames(Reading(rows=rows))
    assert (again["rows"], again["dropped"], again["seq"]) == ([rows["7"]], 0, 2)


async def test_a_database_that_was_out_is_asked_again(
    runtime: Runtime, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, _ = await subscribed(runtime, town.people["admin"], town.tenant)
    failures = [OperationalError("out")]

    def out_once(**told: Any) -> Any:
        if failures:
            raise failures.pop()
        return access_of_user(**told)

    monkeypatch.setattr(subscriptions, "access_of_user", out_once)
    monkeypatch.setattr(subscriptions, "RETRY_S", 0.05)
    await in_database(lambda: touch(town.provider))
    await row_of(opened, town.provider)
    assert not failures
    await opened.disconnect()


async def test_a_channel_layer_that_is_out_asks_to_come_back_later(
    runtime: Runtime, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def out(_group: str, _channel: str) -> None:
        raise RedisError

    opened = await opened_by(runtime, town.people["admin"])
    monkeypatch.setattr(get_channel_layer(), "group_add", out, raising=False)
    await ask(opened, town.tenant)
    assert await close_code(opened) == 1013
    await opened.disconnect()


async def test_what_workers_tell_is_copied_again_after_redis_was_out(
    runtime: Runtime, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied, failures = asyncio.Event(), [RedisError("out")]

    async def out_once() -> None:
        if failures:
            raise failures.pop()
        copied.set()

    monkeypatch.setattr(health, "_copy", out_once)
    monkeypatch.setattr(health, "RETRY_S", 0.01)
    monkeypatch.setattr(health, "SILENCE_S", 0.05)
    feed = HEALTH.feed
    feed.join(runtime.state)
    async with asyncio.timeout(SOON_S):
        await copied.wait()
        copied.clear()
        await asyncio.sleep(0.1)  # silence, in which the subscription is asked
        await runtime.state.publish(CHANNEL, "{}")
        await copied.wait()
    feed.leave()
