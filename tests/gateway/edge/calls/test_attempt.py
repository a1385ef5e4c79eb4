"""The stage from candidates to an answer."""

from typing import Any

import pytest
from msgspec.structs import replace

from gateway.edge.egress.upstream import (
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
from gateway.edge.exchange import Exchange
from gateway.edge.operations.surfaces import COUNT_TOKENS, EMBEDDINGS
from providers.adapters.registry import ADAPTERS
from providers.specs import Timeouts
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


async def test_a_surface_is_called_where_it_is_whatever_the_base_url() -> None:
    elsewhere = ADAPTERS["openai"].surfaces("https://eu.example.com/v1")
    world = World(Said(CHAT_ANSWER))
    await asked(world, exchange(Client(), candidate(replace(provider(), surfaces=elsewhere))))
    assert world.vendors.calls[0].url == "https://eu.example.com/v1/chat/completions"
    assert world.vendors.origins == ["https://eu.example.com/v1"]


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
    assert world.refused.message.endswith("at the moment: acme has no credential.")


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
