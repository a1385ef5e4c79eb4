"""What bounds an attempt: budgets, deadlines, headers, what a target does not take."""

import asyncio
from typing import Any

import msgspec
import pytest

from gateway.edge.exchange import Exchange
from gateway.edge.operations.surfaces import MESSAGES
from protocols.codec import Target
from providers.specs import CredentialSpec, Params, Timeouts
from tests.gateway.edge.still_clock import on_a_still_clock
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    CHAT_BODY,
    JSON,
    SSE,
    STREAM,
    Client,
    Said,
    World,
    candidate,
    exchange,
    provider,
    target,
)


def error(
    status: int, message: str = "no", headers: dict[str, str] | None = None, **more: str
) -> Said:
    inside = "".join(f',"{name}":"{value}"' for name, value in more.items())
    body = f'{{ "error": {{"message":"{message}"{inside}}} }}'.encode()
    return Said(body, status=status, headers={**JSON, **(headers or {})})


def two_keys(**more: Any) -> Exchange:
    return exchange(Client(), candidate(provider(keys=("1", "2"), **more)))


async def asked(world: World, made: Exchange) -> tuple[Exchange, Client]:
    client = made.send.__self__  # type: ignore[attr-defined]
    await world.run(made)
    return made, client


async def test_budgets_and_pools_are_given_back() -> None:
    world = World(error(500), Said(CHAT_ANSWER))
    await asked(world, two_keys())
    assert not any(state.in_flight for state in world.pool.states(now=0))
    assert not any(world.retry_budget._open.values())  # noqa: SLF001
    assert not any(world.retry_budget._extra.values())  # noqa: SLF001


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({b"x-switchyard-disable-fallbacks": b"True"}, CHAT_BODY),
        ({}, CHAT_BODY[:-1] + b',"disable_fallbacks":true}'),
    ],
)
async def test_a_client_may_refuse_other_targets(headers: dict[bytes, bytes], body: bytes) -> None:
    world, client = World(error(500), error(500), error(500), Said(CHAT_ANSWER)), Client()
    first, second = provider("a", keys=("1", "2")), provider("b")
    made = exchange(client, candidate(first), candidate(second), headers=headers, body=body)
    await world.run(made)
    assert client.status == 500
    assert set(world.vendors.keys) == {"Bearer sk-a-1", "Bearer sk-a-2"}
    assert b"disable_fallbacks" not in world.vendors.calls[0].body


async def test_a_clients_own_credential_bypasses_the_pool_and_hears_all() -> None:
    world, client = World(error(401)), Client()
    made = exchange(client, candidate(provider("a", keys=("1",))), candidate(provider("b")))
    made.vendor_key = b"sk-own"
    await world.run(made)
    assert world.vendors.keys == ["Bearer sk-own"]
    assert client.status == 401
    assert b'"message":"no"' in client.body
    assert not world.pool.states(now=0)
    assert not world.announced


async def test_a_repeated_attempt_keeps_to_the_deadline_of_the_client() -> None:
    world = World(error(429, headers={"retry-after": "3"}), Said(CHAT_ANSWER))
    made = exchange(Client(), headers={b"x-request-timeout-ms": b"500"})
    _, client = await asked(world, made)
    assert client.status == 429
    assert len(made.attempts) == 1


async def test_the_same_credential_is_asked_again_when_the_vendor_says_so() -> None:
    world = World(error(429, headers={"retry-after": "0.05"}), Said(CHAT_ANSWER))
    _, client = await asked(world, exchange(Client()))
    assert client.status == 200
    assert client.headers[b"x-switchyard-attempts"] == b"2"


@on_a_still_clock
async def test_a_timer_that_rings_early_costs_nobody_the_second_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As uvloop's do, which count from when the loop last looked at the clock."""
    loop = asyncio.get_running_loop()
    in_time = loop.call_later

    def early(delay: float, *what: Any, **more: Any) -> asyncio.TimerHandle:
        return in_time(delay - 0.001 if delay > 0.1 else delay, *what, **more)

    monkeypatch.setattr(loop, "call_later", early)
    world = World(error(429, headers={"retry-after": "2"}), Said(CHAT_ANSWER))
    began = loop.time()
    _, client = await asked(world, exchange(Client()))
    assert client.status == 200
    assert loop.time() - began == pytest.approx(2)


async def test_a_deadline_of_the_client_counts_against_nobody() -> None:
    said = Said(CHAT_ANSWER, headers_after_s=5.0)
    world = World(said)
    await world.run(exchange(Client(), headers={b"x-request-timeout-ms": b"60"}))
    assert world.refused is not None
    assert world.refused.http_status == 504
    assert world.vendors.canceled_at is not None
    for _ in range(5):
        world.vendors.answers.append(Said(5.0))
        await world.run(exchange(Client(), headers={b"x-request-timeout-ms": b"20"}))
    world.vendors.answers.append(Said(CHAT_ANSWER))
    client = Client()
    await world.run(exchange(client))
    assert client.status == 200


@pytest.mark.parametrize("said", [b"", b"soon", b"-5", b"9999999999999", b"900000"])
async def test_a_client_can_only_lower_the_deadline(said: bytes) -> None:
    world = World(Said(CHAT_ANSWER))
    began = asyncio.get_running_loop().time()
    of = provider(timeouts=Timeouts(total_ms=60_000))
    await world.run(exchange(Client(), candidate(of), headers={b"x-request-timeout-ms": said}))
    left = world.vendors.deadlines[0].total_at - began
    assert 59 < left < 61


async def test_every_phase_has_the_deadline_of_its_provider() -> None:
    limits = Timeouts(
        connect_ms=1, ttft_ms=2_000, reasoning_ttft_ms=3_000, idle_ms=4_000, total_ms=9_000
    )
    of = provider(timeouts=limits)
    whole, reasoning = target(), target(reasoning=True)
    cases = ((whole, True, 2.0), (reasoning, True, 3.0), (whole, False, 3.0))
    for to, stream, headers_s in cases:
        world = World(Said(*STREAM, headers=SSE) if stream else Said(CHAT_ANSWER))
        await world.run(exchange(Client(), candidate(of, to), stream=stream))
        deadlines = world.vendors.deadlines[0]
        assert (deadlines.connect_s, deadlines.pool_s) == (0.001, 2.0)
        assert (deadlines.headers_s, deadlines.idle_s) == (headers_s, 4.0)


async def test_a_body_that_trickles_runs_out_of_time() -> None:
    drops = [piece for _ in range(100) for piece in (0.02, b" ")]
    world = World(Said(*drops))
    limits = Timeouts(ttft_ms=100, reasoning_ttft_ms=100, idle_ms=120)
    await world.run(exchange(Client(), candidate(provider(timeouts=limits))))
    assert world.refused is not None
    assert world.refused.kind == "timeout"


async def test_only_the_headers_of_a_dialect_go_up() -> None:
    headers = {
        b"anthropic-version": b"2026-10-21",
        b"anthropic-beta": b"a-1, b-2",
        b"openai-beta": b"x",
        b"authorization": b"Bearer sy-secret",
        b"cookie": b"c",
        b"x-switchyard-tag": b"t",
    }
    of = provider(kind="anthropic")
    world = World(Said(b'{"type":"message","content":[]}'))
    made = exchange(
        Client(), candidate(of, operation=MESSAGES), operation=MESSAGES, headers=headers
    )
    await world.run(made)
    sent = dict(world.vendors.calls[0].headers)
    assert sent["anthropic-version"] == "2026-10-21"
    assert sent["anthropic-beta"] == "a-1, b-2"
    assert not {"openai-beta", "authorization", "cookie", "x-switchyard-tag"} & sent.keys()


async def test_betas_a_target_does_not_know_stay_here_and_are_named() -> None:
    to = target(target=Target(model="m", vendor="v", betas=frozenset({"b-2"})))
    of = provider(kind="anthropic")
    for said, sent in ((b"a-1,b-2", "b-2"), (b"a-1", None)):
        world, client = World(Said(b'{"type":"message","content":[]}')), Client()
        chosen = candidate(of, to, operation=MESSAGES)
        headers = {b"anthropic-beta": said}
        await world.run(exchange(client, chosen, operation=MESSAGES, headers=headers))
        assert dict(world.vendors.calls[0].headers).get("anthropic-beta") == sent
        assert client.headers[b"x-switchyard-degraded"] == b"other:a-1"


async def test_what_such_a_beta_brings_to_the_body_stays_here_too() -> None:
    fields: Any = {"context-management": ("context_management",)}
    to = target(target=Target(model="m", vendor="v", betas=frozenset(), beta_fields=fields))
    world, client = World(Said(b'{"type":"message","content":[]}')), Client()
    chosen = candidate(provider(kind="anthropic"), to, operation=MESSAGES)
    body = b'{"model":"m","messages":[],"context_management":{"edits":[]},"top_k":1.0}'
    headers = {b"anthropic-beta": b"context-management-2025-06-27"}
    await world.run(exchange(client, chosen, body=body, operation=MESSAGES, headers=headers))
    assert b"context_management" not in world.vendors.calls[0].body
    assert world.vendors.calls[0].body.endswith(b'"top_k":1.0}')
    lost = b"other:context-management-2025-06-27,other:context_management"
    assert client.headers[b"x-switchyard-degraded"] == lost


async def test_losses_are_those_of_the_target_that_answered() -> None:
    first = target(id="t-1", params=Params(drop=frozenset({"temperature"})))
    world, client = World(error(500), Said(CHAT_ANSWER)), Client()
    made = exchange(client, candidate(provider("a"), first), candidate(provider("b")))
    made.losses.append("earlier")
    await world.run(made)
    assert made.losses == ["earlier"]
    assert b"temperature" not in world.vendors.calls[0].body
    assert b"temperature" in world.vendors.calls[1].body


async def test_a_header_that_cannot_be_sent_is_nobodys_fault_upstream() -> None:
    of = provider("a", headers={"x-tag": "a\nb"})
    world, client = World(Said(CHAT_ANSWER)), Client()
    made = exchange(client, candidate(of), candidate(provider("b")))
    await world.run(made)
    assert client.status == 200
    assert [a.verdict for a in made.attempts] == ["protocol_error", "ok"]
    assert len(world.vendors.calls) == 1


async def test_a_vendors_odd_status_is_no_success() -> None:
    world = World(Said(b"{}", status=304), Said(CHAT_ANSWER))
    made, client = await asked(world, two_keys())
    assert client.body == CHAT_ANSWER
    assert made.attempts[0].verdict == "protocol_error"


async def test_an_error_in_a_success_keeps_the_vendors_class() -> None:
    limited = Said(b'{"error":{"message":"slow down","code":"429"}}')
    world = World(limited, Said(CHAT_ANSWER))
    made, client = await asked(world, two_keys())
    assert client.body == CHAT_ANSWER
    assert made.attempts[0].verdict == "rate_limited"


async def test_an_answer_that_speaks_of_errors_is_no_error() -> None:
    answer = CHAT_ANSWER.replace(b"Hello", b"an error, said sk-acme-k1")
    world = World(Said(answer))
    _, client = await asked(world, exchange(Client()))
    assert client.body == answer


async def test_nobody_is_asked_after_the_deadline() -> None:
    world = World(Said(headers_after_s=9.0), Said(CHAT_ANSWER))
    made = exchange(
        Client(),
        candidate(provider("a")),
        candidate(provider("b")),
        headers={b"x-request-timeout-ms": b"50"},
    )
    await world.run(made)
    assert world.refused is not None
    assert world.refused.http_status == 504
    assert len(world.vendors.calls) == 1


async def test_a_provider_may_need_no_credential() -> None:
    of = provider("local", kind="openai_compatible", keys=())
    of = msgspec.structs.replace(
        of, credentials=(CredentialSpec(id="none", name="none", kind="none"),)
    )
    world, client = World(error(400, "bad")), Client()
    await world.run(exchange(client, candidate(of)))
    assert client.status == 400
    assert world.vendors.keys == [""]
