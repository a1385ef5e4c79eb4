"""Claude on Bedrock from the stage that calls vendors on: in the envelope and out of it again."""

import base64
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from gateway.edge.egress.upstream import Disconnected
from gateway.edge.exchange import Exchange
from gateway.edge.operations.surfaces import MESSAGES
from gateway.edge.questions.asking import must_be_read, to_fetch
from protocols.framing.aws import (
    CONTENT_TYPE,
    PING_MESSAGE,
    AwsSplitter,
    read_message,
    write_event,
    write_exception,
)
from protocols.framing.sse import SseSplitter, read_event
from protocols.ir import Dialect
from providers.adapters.registry import ADAPTERS
from tests.gateway.edge.vendors import (
    JSON,
    Client,
    Said,
    World,
    candidate,
    exchange,
    provider,
    target,
)

BASE_URL: Final = "https://bedrock-runtime.eu-west-1.amazonaws.com"
MODEL: Final = "us.anthropic.claude:0"
MESSAGES_DIALECT: Final[Dialect] = "anthropic.messages"
BODY: Final = b'{"model":"m","max_tokens":9,"stream":true,"messages":[],"odd": 1.0}'
EVENTS: Final = {"content-type": CONTENT_TYPE.decode()}
METRICS: Final = b'"amazon-bedrock-invocationMetrics":{"inputTokenCount":9,"outputTokenCount":9}'
SAID: Final = (
    b'{"type":"message_start","message":{"id":"msg_bdrk_1","usage":{"input_tokens":5}}}',
    b'{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
    b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello you"}}',
    b'{"type":"content_block_stop","index":0}',
    b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}',
    b'{"type":"message_stop",' + METRICS + b"}",
)
ANSWER: Final = (
    b'{"id":"msg_bdrk_1","type":"message","content":[{"type":"text","text":"Hello"}],'
    b'"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":2}, "odd": 1.0}'
)


def chunk(data: bytes) -> bytes:
    """With padding, as Bedrock sends it."""
    payload = b'{"bytes":"%b","p":"abcdefgh"}' % base64.b64encode(data)
    return write_event("chunk", payload)


STREAM: Final = tuple(map(chunk, SAID))
THROTTLED: Final = write_exception("throttlingException", b'{"message":"slow down"}')


def asked(
    client: Client, *, envelope: Any = None, stream: bool = False, body: bytes = BODY
) -> Exchange:
    of = provider("aws", kind="bedrock", base_url=BASE_URL)
    of = replace(of, surfaces=ADAPTERS["bedrock"].surfaces(BASE_URL))
    chosen = candidate(of, target(upstream=MODEL), operation=MESSAGES)
    surface = next(one for one in of.surfaces if one.dialect == MESSAGES_DIALECT)
    chosen = replace(chosen, surface=surface)
    made = exchange(client, chosen, body=body, stream=stream, operation=MESSAGES)
    made.arrival = replace(made.arrival, envelope=envelope)
    return made


def in_messages(body: bytes) -> list[bytes]:
    frames = map(read_message, AwsSplitter(cap=1_000_000).feed(body))
    return [base64.b64decode(msgspec.json.decode(frame.data)["bytes"]) for frame in frames]


def in_events(body: bytes) -> list[bytes]:
    return [read_event(event).data for event in SseSplitter(cap=1_000_000).feed(body)]


async def test_a_whole_answer_is_forwarded_byte_for_byte() -> None:
    world, client = World(Said(ANSWER, headers=JSON)), Client()
    made = asked(client)
    await world.run(made)
    [call] = world.vendors.calls
    assert call.url == f"{BASE_URL}/model/us.anthropic.claude%3A0/invoke"
    assert call.body == (
        b'{"max_tokens":9,"messages":[],"odd":1.0,"anthropic_version":"bedrock-2023-05-31"}'
    )
    assert client.body == ANSWER
    assert (made.lane, made.usage.output_tokens, made.stop) == ("native", 2, "end_turn")


@pytest.mark.parametrize("size", [7, 100, 10_000])
async def test_clients_of_anthropic_take_events(size: int) -> None:
    stream = b"".join(STREAM[:1]) + PING_MESSAGE + b"".join(STREAM[1:])
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    world, client = World(Said(*pieces, headers=EVENTS)), Client()
    made = asked(client, stream=True)
    await world.run(made)
    [call] = world.vendors.calls
    assert call.url.endswith("/invoke-with-response-stream")
    assert client.headers[b"content-type"].startswith(b"text/event-stream")
    assert client.body.startswith(b"event: message_start\ndata: ")
    assert in_events(client.body) == list(SAID)
    assert (made.usage.input_tokens, made.usage.output_tokens, made.stop) == (5, 2, "end_turn")
    assert (made.events, made.text_bytes) == (1, len("Hello you"))


@pytest.mark.parametrize("size", [7, 100, 10_000])
async def test_clients_of_bedrock_take_its_messages_as_they_are(size: int) -> None:
    stream = b"".join(STREAM)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    world, client = World(Said(*pieces, headers=EVENTS)), Client()
    made = asked(client, envelope="bedrock", stream=True)
    await world.run(made)
    assert client.headers[b"content-type"] == CONTENT_TYPE
    assert client.body == stream
    assert (made.usage.input_tokens, made.usage.output_tokens, made.stop) == (5, 2, "end_turn")
    assert (made.events, made.text_bytes) == (1, len("Hello you"))


@pytest.mark.parametrize("envelope", [None, "bedrock"])
async def test_nothing_is_told_of_a_stream_that_fails_before_its_content(envelope: Any) -> None:
    world, client = World(Said(STREAM[0], THROTTLED, headers=EVENTS)), Client()
    made = asked(client, envelope=envelope, stream=True)
    await world.run(made)
    assert client.sent == []
    assert world.refused is not None
    assert world.refused.kind == "rate_limited"


async def test_an_exception_is_an_error_event_for_clients_of_anthropic() -> None:
    world, client = World(Said(*STREAM[:3], THROTTLED, headers=EVENTS)), Client()
    made = asked(client, stream=True)
    await world.run(made)
    *_, last = in_events(client.body)
    said: Any = msgspec.json.decode(last)
    assert said["type"] == "error"
    assert said["error"] == {"type": "rate_limit_error", "message": "slow down"}
    assert made.error is not None


async def test_an_exception_stays_one_for_clients_of_bedrock() -> None:
    world, client = World(Said(*STREAM[:3], THROTTLED, headers=EVENTS)), Client()
    made = asked(client, envelope="bedrock", stream=True)
    await world.run(made)
    assert client.body == b"".join(STREAM[:3]) + THROTTLED
    assert made.error is not None
    assert made.error.kind == "rate_limited"


@pytest.mark.parametrize("envelope", [None, "bedrock"])
async def test_a_stream_that_breaks_off_ends_in_one_error(envelope: Any) -> None:
    world, client = World(Said(*STREAM[:3], STREAM[3][:9], headers=EVENTS)), Client()
    made = asked(client, envelope=envelope, stream=True)
    await world.run(made)
    assert made.error is not None
    if envelope is None:
        *said, last = in_events(client.body)
        assert said == list(SAID[:3])
        assert b'"error"' in last
    else:
        before = b"".join(STREAM[:3])
        assert client.body.startswith(before)
        [last] = AwsSplitter(cap=1_000_000).feed(client.body[len(before) :])
        assert read_message(last).exception


@pytest.mark.parametrize("envelope", [None, "bedrock"])
async def test_a_stream_that_said_why_it_stopped_is_closed(envelope: Any) -> None:
    world, client = (
        World(Said(*STREAM[:5], Disconnected("cut", sent=True), headers=EVENTS)),
        Client(),
    )
    made = asked(client, envelope=envelope, stream=True)
    await world.run(made)
    told = in_events(client.body) if envelope is None else in_messages(client.body)
    assert told == [*SAID[:5], b'{"type":"message_stop"}']
    assert made.error is None


@pytest.mark.parametrize("envelope", [None, "bedrock"])
async def test_a_sign_of_life_is_in_the_client_s_envelope(envelope: Any) -> None:
    said = Said(*STREAM[:3], 0.2, *STREAM[3:], headers=EVENTS)
    world, client = World(said, stream_keepalive_s=0.05), Client()
    await world.run(asked(client, envelope=envelope, stream=True))
    told = in_events(client.body) if envelope is None else in_messages(client.body)
    assert b'{"type": "ping"}' in told
    assert [each for each in told if b'"ping"' not in each] == list(SAID)


async def test_a_refusal_of_bedrocks_is_told_as_anthropic_tells_it() -> None:
    body = b'{"message":"messages: at least one message is required"}'
    headers = {**JSON, "x-amzn-errortype": "ValidationException:http://internal/coral/"}
    world, client = World(Said(body, status=400, headers=headers)), Client()
    await world.run(asked(client))
    assert client.sent == []
    assert world.refused is not None
    assert (world.refused.kind, world.refused.http_status) == ("invalid_request", 400)
    assert world.refused.message == "messages: at least one message is required"


PICTURE: Final = "https://pictures.example/a.png"
SHOWN: Final = msgspec.json.encode(
    {
        "model": "m",
        "max_tokens": 9,
        "messages": [
            {
                "role": "user",
                "content": [{"type": "image", "source": {"type": "url", "url": PICTURE}}],
            }
        ],
    }
)


def test_media_that_bedrock_does_not_fetch_are_fetched_here() -> None:
    world = World(Said(ANSWER, headers=JSON))
    made = asked(Client(), body=SHOWN)
    of = made.candidates[0]
    assert to_fetch(made, of) == (PICTURE,)
    assert must_be_read(made, of, world.runtime)


def test_who_fetches_itself_is_asked_in_the_client_s_own_words() -> None:
    world = World(Said(ANSWER, headers=JSON))
    made = asked(Client(), body=SHOWN)
    of = made.candidates[0]
    able = replace(of.target.target, links=frozenset({"https"}))
    fetching = replace(of, target=replace(of.target, target=able))
    elsewhere = replace(of, surface=replace(of.surface, envelope=None))
    for other in (fetching, elsewhere):
        assert to_fetch(made, other) == ()
        assert not must_be_read(made, other, world.runtime)


async def test_a_body_that_must_be_read_is_asked_in_the_envelope_too() -> None:
    world, client = World(Said(*STREAM, headers=EVENTS)), Client()
    said = {
        "model": "m",
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "t", "signature": "c3kxAAAA"}],
            },
            {"role": "user", "content": "go on"},
        ],
    }
    made = asked(client, stream=True, body=msgspec.json.encode(said))
    await world.run(made)
    [call] = world.vendors.calls
    sent: Any = msgspec.json.decode(call.body)
    assert made.lane == "translation"
    assert sent["anthropic_version"] == "bedrock-2023-05-31"
    assert not {"model", "stream"} & sent.keys()
    assert b"Hello you" in client.body
    assert made.error is None
