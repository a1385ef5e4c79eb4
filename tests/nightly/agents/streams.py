"""The streams that an agent was told, by the path it has asked."""

from base64 import b64decode
from typing import Final

import msgspec

from protocols.ir import Dialect
from tests.clients.wiretap import Exchange
from tests.protocols.client_streams import faults_of_stream
from tests.protocols.client_streams.frames import messages_of

STREAMS: Final = ("text/event-stream", "application/vnd.amazon.eventstream")
INVOKED: Final = "/invoke-with-response-stream"
# How a path ends -> the dialect it is asked in.
PATHS: Final[tuple[tuple[str, Dialect], ...]] = (
    ("/chat/completions", "openai.chat"),
    ("/responses", "openai.responses"),
    ("/messages", "anthropic.messages"),
    (":streamRawPredict", "anthropic.messages"),
    (INVOKED, "anthropic.messages"),
    (":streamGenerateContent", "gemini.generate"),
)


def is_stream(exchange: Exchange) -> bool:
    return exchange.headers.get("content-type", "").startswith(STREAMS)


def faults_of(exchange: Exchange) -> list[str]:
    path = exchange.path.partition("?")[0]
    dialect = next(dialect for end, dialect in PATHS if path.endswith(end))
    body = unwrapped(exchange.body) if path.endswith(INVOKED) else exchange.body
    return faults_of_stream(dialect, body)


def unwrapped(body: bytes) -> bytes:
    """Claude's events, which Bedrock puts into messages of its own."""
    found = b""
    for message in messages_of(body):
        assert message.headers[":event-type"] == "chunk", message.headers
        said = b64decode(msgspec.json.decode(message.payload)["bytes"])
        kind = msgspec.json.decode(said)["type"]
        found += b"event: %b\ndata: %b\n\n" % (kind.encode(), said)
    return found
