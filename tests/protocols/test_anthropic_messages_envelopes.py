"""Requests and streams of Claude as Vertex and Bedrock carry them."""

import base64

import msgspec
import pytest

from protocols.anthropic_messages.envelopes import ChunkWriter, opened
from protocols.errors import DecodeError
from protocols.framing.aws import AwsSplitter, read_message

START = b'event: message_start\ndata: {"type": "message_start",  "message":{}}\n\n'
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
CAP = 1 << 16


def messages(stream: bytes) -> list[tuple[str | None, dict[str, str]]]:
    frames = map(read_message, AwsSplitter(cap=CAP).feed(stream))
    return [(frame.event, msgspec.json.decode(frame.data)) for frame in frames]


def test_what_the_path_and_the_body_say_changes_places() -> None:
    body = b'{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["a","b"],"messages":[1.0]}'
    request = opened(body, model="claude", stream=True)
    assert request.body == b'{"messages":[1.0],"model":"claude","stream":true}'
    assert request.headers == {"anthropic-beta": "a,b"}


def test_what_the_body_says_of_the_model_does_not_count() -> None:
    body = b'{"model":"x","stream":true,"anthropic_version":"2026-10-21"}'
    request = opened(body, model="claude", stream=False)
    assert request.body == b'{"model":"claude"}'
    assert request.headers == {"anthropic-version": "2026-10-21"}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"anthropic_version":5}', b'{"anthropic_beta":5}'])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        opened(body, model="claude", stream=False)


@pytest.mark.parametrize("beta", ["\u65e5\u672c", "a\r\nx-evil: 1", "a\x00", "", "a b"])
def test_what_no_header_can_hold_is_no_beta(beta: str) -> None:
    body = msgspec.json.encode({"anthropic_beta": ["fine", beta]})
    with pytest.raises(DecodeError) as refused:
        opened(body, model="claude", stream=False)
    assert refused.value.path == "anthropic_beta[1]"


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_events_are_carried_as_they_are(size: int) -> None:
    writer = ChunkWriter(cap=CAP)
    stream = START + b": a comment\n\n" + PING
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    told = messages(b"".join(map(writer.feed, pieces)) + writer.close())
    assert [event for event, _ in told] == ["chunk", "chunk"]
    assert [base64.b64decode(said["bytes"]) for _, said in told] == [
        b'{"type": "message_start",  "message":{}}',
        b'{"type": "ping"}',
    ]


def test_an_event_that_was_not_ended_is_carried_too() -> None:
    writer = ChunkWriter(cap=CAP)
    assert writer.feed(PING.strip()) == b""
    ((event, _),) = messages(writer.close())
    assert event == "chunk"


@pytest.mark.parametrize(
    ("error", "exception"),
    [
        ({"type": "overloaded_error", "message": "m"}, "serviceUnavailableException"),
        ({"type": "moon_error", "message": "m"}, "modelStreamErrorException"),
    ],
)
def test_an_error_is_an_exception(error: dict[str, str], exception: str) -> None:
    data = msgspec.json.encode({"type": "error", "error": error})
    writer = ChunkWriter(cap=CAP)
    stream = writer.feed(b"event: error\ndata: " + data + b"\n\n")
    (frame,) = map(read_message, AwsSplitter(cap=CAP).feed(stream))
    assert (frame.event, frame.exception, frame.data) == (exception, True, b'{"message":"m"}')
