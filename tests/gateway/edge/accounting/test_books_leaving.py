"""What is written of exchanges that were cut short, by clients, vendors or ourselves."""

import asyncio
from typing import Any

import pytest

from gateway.edge.egress.upstream import Disconnected
from tests.gateway.edge.house import (
    BODIES,
    MESSAGES,
    PLAIN,
    STREAMED,
    House,
    first_bytes,
    leave,
    ticks,
    told_by,
)
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    DONE,
    FINISH,
    JSON,
    ROLE,
    SSE,
    USAGE,
    Client,
    Said,
    chunk,
    provider,
    target,
)


async def test_a_client_that_leaves_while_it_still_asks_is_recorded() -> None:
    house, client = House(), Client()
    client.leave()

    await house.ask(PLAIN, client=client, more=True)

    starts, end = told_by(house)
    assert starts == []
    assert (end.outcome.status, end.outcome.terminated) == ("canceled", "client_closed")


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_leaving_before_the_headers_may_have_cost_something(body: bytes) -> None:
    house = House(Said(CHAT_ANSWER, headers_after_s=30))

    await leave(house, body, when=ticks)

    _, end = told_by(house)
    assert (end.outcome.status, end.outcome.terminated) == ("canceled", "client_closed")
    assert end.outcome.http_status == 499
    assert end.money.cost_certainty == "possible"
    assert (end.tokens.out_text, end.money.charge_nano) == (0, 0)
    assert end.money.cost_nano == end.tokens.in_fresh * 1_000 > 0


@pytest.mark.parametrize(("policy", "share"), [("input", 1), ("none", 0)])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_leaving_before_any_content_is_charged_as_the_tenant_wants(
    body: bytes, policy: str, share: int
) -> None:
    headers = SSE if body is STREAMED else JSON
    house = House(Said(30.0, CHAT_ANSWER, headers=headers), tenant={"charge_on_empty": policy})

    await leave(house, body, when=ticks)

    _, end = told_by(house)
    assert (end.outcome.status, end.money.cost_certainty) == ("canceled", "estimated")
    assert end.money.cost_nano == end.tokens.in_fresh * 1_000 > 0
    assert end.money.charge_nano == end.money.cost_nano * share


@pytest.mark.parametrize(("policy", "share"), [("used", 1), ("none", 0)])
async def test_leaving_in_the_middle_is_charged_as_the_tenant_wants(
    policy: str, share: int
) -> None:
    words = [chunk("word ") for _ in range(20)]
    house = House(
        Said(ROLE, *words, 30.0, FINISH, USAGE, DONE, headers=SSE),
        tenant={"charge_on_disconnect": policy},
    )

    await leave(house, STREAMED, when=first_bytes)

    _, end = told_by(house)
    assert (end.outcome.status, end.outcome.terminated) == ("canceled", "client_closed")
    assert end.money.cost_certainty == "estimated"
    assert end.tokens.usage_source == "estimate"
    assert end.tokens.out_text > 0
    assert end.money.cost_nano == end.tokens.in_fresh * 1_000 + end.tokens.out_text * 4_000
    assert end.money.charge_nano == end.money.cost_nano * share


async def test_a_hundred_clients_that_leave_at_nine_tenths_pay_for_what_they_got() -> None:
    """F-10: before the vendor has said what it was."""
    words = [chunk("word") for _ in range(90)]
    sent = billed = 0
    for _ in range(100):
        house = House(Said(ROLE, *words, 30.0, headers=SSE))
        client = Client()
        asking = asyncio.create_task(house.ask(STREAMED, client=client))
        while client.body.count(b"word") < 90:  # noqa: ASYNC110 - the loop does it
            await asyncio.sleep(0)
        client.leave()
        await asking
        sent += client.body.count(b"word")
        billed += told_by(house)[1].tokens.out_text

    assert sent == 9_000
    assert 0.99 * sent <= billed <= 1.01 * sent


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_a_task_that_is_cancelled_is_recorded(body: bytes) -> None:
    house = House(Said(CHAT_ANSWER, headers_after_s=30))
    asking = asyncio.create_task(house.ask(body))
    await ticks(Client())

    asking.cancel()
    await asyncio.wait({asking})

    _, end = told_by(house)
    assert end.outcome.status == "canceled"


async def test_a_stream_that_is_drained_says_so() -> None:
    house = House(Said(ROLE, chunk("a"), 30.0, headers=SSE))
    client = Client()
    asking = asyncio.create_task(house.ask(STREAMED, client=client))
    await first_bytes(client)

    house.worker.open_exchanges.stop()
    await asking

    _, end = told_by(house)
    assert (end.outcome.status, end.outcome.terminated) == ("interrupted", "drained")
    assert client.is_complete


async def test_a_stream_that_breaks_off_is_charged_for_what_came() -> None:
    house = House(
        Said(ROLE, chunk("four"), chunk("four"), Disconnected("x", sent=True), headers=SSE)
    )

    client = await house.ask(STREAMED)

    _, end = told_by(house)
    assert (end.outcome.status, end.outcome.terminated) == ("interrupted", "upstream")
    assert end.tokens.out_text == 2
    assert end.money.charge_nano == end.money.cost_nano != 0
    assert client.is_complete


async def test_our_own_failure_costs_nobody_anything() -> None:
    house = House(Said(CHAT_ANSWER))

    def broken(*_given: Any, **_more: Any) -> Any:
        raise RuntimeError("a bug")

    object.__setattr__(house.worker, "adapters", {"openai": Any})
    client = await house.ask(PLAIN)

    _, end = told_by(house)
    assert client.status == 500
    assert (end.outcome.error_code, end.money.charge_nano) == ("internal", 0)


async def test_anthropic_says_at_the_beginning_what_is_no_count_of_the_output() -> None:
    surfaces = provider("ant", kind="anthropic", targets=(target(),), base_url="https://a.example")
    begun = (
        b'event: message_start\ndata: {"type":"message_start","message":{"usage":'
        b'{"input_tokens":30,"cache_read_input_tokens":10,"output_tokens":1}}}\n\n'
    )
    text = (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
        b'"delta":{"type":"text_delta","text":"twelve chars"}}\n\n'
    )
    house = House(Said(begun, text, text, 30.0, headers=SSE), providers=(surfaces,))
    client = Client()
    asking = asyncio.create_task(house.ask(STREAMED, path=MESSAGES, client=client))
    while client.body.count(b"twelve") < 2:  # noqa: ASYNC110 - the loop does it
        await asyncio.sleep(0)
    client.leave()
    await asking

    tokens = told_by(house)[1].tokens
    assert (tokens.in_fresh, tokens.in_cache_read, tokens.out_text) == (30, 10, 6)
    assert tokens.usage_source == "mixed"
