"""What a client hears when an attempt goes wrong, and of whom an answer is."""

import pytest

from accounts.specs import TenantSpec
from gateway.edge.egress.upstream import BadAnswer, Phase, TimedOut, TooLarge, UpstreamFault
from gateway.edge.errors import CannotCount
from gateway.edge.operations.surfaces import COUNT_TOKENS, MESSAGES
from tests.gateway.edge.calls.test_attempt import asked, error, two_keys
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    JSON,
    ROLE,
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


async def test_headers_of_the_dialect_come_once_and_in_the_gateways_words() -> None:
    said = {**JSON, "openai-version": "2020-10-01", "openai-model": "sk-acme-k1"}
    world, client = World(Said(CHAT_ANSWER, headers=said)), Client()
    await world.run(exchange(client, candidate(to=target("m", upstream="m-2026"))))
    names = [name for name, _ in client.sent[0]["headers"]]
    assert len(names) == len(set(names))
    assert client.headers[b"openai-version"] == b"2020-10-01"
    assert client.headers[b"openai-model"] == b"m"


async def test_anthropics_clients_hear_which_organisation_they_belong_to() -> None:
    world, client = World(Said(b'{"input_tokens":3}')), Client()
    anthropic = provider(kind="anthropic", base_url="https://api.example.com")
    made = exchange(client, candidate(anthropic, operation=COUNT_TOKENS), operation=COUNT_TOKENS)
    made.tenant = TenantSpec(id="tenant-1", slug="acme")
    await world.run(made)
    assert client.headers[b"anthropic-organization-id"] == b"tenant-1"


async def test_a_broken_body_is_no_answer_whatever_its_status() -> None:
    world = World(*(Said(b'{"id":"c",not json}') for _ in range(3)))
    made, client = await asked(world, two_keys())
    assert client.sent == []
    assert world.refused is not None
    assert (world.refused.kind, world.refused.http_status) == ("upstream_error", 502)
    assert {each.verdict for each in made.attempts} == {"protocol_error"}


@pytest.mark.parametrize(
    "said",
    [
        Said(b'"<script>1</script>"', status=400, headers=JSON),
        Said(b'{"error":{"message":"no"}}', status=400, headers={"content-type": "Text/HTML"}),
    ],
)
async def test_what_a_browser_could_run_is_not_passed_on(said: Said) -> None:
    world = World(said)
    _, client = await asked(world, exchange(Client()))
    assert client.sent == []
    assert world.refused is not None
    assert (world.refused.kind, world.refused.http_status) == ("invalid_request", 400)
    assert "script" not in world.refused.message


async def test_a_client_whose_own_key_cannot_be_sent_hears_why() -> None:
    world = World()
    made = two_keys()
    made.vendor_key = "ключ".encode()
    await world.run(made)
    assert world.refused is not None
    assert (world.refused.kind, world.refused.http_status) == ("invalid_request", 400)
    assert world.refused.message == (
        "The request to acme cannot be sent:"
        " the credential sent as authorization is not plain ASCII."
    )
    assert len(made.attempts) == 1


@pytest.mark.parametrize(
    ("phase", "told"),
    [
        ("connect", "acme could not be reached in time."),
        ("headers", "acme did not begin its answer in time."),
        ("body", "acme fell silent in the middle of its answer."),
        ("total", "acme did not finish its answer in time."),
    ],
)
async def test_a_timeout_says_what_was_late(phase: Phase, told: str) -> None:
    world = World(*(TimedOut(phase, sent=True) for _ in range(3)))
    await world.run(exchange(Client()))
    assert world.refused is not None
    assert (world.refused.kind, world.refused.message) == ("timeout", told)


async def test_a_client_in_a_hurry_hears_of_its_own_limit() -> None:
    world = World(Said(CHAT_ANSWER, headers_after_s=5))
    made = exchange(Client(), headers={b"x-request-timeout-ms": b"20"})
    await world.run(made)
    assert world.refused is not None
    assert "x-request-timeout-ms" in world.refused.message


async def test_why_nobody_can_be_asked_is_told() -> None:
    resting, refused = provider("resting"), provider("refused")
    limited = error(429, headers={"retry-after": "60"})
    world = World(limited, error(401))
    for of in (resting, refused):
        await world.run(exchange(Client(), candidate(of)))
    told = world.refused
    await world.run(exchange(Client(), candidate(resting), candidate(refused)))
    assert world.refused is not None
    assert world.refused is not told
    assert world.refused.message.endswith(
        "all credentials of resting are paused; "
        "refused has no credential left that may be used for it."
    )
    assert world.refused.retry_after == pytest.approx(60, abs=1)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Said(b"{}", headers={"content-type": "Image/PNG; x=1"}), "it answered 200 with image/png"),
        (Said(b"{}", headers={"content-type": "sk-acme-k1"}), "with no known content type"),
        (Said(b"[1]"), "it answered 200 with application/json, not a JSON object."),
        (BadAnswer("status 302 is a redirect"), "acme broke the protocol: status 302"),
        (TooLarge("the headers", limit_bytes=9), "takes: the headers above 9 bytes."),
    ],
)
async def test_what_is_wrong_with_an_answer_is_told(said: Said | UpstreamFault, told: str) -> None:
    world = World(said)
    for _ in range(3):
        world.retry_budget.begin("p-acme", extra=True)  # none is left for a second attempt
    await world.run(exchange(Client()))
    assert world.refused is not None
    assert told in world.refused.message


@pytest.mark.parametrize("what", ["the answer", "the stream"])
async def test_too_large_an_answer_is_asked_for_once_and_held_against_nobody(what: str) -> None:
    of = provider(keys=("1", "2"))
    world = World(*(Said(TooLarge(what, limit_bytes=9)) for _ in range(8)))
    for _ in range(8):
        made = exchange(Client(), candidate(of))
        await world.run(made)
        assert len(made.attempts) == 1
        assert world.announced == []


async def test_a_next_target_is_asked_where_one_said_too_much() -> None:
    said = (Said(TooLarge("the answer", limit_bytes=9)), Said(CHAT_ANSWER))
    world, client = World(*said), Client()
    await world.run(exchange(client, candidate(), candidate(provider("other"), target("n"))))
    assert (client.status, client.body) == (200, CHAT_ANSWER)


async def test_a_vendor_that_cannot_count_is_still_asked_for_answers() -> None:
    anthropic = provider(kind="anthropic", base_url="https://api.example.com")
    world, client = (
        World(Said(b"404 page not found", status=404), Said(b'{"content":[]}')),
        Client(),
    )
    counting = candidate(anthropic, operation=COUNT_TOKENS)
    with pytest.raises(CannotCount):
        await world.run(exchange(Client(), counting, operation=COUNT_TOKENS))
    await world.run(exchange(client, candidate(anthropic, operation=MESSAGES), operation=MESSAGES))
    assert client.status == 200
    assert world.announced == []


@pytest.mark.parametrize(
    ("said", "stream"),
    [
        (Said(ROLE, 0.3, *STREAM[1:], headers=SSE), True),
        (Said(0.3, CHAT_ANSWER), False),
        (Said(CHAT_ANSWER, headers_after_s=0.3), False),
    ],
)
async def test_the_vendors_time_is_not_the_gateways(said: Said, *, stream: bool) -> None:
    world, client = World(said), Client()
    await world.run(exchange(client, stream=stream))
    assert int(client.headers[b"x-gateway-response-time"]) >= 290
    assert float(client.headers[b"x-switchyard-overhead-ms"]) < 150
