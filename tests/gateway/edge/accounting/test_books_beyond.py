"""What is written where there is more of something than can be recorded."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from billing.pricing import MOST_NANO
from gateway.edge.accounting import books, entries
from gateway.edge.accounting.entries import MOST_TAGS, TAG_CHARS, TAGS_BYTES, tags_of
from gateway.edge.exchange import Exchange
from gateway.spool.frames import MAX_PAYLOAD_BYTES, encode
from tests.gateway.edge.house import (
    BODIES,
    PLAIN,
    PRICE,
    STREAMED,
    UUID,
    House,
    answer,
    priced,
    told_by,
)
from tests.gateway.edge.notebook import Notebook
from tests.gateway.edge.plane import KEY, key_spec
from tests.gateway.edge.vendors import CHAT_ANSWER, Client, Said, provider, target

DEAR = structs.replace(PRICE, per_call={"requests": "999999999"})


def dear(**fields: Any) -> House:
    spec = provider(targets=(target(),), cost_multiplier="999.999")
    return House(Said(CHAT_ANSWER), **{"providers": (spec,), "prices": priced(DEAR), **fields})


async def test_more_tags_than_a_frame_has_room_for_are_left_out() -> None:
    tags = tuple(f"{number:04}" + "x" * 96 for number in range(1_000))
    house = House(Said(CHAT_ANSWER), key=key_spec(tags=tags))

    await house.ask(PLAIN)

    [start], end = told_by(house)
    assert start.subject.tags == end.subject.tags == tags[:MOST_TAGS]
    assert all(len(encode(frame)) < MAX_PAYLOAD_BYTES / 4 for frame in house.notebook.frames)


def test_tags_are_as_many_and_as_long_as_records_take() -> None:
    assert tags_of(["a\0b", "ü" * 101]) == ("ab", "ü" * TAG_CHARS)
    assert len(tags_of(["a"] * 65)) == 64
    wide = tags_of(["🚀" * 100] * 64)
    assert sum(len(tag.encode()) for tag in wide) == TAGS_BYTES // 400 * 400


@pytest.mark.parametrize("tenant", [{}, {"markup_bp": 10_000}], ids=["as it costs", "doubled"])
async def test_an_amount_that_no_column_takes_is_cut_off_and_says_so(tenant: Any) -> None:
    house = dear(tenant=tenant)

    client = await house.ask(PLAIN)

    _, end = told_by(house)
    assert client.status == 200
    assert (end.money.cost_nano, end.money.charge_nano) == (MOST_NANO, MOST_NANO)
    assert "clamped" in end.tokens.flags


async def test_what_a_tenants_own_price_comes_to_is_cut_off_too() -> None:
    own = structs.replace(
        DEAR, id=UUID, scope="tenant", tenant_id=key_spec().tenant_id, rates={"in_fresh": "1"}
    )
    house = House(Said(CHAT_ANSWER), prices=priced(PRICE, own))

    await house.ask(PLAIN)

    _, end = told_by(house)
    assert (end.money.cost_nano, end.money.charge_nano) == (13_000, MOST_NANO)
    assert "clamped" in end.tokens.flags


async def test_what_a_clients_own_vendor_key_would_have_cost_is_cut_off_too() -> None:
    house = dear(key=key_spec(byok_allowed=True))
    headers = {b"x-gateway-api-key": KEY.encode(), b"authorization": b"Bearer sk-of-the-client"}

    await house.ask(PLAIN, headers=headers)

    _, end = told_by(house)
    assert (end.money.cost_nano, end.money.notional_nano) == (0, MOST_NANO)
    assert "clamped" in end.tokens.flags


def failing(*_given: Any, **_more: Any) -> Any:
    raise OverflowError("nobody can count that far")


def reckoning_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "money_of", failing)


def counting_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "counted", failing)


@pytest.mark.parametrize("breaks", [reckoning_fails, counting_fails])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_an_end_that_cannot_be_made_is_a_bare_one(
    body: bytes,
    breaks: Callable[[pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    house, client = House(answer(body)), Client()
    breaks(monkeypatch)

    await house.ask(body, client=client)

    [start], end = told_by(house)
    assert (end.subject, end.errand, end.tariff) == (start.subject, start.errand, start.tariff)
    assert (end.money.cost_nano, end.money.charge_nano) == (None, 0)
    assert end.tokens.flags == ("internal",)
    assert end.tokens.out_text == (2 if breaks is reckoning_fails else 0)
    assert end.outcome.error_code == "internal"
    assert end.outcome.status == ("interrupted" if body is STREAMED else "upstream_error")
    assert end.outcome.http_status == client.status == (200 if body is STREAMED else 500)
    assert b"this is its fault" in client.body
    assert b"[DONE]" not in client.body
    assert b'"Hello"' not in client.body
    assert client.is_complete
    assert "nobody can count that far" in caplog.text
    assert house.counts.statuses == {end.outcome.status: 1}


async def test_an_error_is_told_whether_or_not_it_can_be_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House(*[Said(b"down", status=500)] * 3)
    whole = entries.end_of

    def final_fails(exchange: Exchange, *given: Any, **more: Any) -> Any:
        return failing() if exchange.error is not None else whole(exchange, *given, **more)

    monkeypatch.setattr(books, "end_of", final_fails)
    client = await house.ask(PLAIN)

    _, end = told_by(house)
    assert end.outcome.http_status == client.status
    assert client.status >= 500
    assert end.outcome.error_code != "internal"
    assert end.tokens.flags == ("internal",)


async def test_a_bare_end_that_cannot_be_written_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()

    async def send(*_call: Any, **_more: Any) -> Said:
        house.notebook.full = True
        return Said(CHAT_ANSWER)

    house.vendors.send = send  # type: ignore[method-assign]
    counting_fails(monkeypatch)
    client = await house.ask(PLAIN)

    assert client.status == 500
    assert [type(frame).__name__ for frame in house.notebook.kept] == ["End"]


async def test_a_refusal_that_cannot_be_recorded_is_told_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    monkeypatch.setattr(books, "end_of_refused", failing)

    client = await house.ask(b"{")

    assert client.status == 400
    assert house.notebook.frames == []
    assert house.counts.refusals == 1


async def test_what_is_not_even_kept_is_counted() -> None:
    notebook = Notebook()
    notebook.most_kept = 0
    house = House(notebook=notebook)

    async def send(*_call: Any, **_more: Any) -> Said:
        notebook.full = True
        return Said(CHAT_ANSWER)

    house.vendors.send = send  # type: ignore[method-assign]
    client = await house.ask(PLAIN)

    assert client.status == 503
    assert house.counts.lost == 1
