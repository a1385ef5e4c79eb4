"""The stage against the mock provider: what its knobs do to a client."""

import msgspec
import pytest

from gateway.edge.accounting.bounds import deviates
from gateway.edge.egress.mock_transport import MockTransport
from gateway.edge.exchange import Exchange
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import CHAT, EMBEDDINGS, MESSAGES
from providers.specs import ProviderSpec, Timeouts
from tests.gateway.edge.vendors import (
    Client,
    Vendors,
    World,
    candidate,
    exchange,
    provider,
    target,
)

CHATS = (CHAT, MESSAGES)
QUICK = "ttft_ms=0;tps=0"


def mock(**timeouts: int) -> ProviderSpec:
    limits = Timeouts(**timeouts)
    return provider("mock", kind="mock", base_url="mock:", keys=(), simulated=True, timeouts=limits)


async def asked(
    model: str, *, operation: Operation = CHAT, stream: bool = False, **timeouts: int
) -> tuple[Exchange, Client, World]:
    body = {
        "model": model,
        "max_tokens": 50,
        "stream": stream,
        "messages": [{"role": "user", "content": "one two three"}],
        "input": "one two",
    }
    unwanted = "messages" if operation is EMBEDDINGS else "input"
    del body[unwanted]
    client = Client()
    chosen = candidate(mock(**timeouts), target(model), operation=operation)
    world = World(upstream=MockTransport(Vendors()))
    made = exchange(
        client, chosen, body=msgspec.json.encode(body), stream=stream, operation=operation
    )
    await world.run(made)
    return made, client, world


@pytest.mark.parametrize("operation", CHATS)
@pytest.mark.parametrize("stream", [True, False])
async def test_the_mock_answers_and_says_what_it_used(
    operation: Operation, *, stream: bool
) -> None:
    made, client, _ = await asked(f"mock-echo;{QUICK}", operation=operation, stream=stream)
    assert client.status == 200
    assert client.is_complete
    assert b"one" in client.body
    assert made.error is None
    assert made.usage.input_tokens
    assert made.usage.output_tokens
    assert made.stop in {"stop", "end_turn"}
    if stream and operation is CHAT:
        assert b'"usage"' not in client.body.replace(b'"usage":null', b"")
        assert client.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("operation", CHATS)
@pytest.mark.parametrize("stream", [True, False])
async def test_its_lies_are_noticed(operation: Operation, *, stream: bool) -> None:
    """F-21."""
    made, _, _ = await asked(f"mock-echo;{QUICK};usage=lie", operation=operation, stream=stream)
    honest, _, _ = await asked(f"mock-echo;{QUICK}", operation=operation, stream=stream)
    assert made.usage.output_tokens
    assert deviates(made)
    assert not deviates(honest)


async def test_the_mock_embeds() -> None:
    made, client, _ = await asked(f"mock-embed;{QUICK}", operation=EMBEDDINGS)
    assert client.status == 200
    assert made.usage.input_tokens


@pytest.mark.parametrize("operation", CHATS)
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("status", [400, 404, 418, 429, 500, 503, 529])
async def test_its_errors_pass_as_they_are(
    operation: Operation, status: int, *, stream: bool
) -> None:
    model = f"mock-echo;{QUICK};fail={status};retry_after=9"
    made, client, _ = await asked(model, operation=operation, stream=stream)
    assert client.status == status
    assert b"error" in client.body
    assert client.is_complete
    assert made.error is not None


@pytest.mark.parametrize("status", [401, 402])
async def test_what_it_says_of_our_credential_does_not(status: int) -> None:
    _, client, world = await asked(f"mock-echo;{QUICK};fail={status}")
    assert client.sent == []
    assert world.refused is not None
    assert world.refused.kind in {"upstream_credential", "upstream_quota"}


@pytest.mark.parametrize("operation", CHATS)
@pytest.mark.parametrize("event", ["started", "text_delta", "block_ended"])
async def test_its_streams_break_invisibly_or_once(operation: Operation, event: str) -> None:
    model = f"mock-echo;{QUICK};fail_at={event}"
    made, client, world = await asked(model, operation=operation, stream=True)
    assert made.error is not None
    if event != "block_ended":
        assert client.sent == []
        assert world.refused is not None
    else:
        assert client.is_complete
        assert client.body.count(b'"error"') >= 1
        assert b"[DONE]" not in client.body
        assert b"message_stop" not in client.body


@pytest.mark.parametrize("event", ["headers", "started", "text_delta"])
async def test_its_silences_run_out_of_time(event: str) -> None:
    model = f"mock-echo;{QUICK};hang={event}"
    made, client, world = await asked(model, stream=True, ttft_ms=80, idle_ms=80, total_ms=2_000)
    assert made.attempts[0].verdict == "timeout"
    if event == "text_delta" and client.sent:
        assert client.body.count(b'"error"') == 1
    else:
        assert world.refused is not None
        assert world.refused.http_status == 504


async def test_missing_usage_is_not_made_up() -> None:
    made, client, _ = await asked(f"mock-echo;{QUICK};usage=missing", stream=True)
    assert client.is_complete
    assert made.usage.output_tokens is None
