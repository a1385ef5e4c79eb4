"""Answers for clients who do not take their dialect's events as they are.

one JSON array      Google's clients that do not ask for events
Bedrock's messages  Claude's clients that believe to talk to AWS
"""

from typing import Final, Protocol

from msgspec import Struct

from gateway.edge.exchange import Exchange
from gateway.edge.operations.listed import is_listed
from protocols.anthropic_messages.envelopes import ChunkWriter
from protocols.framing.aws import CONTENT_TYPE
from protocols.framing.json_array import ArrayWriter
from protocols.ir import Dialect

CAP_BYTES: Final = 67_108_864  # whatever was let in may go out
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
    return is_listed(arrival.operation.dialect, arrival.query, stream=arrival.path_stream)


def dialect_of_errors(exchange: Exchange) -> Dialect:
    """In which an error is told before there is a stream."""
    arrival = exchange.arrival
    if arrival.errors_in is not None:
        return arrival.errors_in
    return "bedrock.converse" if arrival.envelope == "bedrock" else arrival.operation.dialect
