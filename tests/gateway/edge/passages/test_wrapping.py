"""Clients who do not take their dialect's events as they are."""

import base64
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from gateway.edge.errors import GatewayError
from gateway.edge.exchange import Exchange
from gateway.edge.operations.surfaces import MESSAGES
from gateway.edge.passages.wrapping import dialect_of_errors
from gateway.edge.pipeline import run
from gateway.edge.stages.decode import decode
from protocols.framing.aws import CONTENT_TYPE, AwsSplitter, read_message
from tests.gateway.edge.house import House
from tests.gateway.edge.plane import bearer, plane
from tests.gateway.edge.plane import exchange as arrived
from tests.gateway.edge.questions.test_translation import EVENTS
from tests.gateway.edge.vendors import (
    JSON,
    SSE,
    Client,
    Said,
    World,
    candidate,
    exchange,
    provider,
)

BODY = b'{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"messages":[]}'


def carried(client: Client, *, stream: bool = True) -> Exchange:
    chosen = candidate(provider(kind="anthropic"), operation=MESSAGES)
    made = exchange(client, chosen, operation=MESSAGES, stream=stream)
    made.arrival = replace(made.arrival, envelope="bedrock", path_stream=stream)
    return made


def messages(body: bytes) -> list[Any]:
    return [read_message(raw) for raw in AwsSplitter(cap=1_000_000).feed(body)]


async def test_the_events_of_claude_reach_clients_of_aws_in_its_messages() -> None:
    client = Client()
    await World(Said(*EVENTS, headers=SSE)).run(carried(client))

    told = messages(client.body)
    assert client.headers[b"content-type"] == CONTENT_TYPE
    assert {message.event for message in told} == {"chunk"}
    inside = [
        msgspec.json.decode(base64.b64decode(msgspec.json.decode(message.data)["bytes"]))
        for message in told
    ]
    assert [each["type"] for each in inside][::6] == ["message_start", "message_stop"]


async def test_an_error_in_a_stream_is_an_exception_there() -> None:
    client = Client()
    await World(Said(*EVENTS[:3], headers=SSE)).run(carried(client))

    *_, last = messages(client.body)
    assert (last.exception, last.event) == (True, "internalServerException")


async def test_a_sign_of_life_is_wrapped_too() -> None:
    client = Client()
    world = World(Said(*EVENTS[:3], 0.2, *EVENTS[3:], headers=SSE), stream_keepalive_s=0.05)
    await world.run(carried(client))

    inside = [msgspec.json.decode(message.data)["bytes"] for message in messages(client.body)]
    assert base64.b64encode(b'{"type": "ping"}').decode() in inside


async def test_an_error_of_the_vendor_is_told_as_bedrock_tells_it() -> None:
    body = b'{"type":"error","error":{"type":"invalid_request_error","message":"So it is."}}'
    world, client = World(Said(body, status=400, headers=JSON)), Client()
    made = carried(client)
    await world.run(made)

    assert client.sent == []  # the pipeline tells it
    assert world.refused is not None
    assert world.refused.message == "So it is."
    assert dialect_of_errors(made) == "bedrock.converse"


async def test_an_envelope_is_opened_before_anybody_reads_it() -> None:
    runtime = plane()
    made = arrived(
        runtime,
        body=b'{"anthropic_version":"2023-06-01","anthropic_beta":["a","b"],"messages":[]}',
        operation=MESSAGES,
        path_model="claude",
        path_stream=True,
        envelope="vertex",
    )
    await decode(made, runtime)

    assert msgspec.json.decode(made.body) == {"messages": [], "model": "claude", "stream": True}
    assert (made.model, made.asked_stream) == ("claude", True)
    assert made.arrival.headers[b"anthropic-version"] == b"2023-06-01"
    assert made.arrival.headers[b"anthropic-beta"] == b"a,b"
    assert made.arrival.headers.items() >= bearer().items()


async def test_what_is_in_an_envelope_must_be_claudes() -> None:
    runtime = plane()
    made = arrived(
        runtime,
        body=b'{"anthropic_beta":"a","messages":[]}',
        operation=MESSAGES,
        path_model="claude",
        path_stream=False,
        envelope="bedrock",
    )
    with pytest.raises(GatewayError) as raised:
        await decode(made, runtime)

    assert raised.value.problem.param == "anthropic_beta"


async def test_a_refusal_has_the_shape_that_the_envelope_promises() -> None:
    house = House()
    made = arrived(
        house.worker, body=BODY, operation=MESSAGES, path_model="nothing", envelope="bedrock"
    )
    await run(made, house.worker)

    start, body = made.state["sent"]
    assert start["status"] == 404
    assert dict(start["headers"])[b"x-amzn-errortype"] == b"ResourceNotFoundException"
    assert "message" in msgspec.json.decode(body["body"])
