"""The channel `requests`, from the shipper's follower to the frame that tells it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from redis import Redis

from billing.request_facts import shown_id
from gateway.console.live import requests
from gateway.edge.runtime import Runtime
from gateway.telemetry.live_rows import LiveRows
from tests.accounts.world import Town, make_town
from tests.billing.exchanges import make_record
from tests.factories.frames import end_frame, shipped, start_frame
from tests.faults.bounds import FACTOR
from tests.gateway.console.live_requests import ask, of, statuses, subscribed, tell
from tests.gateway.console.sockets import (
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
