"""CO-25: the stream that the live view is fed from."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisGone

from billing.request_facts import DECODER, Facts
from gateway.spool.shipment import Landed, Shipment
from gateway.telemetry.live_rows import KEPT_S, LiveRows, live_key
from tests.factories.frames import STARTED_US, TENANT_ID, end_frame, shipped, start_frame


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
        yield client
        client.flushdb()


def told(redis: Redis, tenant_id: str = TENANT_ID) -> list[Facts]:
    entries: Any = redis.xrange(live_key(tenant_id))
    return [DECODER.decode(entry[b"row"]) for _, entry in entries]


def test_a_request_is_told_when_it_starts_and_when_it_ends(redis: Redis) -> None:
    rows = LiveRows.of_url(os.environ["REDIS_URL"])
    start = start_frame(
        user_id="u-1", stream=True, target_dialect="openai.chat", operation="images"
    )
    end = end_frame(request_id=start.request_id, user_id="u-1", attempts=2)
    rows.follow(shipped(starts=(start,)))
    rows.follow(shipped(end))
    rows.close()
    running, ended = told(redis)
    assert (running.request_id, running.status, running.cost) == (start.request_id, "running", None)
    assert (running.user_id, running.stream, running.served_model) == ("u-1", True, "mock-1")
    assert (running.target_dialect, running.operation) == ("openai.chat", "images")
    assert ended == Facts(
        request_id=end.request_id,
        started_us=STARTED_US,
        status="ok",
        http_status=200,
        requested_model="fast",
        served_model="mock-1",
        provider="mock",
        credential="primary",
        key_id="key_0123456789ab",
        user_id="u-1",
        dialect="openai_chat",
        operation="chat",
        lane="native",
        tokens_in=150,
        tokens_out=320,
        tokens_cached=50,
        ttft_ms=200,
        latency_ms=1_250,
        overhead_us=310,
        output_ms=1_000,
        charge_nano=123_000,
        attempts=2,
    )
    assert (ended.cost, ended.tok_s, ended.fallback, ended.tokens) == (
        "0.000123000",
        320.0,
        True,
        470,
    )


def test_each_tenant_has_a_stream_that_goes_with_a_day_of_silence(redis: Redis) -> None:
    rows = LiveRows(redis)
    rows.follow(shipped(end_frame(), end_frame(tenant_id="other")))
    assert [len(told(redis, tenant)) for tenant in (TENANT_ID, "other")] == [1, 1]
    left_s: Any = redis.ttl(live_key("other"))
    assert KEPT_S - 60 < left_s <= KEPT_S


def test_what_has_a_price_of_vendor_or_tenant_is_told_as_priced(redis: Redis) -> None:
    LiveRows(redis).follow(
        shipped(
            end_frame(cost_nano=None, charge_nano=0),
            end_frame(cost_nano=None, charge_nano=7, charge_price_id="p-1"),
        )
    )
    assert [(row.priced, row.cost) for row in told(redis)] == [
        (False, None),
        (True, "0.000000007"),
    ]


def test_what_ended_already_is_not_told_as_running(redis: Redis) -> None:
    start = start_frame()
    end = end_frame(request_id=start.request_id)
    failed = end_frame(final=False)
    corrected = Landed(end=end_frame(), kind="correction", new=True)
    both = shipped(failed, end, starts=(start,))
    LiveRows(redis).follow(Shipment(starts=both.starts, landed=(*both.landed, corrected)))
    assert [row.status for row in told(redis)] == ["ok"]


def test_an_empty_shipment_leaves_no_trace(redis: Redis) -> None:
    LiveRows(redis).follow(Shipment())
    assert redis.dbsize() == 0


def test_a_redis_that_is_out_is_asked_again_after_a_while(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    asked = []
    rows = LiveRows(redis, clock=lambda: now[0])

    def out(*_: Any, **__: Any) -> Any:
        asked.append(now[0])
        raise RedisGone

    with monkeypatch.context() as patch:
        patch.setattr(redis, "pipeline", out)
        for _ in range(3):
            rows.follow(shipped(end_frame()))
        now[0] += 1.5
        rows.follow(shipped(end_frame()))
    assert asked == [100.0, 101.5]
    now[0] += 1.5
    rows.follow(shipped(end_frame()))
    assert len(told(redis)) == 1
