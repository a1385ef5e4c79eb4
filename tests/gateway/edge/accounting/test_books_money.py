"""What attempts cost, and who is charged for them."""

import asyncio
from typing import Final

import pytest
from msgspec import structs

from gateway.edge.egress.upstream import Disconnected
from providers.specs import Params
from tests.gateway.edge.house import (
    BODIES,
    PLAIN,
    PRICE,
    STREAMED,
    UUID,
    House,
    priced,
    ticks,
    told_by,
)
from tests.gateway.edge.plane import KEY, key_spec
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    DONE,
    FINISH,
    ROLE,
    SSE,
    USAGE,
    Client,
    Said,
    chunk,
    provider,
    target,
)


async def test_three_attempts_are_three_ends_and_one_charge() -> None:
    """F-11."""
    providers = tuple(
        provider(slug, targets=(target(id=f"t-{slug}"),), priority=number)
        for number, slug in enumerate(("a", "b", "c"))
    )
    house = House(
        Said(b"down", status=500),
        Disconnected("reset", sent=True),
        Said(CHAT_ANSWER),
        providers=providers,
        tenant={"markup_bp": 1_000},
    )

    client = await house.ask(PLAIN)

    starts, final = told_by(house)
    assert client.status == 200
    assert [start.errand.provider for start in starts] == ["a", "b", "c"]
    first, second, third = sorted(house.notebook.ends, key=lambda end: end.attempt)
    assert [type(frame).__name__ for written in house.notebook.writes for frame in written] == [
        "Start", "Start", "End", "Start", "End", "End",
    ]  # fmt: skip
    assert (first.money.cost_nano, first.money.cost_certainty) == (0, "exact")
    assert (first.outcome.http_status, first.outcome.error_code) == (500, "server_error")
    assert second.money.cost_certainty == "possible"
    assert second.money.cost_nano == second.tokens.in_fresh * 1_000 > 0
    assert (third, third.money.cost_nano, third.money.charge_nano) == (final, 13_000, 14_300)
    assert [end.money.charge_nano for end in (first, second)] == [0, 0]
    assert house.counts.statuses == {"upstream_error": 2, "ok": 1}


async def test_the_price_is_that_of_the_beginning() -> None:
    """F-20: a price changes while a stream is open."""
    house = House(Said(ROLE, chunk("a"), 0.0, 0.0, FINISH, USAGE, DONE, headers=SSE))
    asking = asyncio.create_task(house.ask(STREAMED))
    await ticks(Client())
    dearer = structs.replace(PRICE, rates={"in_fresh": "100", "out_text": "400"}, id=UUID)

    house.publish(prices=priced(dearer))
    await asking

    end = told_by(house)[1]
    assert (end.tariff.price_id, end.tariff.price_version) == (PRICE.id, PRICE.version)
    assert end.money.cost_nano == 13_000


def said_usage(text: bytes) -> Said:
    return Said(
        b'{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",'
        b'"content":"12345678"},"finish_reason":"stop"}],"usage":' + text + b"}"
    )


EMPTY: Final = (
    b'{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":0}}'
)
NO_OUTPUT: Final = USAGE.replace(b'"completion_tokens":2', b'"completion_tokens":0')


@pytest.mark.parametrize(("policy", "charge"), [("input", 5_000), ("none", 0)])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_an_empty_answer_is_charged_as_the_tenant_wants(
    body: bytes, policy: str, charge: int
) -> None:
    streamed = Said(ROLE, FINISH, NO_OUTPUT, DONE, headers=SSE)
    said = streamed if body is STREAMED else Said(EMPTY)
    house = House(said, tenant={"charge_on_empty": policy})

    client = await house.ask(body)

    _, end = told_by(house)
    assert (client.status, end.outcome.status) == (200, "ok")
    assert (end.tokens.in_fresh, end.tokens.out_text) == (5, 0)
    assert (end.money.cost_nano, end.money.charge_nano) == (5_000, charge)


async def test_what_was_answered_or_done_is_charged_whatever_an_empty_answer_costs() -> None:
    ant = provider("ant", kind="anthropic", targets=(target(),), base_url="https://a.example")
    searched = Said(
        b'{"type":"message","role":"assistant","content":[],"stop_reason":"end_turn","usage":'
        b'{"input_tokens":5,"output_tokens":0,"server_tool_use":{"web_search_requests":1}}}'
    )
    embedded = Said(b'{"object":"list","data":[],"usage":{"prompt_tokens":5,"total_tokens":5}}')
    tenant = {"charge_on_empty": "none"}
    some = House(Said(CHAT_ANSWER), tenant=tenant)
    found = House(searched, tenant=tenant, providers=(ant,))
    embedder = provider(targets=(target(operations=frozenset({"embeddings"})),))
    vectors = House(embedded, tenant=tenant, providers=(embedder,))

    await some.ask(PLAIN)
    await found.ask(PLAIN[:-1] + b',"max_tokens":9}', path=b"/v1/messages")
    await vectors.ask(b'{"model":"m","input":"Hi"}', path=b"/v1/embeddings")

    charges = [told_by(house)[1].money.charge_nano for house in (some, found, vectors)]
    assert charges == [13_000, 5_000, 5_000]
    assert told_by(found)[1].tokens.web_search_calls == 1


LIES: Final = {
    "negative": b'{"prompt_tokens":-5,"completion_tokens":-2}',
    "absurd": b'{"prompt_tokens":1000000000000,"completion_tokens":1000000000000}',
    "missing": b"null",
    "words": b'{"prompt_tokens":"many","completion_tokens":"more"}',
}


@pytest.mark.parametrize("lie", LIES)
async def test_what_a_vendor_cannot_mean_is_counted_here(lie: str) -> None:
    """F-21: never a credit."""
    house = House(said_usage(LIES[lie]))

    await house.ask(PLAIN)

    _, end = told_by(house)
    assert (end.tokens.in_fresh, end.tokens.out_text) == (len(PLAIN) // 4, 2)
    assert end.tokens.usage_source == "estimate"
    assert end.money.cost_certainty == "estimated"
    assert end.money.cost_nano == end.money.charge_nano == len(PLAIN) // 4 * 1_000 + 2 * 4_000
    assert ("usage_rejected" in end.tokens.flags) == (lie in {"negative", "absurd"})


async def test_a_rate_that_stands_for_another_is_told() -> None:
    """Sound has no rate here: it costs what other input costs."""
    usage = b'{"prompt_tokens":9,"completion_tokens":1,"prompt_tokens_details":{"audio_tokens":4}}'
    house = House(said_usage(usage))

    await house.ask(PLAIN)

    _, end = told_by(house)
    assert (end.tokens.in_fresh, end.tokens.in_audio, end.money.cost_nano) == (5, 4, 13_000)
    assert end.tokens.flags == ("rate_assumed",)


async def test_usage_that_shrinks_in_a_stream_is_never_a_credit() -> None:
    """F-21."""
    shrinking = b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":-9}}\n\n'
    house = House(Said(ROLE, chunk("four"), FINISH, USAGE, shrinking, DONE, headers=SSE))

    await house.ask(STREAMED)

    end = told_by(house)[1]
    assert end.tokens.out_text == 1
    assert end.money.charge_nano == 5_000 + 4_000


async def test_what_has_no_price_is_unknown_and_not_free() -> None:
    house = House(Said(CHAT_ANSWER), prices=priced())

    client = await house.ask(PLAIN)

    end = told_by(house)[1]
    assert client.status == 200
    assert (end.money.cost_nano, end.money.charge_nano) == (None, 0)
    assert "unpriced" in end.tokens.flags


@pytest.mark.parametrize(("path", "shape"), [(b"/v1/chat/completions", b'"code":"model_unpriced"')])
async def test_a_tenant_may_want_nothing_without_a_price(path: bytes, shape: bytes) -> None:
    house = House(Said(CHAT_ANSWER), prices=priced(), tenant={"unpriced": "block"})

    client = await house.ask(PLAIN, path=path)

    assert client.status == 400
    assert shape in client.body
    assert house.vendors.calls == []
    assert told_by(house)[1].outcome.error_code == "model_unpriced"


async def test_only_those_without_a_price_are_left_out() -> None:
    providers = tuple(
        provider(slug, targets=(target(id=f"t-{slug}"),), priority=number)
        for number, slug in enumerate(("a", "b"))
    )
    only_b = structs.replace(PRICE, provider="b")
    house = House(
        Said(CHAT_ANSWER),
        providers=providers,
        prices=priced(only_b),
        tenant={"unpriced": "block"},
    )

    await house.ask(PLAIN)

    assert told_by(house)[1].errand.provider == "b"


async def test_the_tenants_own_price_is_what_it_is_charged() -> None:
    own = structs.replace(
        PRICE, id=UUID, scope="tenant", tenant_id=key_spec().tenant_id, rates={"in_fresh": "3"}
    )
    house = House(Said(CHAT_ANSWER), prices=priced(PRICE, own), tenant={"markup_bp": 5_000})

    await house.ask(PLAIN)

    end = told_by(house)[1]
    assert (end.money.cost_nano, end.money.charge_nano) == (13_000, 15_000)
    assert (end.tariff.price_id, end.tariff.charge_price_id) == (PRICE.id, UUID)


async def test_a_price_for_the_tenant_alone_is_a_price() -> None:
    own = structs.replace(
        PRICE, id=UUID, scope="tenant", tenant_id=key_spec().tenant_id, rates={"in_fresh": "3"}
    )
    house = House(Said(CHAT_ANSWER), prices=priced(own), tenant={"unpriced": "block"})

    client = await house.ask(PLAIN)

    end = told_by(house)[1]
    assert client.status == 200
    assert (end.money.cost_nano, end.money.charge_nano) == (None, 15_000)
    assert "unpriced" not in end.tokens.flags


FLEX: Final = b'{"model":"m","messages":[{"role":"user","content":"Hi"}],"service_tier":"flex"}'


def served_as(tier: bytes) -> Said:
    return Said(CHAT_ANSWER[:-1] + b',"service_tier":"' + tier + b'"}')


@pytest.mark.parametrize(
    ("served", "variant", "cost"),
    [(b"flex", "flex", 6_500), (b"default", "", 13_000), (b"", "flex", 6_500)],
)
async def test_the_tier_that_the_vendor_says_wins(served: bytes, variant: str, cost: int) -> None:
    house = House(served_as(served) if served else Said(CHAT_ANSWER))

    await house.ask(FLEX)

    [start], end = told_by(house)
    assert (start.tariff.variant, end.tariff.variant) == ("flex", variant)
    assert end.money.cost_nano == cost


@pytest.mark.parametrize("word", [b"a\\u0000b", "größer".encode(), b"x\\ny"])
async def test_a_tier_that_is_no_word_is_none_that_anybody_knows(word: bytes) -> None:
    """No column takes NUL, and a batch of records would fail with it."""
    house = House(served_as(word))

    await house.ask(PLAIN)

    end = told_by(house)[1]
    assert (end.tariff.variant, end.money.cost_nano) == ("?", 13_000)
    assert "rate_assumed" in end.tokens.flags


async def test_a_tier_in_a_stream_counts_too() -> None:
    usage = USAGE.replace(b'"choices":[]', b'"choices":[],"service_tier":"flex"')
    house = House(Said(ROLE, chunk("a"), FINISH, usage, DONE, headers=SSE))

    await house.ask(STREAMED)

    assert told_by(house)[1].money.cost_nano == 6_500


@pytest.mark.parametrize(
    ("tier", "status"), [(b'"priority"', 400), (b'"auto"', 200), (b'"default"', 200), (b"7", 200)]
)
async def test_a_paid_tier_without_a_price_is_refused(tier: bytes, status: int) -> None:
    house = House(Said(CHAT_ANSWER))

    client = await house.ask(FLEX.replace(b'"flex"', tier))

    assert client.status == status
    assert (b"unpriced_parameter" in client.body) == (status == 400)


@pytest.mark.parametrize(
    "asked",
    [b'"inference_geo":"us"', b'"service_tier":"flex","speed":"fast"', b'"speed":"fast"'],
)
async def test_what_costs_more_for_a_price_nobody_knows_is_refused(asked: bytes) -> None:
    house = House(Said(CHAT_ANSWER))

    client = await house.ask(PLAIN[:-1] + b"," + asked + b"}")

    assert client.status == 400
    assert b"unpriced_parameter" in client.body
    assert house.vendors.calls == []


async def test_a_tier_that_is_forced_and_has_no_price_is_refused_as_well() -> None:
    forced = provider(targets=(target(params=Params(force={"service_tier": b'"scale"'})),))
    house = House(Said(CHAT_ANSWER), providers=(forced,))

    client = await house.ask(FLEX.replace(b'"flex"', b'"auto"'))

    assert client.status == 400
    assert b'"param":null' in client.body


async def test_what_the_operator_says_of_a_tier_counts_as_asked() -> None:
    forced = provider(targets=(target(params=Params(force={"service_tier": b'"flex"'})),))
    dropped = provider(targets=(target(params=Params(drop=frozenset({"service_tier"}))),))
    default = provider(targets=(target(params=Params(default={"service_tier": b'"flex"'})),))
    costs = []
    for spec, body in ((forced, PLAIN), (dropped, FLEX), (default, PLAIN)):
        house = House(Said(CHAT_ANSWER), providers=(spec,))
        await house.ask(body)
        costs.append(told_by(house)[1].money.cost_nano)

    assert costs == [6_500, 13_000, 6_500]


async def test_counting_is_free() -> None:
    surfaces = provider("ant", kind="anthropic", targets=(target(),), base_url="https://a.example")
    house = House(
        Said(b'{"input_tokens":30}'),
        providers=(surfaces,),
        prices=priced(),
        tenant={"unpriced": "block"},
    )

    client = await house.ask(PLAIN, path=b"/v1/messages/count_tokens")

    [start], end = told_by(house)
    assert client.status == 200
    assert end.errand.operation == "count_tokens"
    assert (end.money.cost_nano, end.tokens.in_fresh, end.tokens.flags) == (0, 0, ())
    assert start.tariff.price_id is None


async def test_a_clients_own_vendor_key_costs_nobody_here_anything() -> None:
    key = key_spec(byok_allowed=True)
    house = House(Said(CHAT_ANSWER), key=key)
    headers = {b"x-gateway-api-key": KEY.encode(), b"authorization": b"Bearer sk-of-the-client"}

    await house.ask(PLAIN, headers=headers)

    end = told_by(house)[1]
    assert end.subject.byok
    assert (end.money.cost_nano, end.money.charge_nano, end.money.notional_nano) == (0, 0, 13_000)
    assert end.errand.credential_id is None


async def test_what_is_simulated_is_rated_and_marked() -> None:
    spec = provider(targets=(target(),), simulated=True)
    house = House(Said(CHAT_ANSWER), providers=(spec,))

    await house.ask(PLAIN)

    end = told_by(house)[1]
    assert end.subject.simulated
    assert end.money.cost_nano == 13_000
