"""What is written of an exchange, whatever way it takes: one START per call, one final END."""

import asyncio
from typing import Any, Final

import pytest

from gateway.edge.egress.upstream import ConnectFailed, Disconnected, TimedOut
from tests.gateway.edge.house import (
    BODIES,
    PLAIN,
    PRICE,
    REFUSED,
    STREAMED,
    House,
    answer,
    priced,
    told_by,
)
from tests.gateway.edge.plane import bearer, key_spec
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    JSON,
    SSE,
    STREAM,
    Client,
    Said,
    provider,
    target,
)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_an_answer_is_recorded_before_it_ends(body: bytes) -> None:
    house = House(answer(body))
    client = Client()
    recorded_at_the_end: list[int] = []

    def on_send(message: Any) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            recorded_at_the_end.append(len(house.notebook.ends))

    client.on_send = on_send
    await house.ask(body, client=client)

    assert recorded_at_the_end == [1]
    [start], end = told_by(house)
    assert (end.outcome.status, end.outcome.terminated) == ("ok", "complete")
    assert (end.tokens.in_fresh, end.tokens.out_text) == (5, 2)
    assert end.tokens.usage_raw == b'{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}'
    assert (end.money.cost_nano, end.money.charge_nano) == (13_000, 13_000)
    assert end.money.cost_certainty == "exact"
    assert (start.subject, start.tariff) == (end.subject, end.tariff)
    assert end.tariff.price_id == PRICE.id
    assert end.outcome.http_status == 200
    assert house.counts.statuses == {"ok": 1}


async def test_a_start_is_written_before_the_call() -> None:
    house = House()
    seen: list[int] = []

    async def send(*_call: Any, **_more: Any) -> Said:
        seen.append(len(house.notebook.starts))
        return Said(CHAT_ANSWER)

    house.vendors.send = send  # type: ignore[method-assign]
    await house.ask(PLAIN)

    assert seen == [1]


def test_the_frames_say_who_asked_what_of_whom() -> None:
    house = House(
        Said(*STREAM, headers=SSE),
        key=key_spec(owner_id="user", team_id="team", tags=("batch",)),
        providers=(provider(targets=(target("m", upstream="big-m"),)),),
        prices=priced(),
    )
    headers = {b"x-session-id": b"s1", b"x-claude-code-agent-id": b"a1"}
    asyncio.run(house.ask(STREAMED, headers={**bearer(), **headers}))

    [start], end = told_by(house)
    subject, errand = end.subject, end.errand
    assert (subject.tenant, subject.user_id, subject.team_id) == ("acme", "user", "team")
    assert (subject.tags, subject.source) == (("batch",), "api")
    assert subject.session_hash
    assert subject.agent_hash
    assert subject.session_hash != subject.agent_hash
    assert not subject.parent_agent_hash
    assert (errand.dialect, errand.operation, errand.stream) == ("openai.chat", "chat", True)
    assert (errand.requested_model, errand.served_model) == ("m", "m")
    assert (errand.upstream_name, errand.provider, errand.lane) == ("big-m", "acme", "native")
    assert (errand.provider_id, errand.credential_id, errand.credential) == (
        "p-acme",
        "acme-k1",
        "k1",
    )
    assert start.input_tokens > 0
    assert "sk-" not in str(house.notebook.frames)


async def test_the_steps_of_an_exchange_follow_each_other() -> None:
    house = House(Said(b"busy", status=503), Said(*STREAM, headers=SSE))
    await house.ask(STREAMED)

    spans = told_by(house)[1].outcome.spans
    assert [span.name for span in spans if span.name != "backoff"] == [
        "authenticate",
        "read",
        "route",
        "attempt",
        "attempt",
        "first token",
        "stream",
    ]
    assert all(0 <= span.start_us <= span.end_us for span in spans)
    assert {span.side for span in spans} == {"gateway", "upstream"}


FAILURES: Final[dict[str, list[Any]]] = {
    "refused by the vendor": [Said(REFUSED, status=400)],
    "limited by the vendor": [Said(REFUSED, status=429)] * 3,
    "no vendor answers": [Said(b"down", status=500)] * 3,
    "never reached": [ConnectFailed("refused")] * 3,
    "reset after the call": [Disconnected("reset", sent=True)] * 3,
    "too late": [TimedOut("headers", sent=True)] * 3,
    "no JSON": [Said(b"<html>", headers={"content-type": "text/html"})] * 3,
    "an error in a success": [Said(b'{"error":{"message":"no"}}', headers=JSON)] * 3,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("failure", FAILURES)
async def test_an_exchange_that_fails_has_one_final_end(failure: str, body: bytes) -> None:
    house = House(*FAILURES[failure])

    client = await house.ask(body)

    starts, end = told_by(house)
    assert starts
    assert client.status >= 400
    assert end.outcome.http_status == client.status
    assert end.outcome.status in {"client_error", "upstream_error", "limited"}
    assert end.outcome.error_code
    assert end.money.charge_nano == 0


REFUSALS: Final = {
    "no JSON": (b"{", 400),
    "an unknown model": (b'{"model":"x","messages":[]}', 404),
    "a field that is forbidden": (b'{"model":"m","messages":[],"api_base":"x"}', 400),
}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_refusal_is_an_end_without_a_start(refusal: str) -> None:
    body, status = REFUSALS[refusal]
    house = House()

    client = await house.ask(body)

    starts, end = told_by(house)
    assert (client.status, starts) == (status, [])
    assert (end.outcome.http_status, end.outcome.terminated) == (status, "refused")
    assert (end.money.cost_nano, end.money.charge_nano, end.tokens.in_fresh) == (0, 0, 0)
    assert end.errand.provider_id is None


async def test_strangers_are_never_recorded() -> None:
    house = House()

    unknown = await house.ask(PLAIN, headers={b"authorization": b"Bearer sy-live-nobody"})
    nobody = await house.ask(PLAIN, headers={})

    assert (unknown.status, nobody.status) == (401, 401)
    assert house.notebook.frames == []


async def test_refusals_beyond_ten_a_second_are_only_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    object.__setattr__(house.worker, "clock", lambda: 1e9)
    for _ in range(15):
        await house.ask(b"{")
    assert len(house.notebook.ends) == 10
    assert house.counts.refusals == 5

    object.__setattr__(house.worker, "clock", lambda: 1e9 + 1)
    await house.ask(b"{")

    assert len(house.notebook.ends) == 11
