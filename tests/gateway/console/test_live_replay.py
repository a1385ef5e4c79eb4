"""The channel `requests` after connections, Redis or PostgreSQL were out."""

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.db import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from accounts.models import User
from accounts.selectors.access import access_of_user
from billing.request_facts import shown_id
from gateway.console.live import subscriptions, tails
from gateway.edge.runtime import Runtime
from gateway.telemetry.live_rows import LiveRows, live_key
from tests.accounts.world import Town, make_town
from tests.factories.frames import end_frame, shipped
from tests.gateway.console.live_requests import of, statuses, subscribed, tell
from tests.gateway.console.sockets import close_code, opened_by, said, silent, until_no_feed_runs

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def town(committed_db: None) -> Town:
    return make_town()


@pytest.fixture(autouse=True)
async def _no_feed_stays(committed_db: None, runtime: Runtime) -> AsyncIterator[None]:
    yield
    await until_no_feed_runs()


@pytest.fixture
def shipper(committed_db: None) -> Iterator[LiveRows]:
    with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        yield LiveRows(redis)


async def test_what_came_while_away_is_replayed_once(
    runtime: Runtime, town: Town, shipper: LiveRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "AT_ONCE", 2)
    opened, _ = await subscribed(runtime, town)
    before = end_frame(**of(town))
    await tell(shipper, shipped(before))
    cursor = (await said(opened))["cursor"]
    await opened.disconnect()
    away = [end_frame(**of(town)) for _ in range(5)]
    await tell(shipper, shipped(*away))
    again, _ = await subscribed(runtime, town, cursor=cursor)
    later = end_frame(**of(town))
    await tell(shipper, shipped(later))
    wanted = {shown_id(end.request_id) for end in (*away, later)}
    assert set(await statuses(again, 6)) == wanted
    assert await silent(again)
    await again.disconnect()


async def test_nothing_is_replayed_to_who_comes_anew(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    await tell(shipper, shipped(end_frame(**of(town))))
    opened, cursor = await subscribed(runtime, town)
    assert cursor != "0-0"
    assert await silent(opened)
    await opened.disconnect()


async def test_a_place_before_everything_is_replayed_from_the_start(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    opened, cursor = await subscribed(runtime, town)
    await opened.disconnect()
    assert cursor == "0-0"
    end = end_frame(**of(town))
    await tell(shipper, shipped(end))
    again, _ = await subscribed(runtime, town, cursor=cursor)
    assert await statuses(again, 1) == {shown_id(end.request_id): "ok"}
    await again.disconnect()


@pytest.mark.parametrize("cursor", ["1-0", "nonsense", "1-", "-", "٣-0", "0-0"])
async def test_a_place_that_is_gone_is_a_gap_after_which_it_goes_on(
    runtime: Runtime,
    town: Town,
    shipper: LiveRows,
    cursor: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tails, "MAX_ROWS", 1)
    await tell(shipper, shipped(end_frame(**of(town))))
    opened, _ = await subscribed(runtime, town, cursor=cursor)
    assert await said(opened) == {"op": "gap", "id": 1}
    end = end_frame(**of(town))
    await tell(shipper, shipped(end))
    assert await statuses(opened, 1) == {shown_id(end.request_id): "ok"}
    await opened.disconnect()


async def test_a_row_that_cannot_be_read_is_passed_over(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    opened, _ = await subscribed(runtime, town)
    key = live_key(str(town.tenant.pk))
    await runtime.state.xadd(key, {"row": "{"})
    await runtime.state.xadd(key, {"other": "x"})
    end = end_frame(**of(town))
    await tell(shipper, shipped(end))
    assert await statuses(opened, 1) == {shown_id(end.request_id): "ok"}
    await opened.disconnect()


async def test_a_redis_that_was_out_leaves_a_gap_and_is_read_again(
    runtime: Runtime, town: Town, shipper: LiveRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "RETRY_S", 0.01)
    opened, _ = await subscribed(runtime, town)
    failures = [RedisError("out")]
    xread = runtime.state.xread

    async def out_once(*told: Any, **more: Any) -> Any:
        if failures:
            raise failures.pop()
        return await xread(*told, **more)

    monkeypatch.setattr(runtime.state, "xread", out_once)
    assert await said(opened) == {"op": "gap", "id": 1}
    end = end_frame(**of(town))
    await tell(shipper, shipped(end))
    assert await statuses(opened, 1) == {shown_id(end.request_id): "ok"}
    await opened.disconnect()


async def test_a_redis_that_is_out_asks_to_come_back_later(
    runtime: Runtime, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tails, "PATIENCE_S", 0.05)

    async def out(*_: Any, **__: Any) -> Any:
        raise RedisError("out")

    monkeypatch.setattr(runtime.state, "xrevrange", out)
    opened = await opened_by(runtime, town.people["owner"])
    await opened.send_json_to({"op": "sub", "id": 1, "tenant": town.tenant.slug, "ch": "requests"})
    assert await close_code(opened) == 1013
    await opened.disconnect()


async def test_rows_wait_for_a_database_that_was_out(
    runtime: Runtime, town: Town, shipper: LiveRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, _ = await subscribed(runtime, town)
    failures = [OperationalError("out")] * 2

    def out_twice(*, user: User, tenant_choice: str) -> Any:
        if failures:
            raise failures.pop()
        return access_of_user(user=user, tenant_choice=tenant_choice)

    monkeypatch.setattr(subscriptions, "access_of_user", out_twice)
    monkeypatch.setattr(subscriptions, "RETRY_S", 0.05)
    ends = [end_frame(**of(town)) for _ in range(2)]
    for end in ends:
        await tell(shipper, shipped(end))
    assert set(await statuses(opened, 2)) == {shown_id(end.request_id) for end in ends}
    assert not failures
    await opened.disconnect()
