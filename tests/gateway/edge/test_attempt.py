"""The stage from candidates to an answer."""

import asyncio
from typing import Any

import msgspec
import pytest

from gateway.edge.exchange import Exchange
from gateway.edge.surfaces import COUNT_TOKENS, EMBEDDINGS, MESSAGES
from gateway.edge.upstream import (
    AddressRefused,
    BadAnswer,
    BadCall,
    ConnectFailed,
    Disconnected,
    PoolExhausted,
    TimedOut,
    TooLarge,
    UpstreamFault,
)
from protocols.codec import Target
from providers.specs import CredentialSpec, Params, Timeouts
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    CHAT_BODY,
    JSON,
    SHOWN,
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


async def test_an_answer_reaches_the_client_as_the_vendor_sent_it() -> None:
    world, client = World(Said(CHAT_ANSWER)), Client()
    made = exchange(client)
    await world.run(made)
    assert (client.status, client.body, client.is_complete) == (200, CHAT_ANSWER, True)
    assert client.headers[b"content-length"] == str(len(CHAT_ANSWER)).encode()
    assert world.vendors.calls[0].body == CHAT_BODY
    assert (made.usage.input_tokens, made.usage.output_tokens, made.stop) == (5, 2, "stop")
    assert (made.status, made.recorded, made.bytes_out) == ("ok", True, len(CHAT_ANSWER))
    said = world.metrics.upstreams[0]
    assert (said["provider"], said["model"], said["verdict"]) == ("acme", "m", "ok")
    assert said["ttft_s"] >= 0


async def test_a_stream_reaches_the_client_without_the_usage_it_did_not_ask_for() -> None:
    world, client = World(Said(*STREAM, headers=SSE)), Client()
    made = exchange(client, stream=True)
    await world.run(made)
    assert (client.status, client.body, client.is_complete) == (200, SHOWN, True)
    assert b'"stream_options":{"include_usage":true}' in world.vendors.calls[0].body
    assert (made.usage.input_tokens, made.usage.output_tokens, made.stop) == (5, 2, "stop")
    assert made.status == "ok"
    assert made.first_content_at is not None
    assert made.bytes_out == len(SHOWN)


async def test_embeddings_and_token_counts_pass_too() -> None:
    vectors = b'{"data":[{"embedding":[0.10,1e-2]}],"usage":{"prompt_tokens":4,"total_tokens":4}}'
    client = Client()
    made = exchange(client, operation=EMBEDDINGS, body=b'{"model":"m","input":"x"}')
    await World(Said(vectors)).run(made)
    assert client.body == vectors
    assert made.usage.input_tokens == 4

    client = Client()
    chosen = candidate(provider(kind="anthropic"), operation=COUNT_TOKENS)
    made = exchange(client, chosen, operation=COUNT_TOKENS)
    await World(Said(b'{"input_tokens":12}')).run(made)
    assert client.body == b'{"input_tokens":12}'


@pytest.mark.parametrize(
    "broken",
    [
        ConnectFailed("10.0.0.1: refused"),
        PoolExhausted("full"),
        TooLarge("headers", limit_bytes=1),
        BadAnswer("redirect"),
        Said(b'{"choices":', Disconnected("reset", sent=True)),
        Said(b"<html>error</html>", headers={"content-type": "text/html"}),
        Said(b"", headers=JSON),
        Said(b'{"choices":', headers=JSON),
        Said(b'{"choices":[]}', headers={}),
        Said(*STREAM, headers=SSE),
        Said(b'{"error":{"message":"no","type":"server_error"}}'),
        error(500),
        error(503),
        error(429),
        error(401),
        error(402),
        error(404, "The model `m` does not exist", code="model_not_found"),
        Said(b"<html>502</html>", status=502, headers={"content-type": "text/html"}),
    ],
)
async def test_what_fails_before_content_is_invisible(broken: Said | UpstreamFault) -> None:
    world = World(broken, Said(CHAT_ANSWER))
    made, client = await asked(world, two_keys())
    assert (client.status, client.body) == (200, CHAT_ANSWER)
    assert world.vendors.keys == ["Bearer sk-acme-1", "Bearer sk-acme-2"]
    assert client.headers[b"x-switchyard-attempts"] == b"2"
    assert made.attempts[0].verdict not in {None, "ok"}
    if isinstance(broken, Said):
        assert broken.ended or broken.aborted_at is not None


@pytest.mark.parametrize(
    "broken",
    [
        Said(b'{"ok":1}', headers=JSON),
        Said(b'{"error":{"message":"no"}}', headers=JSON),
        Said(*STREAM[:1], headers=SSE),
        Said(Disconnected("reset", sent=True), headers=SSE),
        error(500),
    ],
)
async def test_what_fails_before_content_of_a_stream_is_invisible(broken: Said) -> None:
    world, client = World(broken, Said(*STREAM, headers=SSE)), Client()
    made = exchange(client, candidate(provider(keys=("1", "2"))), stream=True)
    await world.run(made)
    assert client.body == SHOWN
    assert len(made.attempts) == 2


@pytest.mark.parametrize(
    "ambiguous",
    [
        Disconnected("closed", sent=True),
        TimedOut("headers", sent=True),
    ],
)
async def test_what_may_have_been_done_is_asked_of_another_target(
    ambiguous: UpstreamFault,
) -> None:
    world, client = World(ambiguous, Said(CHAT_ANSWER)), Client()
    made = exchange(client, candidate(provider("a", keys=("1", "2"))), candidate(provider("b")))
    await world.run(made)
    assert world.vendors.keys == ["Bearer sk-a-1", "Bearer sk-b-k1"]
    assert client.headers[b"x-gateway-provider"] == b"b"
    assert made.attempts[0].sent


async def test_what_was_never_sent_may_be_asked_again() -> None:
    world = World(TimedOut("connect", sent=False), Said(CHAT_ANSWER))
    made, client = await asked(world, two_keys())
    assert client.body == CHAT_ANSWER
    assert not made.attempts[0].sent


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (error(400, "bad temperature", param="temperature"), 400),
        (
            error(400, "This model's maximum context length is 5", code="context_length_exceeded"),
            400,
        ),
        (error(400, "flagged", code="content_filter"), 400),
        (error(422), 422),
        (error(413), 413),
    ],
)
async def test_an_error_of_the_clients_passes_as_it_is(said: Said, status: int) -> None:
    body = bytes(said._pieces[0])  # type: ignore[arg-type]  # noqa: SLF001
    world = World(said, Said(CHAT_ANSWER))
    made, client = await asked(world, two_keys())
    assert (client.status, client.body) == (status, body)
    assert len(made.attempts) == 1
    assert made.status in {"client_error", "blocked"}
    assert client.headers[b"content-type"] == b"application/json"


async def test_an_error_of_the_clients_is_not_outranked_by_an_earlier_limit() -> None:
    world = World(error(429), error(400))
    _, client = await asked(world, two_keys())
    assert client.status == 400


async def test_a_vendors_limit_passes_with_its_headers() -> None:
    limits = {"retry-after": "7", "retry-after-ms": "7000", "x-should-retry": "true", "server": "x"}
    world = World(error(429, headers=limits))
    _, client = await asked(world, exchange(Client()))
    assert client.status == 429
    assert client.headers[b"retry-after"] == b"7"
    assert client.headers[b"retry-after-ms"] == b"7000"
    assert client.headers[b"x-should-retry"] == b"true"
    assert b"server" not in client.headers


async def test_of_several_limits_the_one_that_ends_first_is_told() -> None:
    world = World(
        error(429, "a", {"retry-after": "60"}),
        error(429, "b", {"retry-after": "9"}),
        error(500, "c"),
    )
    made = exchange(Client(), candidate(provider(keys=("1", "2", "3"))))
    _, client = await asked(world, made)
    assert client.status == 429
    assert client.headers[b"retry-after"] == b"9"
    assert b'"b"' in client.body
    assert made.delivered is made.attempts[1]


@pytest.mark.parametrize(
    ("said", "wait"),
    [({}, b"5"), ({"retry-after": "garbage"}, b"garbage"), ({"retry-after-ms": "1"}, b"1")],
)
async def test_a_limit_says_when_to_come_back(said: dict[str, str], wait: bytes) -> None:
    world = World(*(error(429, headers=said) for _ in range(3)))
    _, client = await asked(world, exchange(Client(), headers={b"x-request-timeout-ms": b"60"}))
    assert client.headers[b"retry-after"] == wait


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([ConnectFailed("x")], "upstream_error"),
        ([BadAnswer("x")], "upstream_error"),
        ([BadCall("x")], "upstream_error"),
        ([error(401)], "upstream_credential"),
        ([error(402)], "upstream_quota"),
        ([error(429, code="insufficient_quota")], "upstream_quota"),
        ([TimedOut("headers", sent=True)], "timeout"),
        ([PoolExhausted("x"), ConnectFailed("x")], "overloaded"),
        ([Said(b"<html>", status=500)], "upstream_error"),
        ([Said(b"<html>", status=422)], "invalid_request"),
        ([Said(b'{"error":{"message":"no"}}')], "upstream_error"),
    ],
)
async def test_what_is_not_the_clients_to_see_is_told_in_our_words(
    answers: list[Said | UpstreamFault], kind: str
) -> None:
    world = World(*answers)
    of = provider(timeouts=Timeouts(total_ms=80))
    _, client = await asked(world, exchange(Client(), candidate(of)))
    assert client.sent == []
    assert world.refused is not None
    assert world.refused.kind == kind
    assert "sk-" not in world.refused.message
    assert "<html" not in world.refused.message


async def test_usage_of_an_answer_nobody_saw_is_not_the_clients() -> None:
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n'
    broken = Said(STREAM[0], usage, Disconnected("reset", sent=True), headers=SSE)
    world = World(broken, error(400))
    made = exchange(Client(), candidate(provider(keys=("1", "2"))), stream=True)
    await asked(world, made)
    assert made.usage.input_tokens is None
    assert made.error is not None


async def test_a_refused_address_is_named_as_such_and_not_shown() -> None:
    world = World(AddressRefused("10.1.2.3 is private"))
    await world.run(exchange(Client(), candidate(provider(keys=("1", "2")))))
    assert len(world.vendors.calls) == 1
    assert world.refused is not None
    assert world.refused.code == "upstream_blocked"
    assert "10.1.2.3" not in world.refused.message


async def test_a_secret_in_an_error_is_masked() -> None:
    world = World(error(400, "Incorrect key sk-acme-k1 given", headers={"x-echo": "sk-acme-k1"}))
    _, client = await asked(world, exchange(Client()))
    assert b"Incorrect key *** given" in client.body
    assert not any(b"sk-acme" in value for value in client.headers.values())


async def test_without_candidates_credentials_or_hope_nobody_is_asked() -> None:
    world = World()
    await world.run(exchange(Client(), candidate(provider(keys=()))))
    assert world.refused is not None
    assert (world.refused.code, world.refused.http_status) == ("no_candidate", 503)
    assert world.refused.retry_after == 5


async def test_a_rejected_credential_is_used_once_and_announced() -> None:
    world = World(error(401), *(Said(CHAT_ANSWER) for _ in range(6)))
    of = provider(keys=("1", "2", "3"))
    for _ in range(6):
        client = Client()
        await world.run(exchange(client, candidate(of)))
        assert client.status == 200
    assert world.vendors.keys.count("Bearer sk-acme-1") == 1
    assert [change.state for change in world.announced] == ["quarantined"]


async def test_a_used_up_retry_budget_ends_the_walk() -> None:
    world = World(error(500), Said(CHAT_ANSWER))
    for _ in range(3):
        world.retry_budget.begin("p-acme", extra=True)
    made, client = await asked(world, two_keys())
    assert client.status == 500
    assert len(made.attempts) == 1


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
    for to, headers_s in ((target(), 2.0), (target(reasoning=True), 3.0)):
        world = World(Said(CHAT_ANSWER))
        await world.run(exchange(Client(), candidate(of, to)))
        deadlines = world.vendors.deadlines[0]
        assert (deadlines.connect_s, deadlines.pool_s) == (0.001, 2.0)
        assert (deadlines.headers_s, deadlines.idle_s) == (headers_s, 4.0)


async def test_a_body_that_trickles_runs_out_of_time() -> None:
    drops = [piece for _ in range(100) for piece in (0.02, b" ")]
    world = World(Said(*drops))
    limits = Timeouts(ttft_ms=100, idle_ms=120)
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
        assert client.headers[b"x-switchyard-degraded"] == b"a-1"


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
