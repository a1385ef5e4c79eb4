"""The channel `requests`, from the shipper's follower to the frame that tells it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.db import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from accounts.models import User
from accounts.selectors.access import access_of_user
from billing.request_facts import shown_id
from gateway.console.live import requests, subscriptions, tails
from gateway.edge.runtime import Runtime
from gateway.spool.shipment import Shipment
from gateway.telemetry.live_rows import LiveRows, live_key
from tests.accounts.world import Town, make_town
from tests.billing.exchanges import make_record
from tests.factories.frames import end_frame, shipped, start_frame
from tests.faults.bounds import FACTOR
from tests.gateway.console.sockets import (
    close_code,
    in_database,
    opened_by,
    said,
    silent,
    until_no_feed_runs,
)

pytestmark = pytest.mark.usefixtures("committed_db")
VISIBLE_S = 1.0 * FACTOR


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


def of(town: Town, **fields: Any) -> dict[str, Any]:
    """Fields of a frame of the developer's key."""
    return {
        "tenant_id": str(town.tenant.pk),
        "user_id": str(town.people["developer"].pk),
        "team_id": str(town.team.pk),
        "key_id": f"key_{town.key.public_id}",
        **fields,
    }


async def tell(shipper: LiveRows, *shipments: Shipment) -> None:
    for shipment in shipments:
        await asyncio.to_thread(shipper.follow, shipment)


async def ask(opened: WebsocketCommunicator, town: Town, **more: Any) -> dict[str, Any]:
    """The answer."""
    wish = {"op": "sub", "id": 1, "tenant": town.tenant.slug, "ch": "requests", **more}
    await opened.send_json_to(wish)
    return await said(opened)


async def subscribed(
    runtime: Runtime, town: Town, role: str = "owner", **more: Any
) -> tuple[WebsocketCommunicator, str]:
    """With the cursor of the answer."""
    opened = await opened_by(runtime, town.people[role])
    answer = await ask(opened, town, **more)
    assert (answer["op"], answer["id"]) == ("ok", 1)
    return opened, answer["cursor"]


async def statuses(opened: WebsocketCommunicator, count: int) -> dict[str, str]:
    """By id, of the next frames, until so many requests were told."""
    found: dict[str, str] = {}
    while len(found) < count:
        found |= {row["id"]: row["status"] for row in (await said(opened))["rows"]}
    return found


async def test_a_request_is_seen_when_it_starts_and_when_it_ends(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    opened, _ = await subscribed(runtime, town)
    start = start_frame(**of(town, stream=True))
    began = time.monotonic()
    await tell(shipper, shipped(starts=(start,)))
    first = await said(opened)
    assert time.monotonic() - began <= VISIBLE_S
    assert (first["op"], first["seq"], first["dropped"]) == ("ev", 1, 0)
    (running,) = first["rows"]
    assert running["id"] == shown_id(start.request_id)
    assert (running["status"], running["cost"], running["latency_ms"]) == ("running", None, None)
    await tell(shipper, shipped(end_frame(**of(town, request_id=start.request_id))))
    second = await said(opened)
    (ended,) = second["rows"]
    assert (second["seq"], ended["status"], ended["cost"]) == (2, "ok", "0.000123000")
    assert ended["tokens"] == {"in": 150, "out": 320, "cached": 50}
    assert ended["key"]["name"] == town.key.name
    assert ended["user"]["id"] == str(town.people["developer"].pk)
    assert second["cursor"] > first["cursor"]
    await opened.disconnect()


async def test_a_row_is_as_the_list_shows_it(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    record = await in_database(lambda: make_record(town, session_hash="s-1"))
    (listed,) = (await in_database(lambda: town.api("owner").get("requests").json()))["data"]
    opened, _ = await subscribed(runtime, town)
    end = end_frame(
        **of(
            town,
            request_id=str(record.request_id),
            started_us=int(record.started_at.timestamp() * 1_000_000),
            provider=town.provider.slug,
            session_hash="s-1",
        )
    )
    await tell(shipper, shipped(end))
    (row,) = (await said(opened))["rows"]
    assert row == {**listed, "time": row["time"]}
    await opened.disconnect()


async def test_filters_are_those_of_the_list(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    wanted = {"status": ["error", "limited"], "not.requested_model": "slow"}
    opened, _ = await subscribed(runtime, town, filter=wanted)
    ends = [
        end_frame(**of(town)),
        end_frame(**of(town, status="limited")),
        end_frame(**of(town, status="interrupted", requested_model="slow")),
        end_frame(**of(town, status="upstream_error")),
    ]
    await tell(shipper, shipped(*ends))
    assert set(await statuses(opened, 2)) == {shown_id(ends[n].request_id) for n in (1, 3)}
    assert await silent(opened)
    await opened.disconnect()


async def test_who_was_told_that_a_request_runs_is_told_its_end(
    runtime: Runtime, town: Town, shipper: LiveRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_RUNNING", 1)
    opened, _ = await subscribed(runtime, town, filter={"status": "running"})
    starts = [start_frame(**of(town)) for _ in range(2)]
    await tell(shipper, shipped(starts=tuple(starts)))
    assert set((await statuses(opened, 2)).values()) == {"running"}
    ends = [end_frame(**of(town, request_id=start.request_id)) for start in starts]
    await tell(shipper, shipped(*ends))
    assert await statuses(opened, 1) == {shown_id(starts[1].request_id): "ok"}
    await tell(shipper, shipped(end_frame(**of(town))))
    assert await silent(opened)
    await opened.disconnect()


@pytest.mark.parametrize(
    "wrong",
    [{"filter": {"colour": "red"}}, {"filter": {"status": "fine"}}, {"filter": {"range": "1h"}}],
)
async def test_what_is_no_filter_is_refused(runtime: Runtime, town: Town, wrong: Any) -> None:
    opened = await opened_by(runtime, town.people["owner"])
    answer = await ask(opened, town, **wrong)
    assert (answer["op"], answer["code"]) == ("err", "validation")
    await opened.disconnect()


async def test_each_role_hears_what_is_its_to_see(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    other = await in_database(make_town)
    sockets = {role: (await subscribed(runtime, town, role))[0] for role in ("developer", "lead")}
    mine = end_frame(**of(town, team_id=None))
    teams = end_frame(**of(town, user_id=None))
    nobodys = end_frame(**of(town, user_id=None, team_id=None))
    foreign = end_frame(**of(other))
    await tell(shipper, shipped(mine, teams, nobodys, foreign))
    assert set(await statuses(sockets["developer"], 1)) == {shown_id(mine.request_id)}
    assert set(await statuses(sockets["lead"], 1)) == {shown_id(teams.request_id)}
    for opened in sockets.values():
        assert await silent(opened)
        await opened.disconnect()


async def test_who_may_not_read_requests_is_told_why(runtime: Runtime, town: Town) -> None:
    opened = await opened_by(runtime, town.people["billing_viewer"])
    assert (await ask(opened, town))["code"] == "permission_denied"
    await opened.disconnect()


async def test_losing_the_right_ends_the_subscription_at_once(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    opened, _ = await subscribed(runtime, town, "admin")
    member = town.members["admin"]
    api = await in_database(lambda: town.api("owner"))
    began = time.monotonic()
    await in_database(lambda: api.patch(f"members/{member.pk}", {"role": "billing_viewer"}))
    answer = await said(opened)
    assert time.monotonic() - began <= VISIBLE_S
    assert (answer["op"], answer["code"]) == ("err", "permission_denied")
    await tell(shipper, shipped(end_frame(**of(town))))
    assert await silent(opened)
    await opened.disconnect()


async def test_narrower_rights_hold_for_the_next_frame(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    opened, _ = await subscribed(runtime, town, "admin")
    member = town.members["admin"]
    api = await in_database(lambda: town.api("owner"))
    await in_database(lambda: api.patch(f"members/{member.pk}", {"role": "developer"}))
    await tell(shipper, shipped(end_frame(**of(town))))
    assert await silent(opened)
    await opened.disconnect()


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


async def test_however_much_happens_the_latest_200_rows_are_told(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    opened, _ = await subscribed(runtime, town)
    ends = [end_frame(**of(town)) for _ in range(700)]
    began = time.monotonic()
    await tell(shipper, shipped(*ends))
    frames, dropped = 0, 0
    told: set[str] = set()
    while len(told) + dropped < len(ends):
        frame = await said(opened)
        frames += 1
        assert frame["seq"] == frames
        assert len(frame["rows"]) <= 200
        told |= {row["id"] for row in frame["rows"]}
        dropped += frame["dropped"]
    assert len(told) + dropped == len(ends)
    assert frames <= (time.monotonic() - began) * 4 + 1
    assert shown_id(ends[-1].request_id) in told
    await opened.disconnect()


async def test_running_never_comes_after_the_end(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    opened, _ = await subscribed(runtime, town)
    start = start_frame(**of(town))
    end = end_frame(**of(town, request_id=start.request_id))
    await tell(shipper, shipped(end), shipped(starts=(start,)))
    assert (await said(opened))["rows"][0]["status"] == "ok"
    await opened.disconnect()


async def test_many_who_look_share_one_reader(
    runtime: Runtime, town: Town, shipper: LiveRows
) -> None:
    sockets = [(await subscribed(runtime, town))[0] for _ in range(3)]
    assert sum(task.get_name() == "live-feed" for task in asyncio.all_tasks()) == 1
    end = end_frame(**of(town))
    await tell(shipper, shipped(end))
    for opened in sockets:
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
