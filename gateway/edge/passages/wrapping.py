"""Answers for clients who do not take their dialect's events as they are.

one JSON array      Google's clients that do not ask for events
Bedrock's messages  Claude's clients that believe to talk to AWS
"""

from typing import Final, Protocol

from msgspec import Struct

from gateway.edge.exchange import Exchange
from protocols.anthropic_messages.envelopes import ChunkWriter
from protocols.framing.aws import CONTENT_TYPE
from protocols.framing.json_array import ArrayWriter
from protocols.ir import Dialect

CAP_BYTES: Final = 67_108_864  # whatever was let in may go out
ALT_EVENTS: Final = b"alt=sse"
JSON_TYPE: Final = b"application/json"


class Writer(Protocol):
    """Whole events in, what the client takes out."""

    def feed(self, events: bytes) -> bytes: ...
    def close(self) -> bytes: ...


class Wrapping(Struct, frozen=True, kw_only=True):
    content_type: bytes
    writer: Writer
    wraps_pings: bool


def wrapping_of(exchange: Exchange) -> Wrapping | None:
    """Of a stream; None where it goes as it is."""
    if wants_array(exchange):
        array = ArrayWriter(cap=CAP_BYTES)
        return Wrapping(content_type=JSON_TYPE, writer=array, wraps_pings=False)
    if exchange.arrival.envelope == "bedrock" and exchange.asked_stream:
        chunks = ChunkWriter(cap=CAP_BYTES)
        return Wrapping(content_type=CONTENT_TYPE, writer=chunks, wraps_pings=True)
    return None


def wants_array(exchange: Exchange) -> bool:
    arrival = exchange.arrival
    if arrival.operation.dialect != "gemini.generate" or not exchange.asked_stream:
        return False
    return ALT_EVENTS not in arrival.query.split(b"&")


def in_array(body: bytes) -> bytes:
    return b"[" + body + b"]" if body.lstrip()[:1] == b"{" else body


def dialect_of_errors(exchange: Exchange) -> Dialect:
    """In which an error is told before there is a stream."""
    arrival = exchange.arrival
    if arrival.errors_in is not None:
        return arrival.errors_in
    return "bedrock.converse" if arrival.envelope == "bedrock" else arrival.operation.dialect
