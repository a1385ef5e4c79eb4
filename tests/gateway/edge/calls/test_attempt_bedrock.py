"""Bedrock from the stage that calls vendors on: signed as it is called, forwarded as it came."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from gateway.edge.exchange import Exchange
from gateway.edge.operations.surfaces import CONVERSE
from protocols.framing.aws import CONTENT_TYPE, PING_MESSAGE, write_event, write_exception
from providers.adapters.sigv4 import TIME
from tests.gateway.edge.vendors import (
    JSON,
    Client,
    Said,
    Secret,
    World,
    candidate,
    exchange,
    provider,
    target,
)

PAIR: Final = b"AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
BODY: Final = b'{"messages":[{"role":"user","content":[{"text":"hi"}]}],"odd": 1.0}'
BASE_URL: Final = "https://bedrock-runtime.eu-west-1.amazonaws.com"
EVENTS: Final = {"content-type": CONTENT_TYPE.decode()}
ANSWER: Final = msgspec.json.encode(
    {
        "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 5, "outputTokens": 2, "totalTokens": 7},
        "metrics": {"latencyMs": 1},
    }
)


def event(kind: str, **said: object) -> bytes:
    return write_event(kind, msgspec.json.encode(said))


STREAM: Final = (
    event("messageStart", role="assistant"),
    event("contentBlockDelta", contentBlockIndex=0, delta={"text": "Hello"}),
    event("contentBlockStop", contentBlockIndex=0),
    event("messageStop", stopReason="end_turn"),
    event("metadata", usage={"inputTokens": 5, "outputTokens": 2, "totalTokens": 7}),
)


def asked(client: Client, *, stream: bool = False) -> Exchange:
    of = provider("aws", kind="bedrock", base_url=BASE_URL, keys=("k",))
    credential = replace(of.credentials[0], kind="aws_keys")
    of = replace(of, credentials=(credential,))
    to = target(upstream="us.anthropic.claude:0")
    made = exchange(
        client, candidate(of, to, operation=CONVERSE), body=BODY, stream=stream, operation=CONVERSE
    )
    secrets: Any = made.snapshot.secrets
    secrets[credential.id] = Secret(PAIR)
    return made


async def test_a_call_is_signed_for_now_and_answered_byte_for_byte() -> None:
    world, client = World(Said(ANSWER, headers=JSON)), Client()
    made = asked(client)
    await world.run(made)
    [call] = world.vendors.calls
    headers = dict(call.headers)
    assert call.url == f"{BASE_URL}/model/us.anthropic.claude%3A0/converse"
    assert call.body == BODY
    signed_at = datetime.strptime(headers["x-amz-date"], TIME).replace(tzinfo=UTC)
    assert signed_at.timestamp() == pytest.approx(world.runtime.wall(), abs=60)
    assert re.search(r"SignedHeaders=content-type;host;x-amz-date,", headers["authorization"])
    assert client.body == ANSWER
    assert (made.usage.output_tokens, made.stop) == (2, "end_turn")


@pytest.mark.parametrize("size", [7, 100, 10_000])
async def test_a_stream_is_forwarded_in_whole_messages(size: int) -> None:
    stream = b"".join(STREAM[:1]) + PING_MESSAGE + b"".join(STREAM[1:])
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    world, client = World(Said(*pieces, headers=EVENTS)), Client()
    made = asked(client, stream=True)
    await world.run(made)
    [call] = world.vendors.calls
    assert call.url.endswith("/converse-stream")
    assert client.body == stream
    assert client.headers[b"content-type"] == CONTENT_TYPE
    assert (made.usage.output_tokens, made.stop, made.error) == (2, "end_turn", None)


async def test_a_damaged_stream_ends_in_an_exception() -> None:
    damaged = bytearray(STREAM[2])
    damaged[-1] ^= 1
    pieces = (*STREAM[:2], bytes(damaged))
    world, client = World(Said(*pieces, headers=EVENTS)), Client()
    made = asked(client, stream=True)
    await world.run(made)
    assert client.body.startswith(b"".join(STREAM[:2]))
    assert b"modelStreamErrorException" in client.body
    assert made.error is not None


async def test_an_exception_of_the_vendors_is_the_last_word() -> None:
    slow = write_exception("throttlingException", b'{"message":"slow down"}')
    world, client = World(Said(*STREAM[:2], slow, headers=EVENTS)), Client()
    made = asked(client, stream=True)
    await world.run(made)
    assert client.body.startswith(b"".join(STREAM[:2]))
    assert client.body.count(b":exception-type") == 1
    assert made.error is not None
    assert made.error.kind == "rate_limited"
