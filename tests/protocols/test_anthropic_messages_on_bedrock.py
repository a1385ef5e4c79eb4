"""Claude's events in Bedrock's messages: out of them, and as they are."""

import base64
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.anthropic_messages.envelopes import ChunkSplitter, ChunkWriter, enclosed, event_in
from protocols.anthropic_messages.on_bedrock import EnclosedMessages, OpenedMessages
from protocols.errors import DecodeError, Problem
from protocols.framing.aws import PING_MESSAGE, AwsSplitter, read_message, write_event
from protocols.framing.aws import write_exception as exception
from protocols.framing.sse import SseSplitter
from tests.protocols.corpus import needs_corpus, records
from tests.protocols.corpus.exchanges import wire_of

OPENED = OpenedMessages()
ENCLOSED = EnclosedMessages()
DELTA = b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}'
CAP = 1 << 20


def chunk(data: bytes) -> bytes:
    return write_event("chunk", msgspec.json.encode({"bytes": base64.b64encode(data).decode()}))


def test_an_event_comes_out_as_it_went_in() -> None:
    assert event_in(chunk(DELTA)) == b"event: content_block_delta\ndata: %b\n\n" % DELTA
    broken = b'{"type":"ping",\r\n "a":1}'
    assert event_in(chunk(broken)) == b'event: ping\ndata: {"type":"ping",\ndata:  "a":1}\n\n'


@pytest.mark.parametrize(
    "message",
    [
        PING_MESSAGE,
        write_event("chunk", b"{}"),
        write_event("other", b'{"bytes":"e30="}'),
        write_event("chunk", b"not json"),
        write_event("chunk", b'{"bytes":""}'),
    ],
)
def test_what_carries_nothing_says_nothing(message: bytes) -> None:
    assert event_in(message) == b""
    assert not ENCLOSED.is_meaningful(message)


def test_what_is_no_base64_is_damage() -> None:
    with pytest.raises(DecodeError, match="no base64"):
        event_in(write_event("chunk", b'{"bytes":"?"}'))


def test_data_of_no_known_type_are_an_event_without_a_name() -> None:
    assert event_in(chunk(b"{}")) == b"data: {}\n\n"
    assert event_in(chunk(b'{"type":"a\\ndata: b"}')) == b'data: {"type":"a\\ndata: b"}\n\n'


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("throttlingException", "rate_limit_error"),
        ("validationException", "invalid_request_error"),
        ("serviceUnavailableException", "overloaded_error"),
        ("modelTimeoutException", "timeout_error"),
        ("internalServerException", "api_error"),
        ("modelStreamErrorException", "api_error"),
    ],
)
def test_an_exception_is_an_error_event(kind: str, error: str) -> None:
    told = event_in(exception(kind, b'{"message":"m"}'))
    assert told == (
        b'event: error\ndata: {"type":"error","error":{"type":"%b","message":"m"}}\n\n'
        % error.encode()
    )
    assert b'"message":""' in event_in(exception(kind, b"x"))


def test_a_part_of_a_message_is_nothing() -> None:
    splitter = OPENED.splitter(cap=CAP)
    assert splitter.feed(chunk(DELTA) + PING_MESSAGE + chunk(DELTA)[:9]) == [event_in(chunk(DELTA))]
    assert splitter.close() == b""
    assert ENCLOSED.completed(b"data: {}") == b""


def test_messages_are_read_where_they_stay_as_they_are() -> None:
    observer = ENCLOSED.observer(hide_usage=False)
    assert observer.feed(PING_MESSAGE)
    assert observer.feed(chunk(DELTA))
    assert observer.content
    assert observer.seen() == event_in(chunk(DELTA))
    assert observer.seen() == b""
    assert ENCLOSED.is_meaningful(chunk(DELTA))
    assert not ENCLOSED.is_meaningful(chunk(b'{"type":"ping"}'))
    frame = ENCLOSED.frame(chunk(DELTA))
    assert (frame.event, frame.data) == ("content_block_delta", DELTA)


def test_what_the_gateway_adds_is_in_messages_too() -> None:
    [last] = AwsSplitter(cap=CAP).feed(ENCLOSED.last_event)
    assert event_in(last) == OPENED.last_event
    told = ENCLOSED.error_event(Problem(kind="overloaded", message="later"), "req_1")
    frame = read_message(told)
    assert (frame.exception, frame.event) == (True, "serviceUnavailableException")
    assert OPENED.stream_content_type == ENCLOSED.stream_content_type


def test_a_body_loses_what_the_path_says() -> None:
    body = b'{"stream":true,"model":"m","temperature":1.0,"anthropic_version":"x"}'
    assert enclosed(body, version="v", betas=" a,, b ") == (
        b'{"temperature":1.0,"anthropic_version":"v","anthropic_beta":["a","b"]}'
    )
    assert enclosed(b"{}", version="v", betas="") == b'{"anthropic_version":"v"}'


def test_in_and_out_again_changes_no_event() -> None:
    events = [event_in(chunk(DELTA)), event_in(exception("throttlingException", b"{}"))]
    writer, splitter = ChunkWriter(cap=CAP), ChunkSplitter(cap=CAP)
    assert splitter.feed(writer.feed(b"".join(events)) + writer.close()) == events


@given(st.binary(max_size=200), st.sampled_from([None, "chunk", "other"]))
def test_whatever_a_message_carries_is_an_event_or_damage(data: bytes, name: str | None) -> None:
    raw = chunk(data) if name is None else write_event(name, data)
    splitter = OPENED.splitter(cap=CAP)
    try:
        events = splitter.feed(raw)
    except DecodeError:
        return
    for event in events:
        assert SseSplitter(cap=CAP).feed(event) == [event]


@needs_corpus
def test_recorded_streams_are_opened_as_somebody_else_opens_them() -> None:
    found = 0
    for record in records("bedrock.invoke_stream", everything=True):
        body = record.response.body
        if b'"anthropic_version"' not in record.request.body or record.response.status != 200:
            continue
        found += 1
        edges = [*range(0, len(body), 61), len(body)]
        splitter = OPENED.splitter(cap=CAP)
        events = [each for a, b in pairwise(edges) for each in splitter.feed(body[a:b])]
        assert b"".join(events) == wire_of(record), record.id
        assert splitter.close() == b""
    assert found > 10
