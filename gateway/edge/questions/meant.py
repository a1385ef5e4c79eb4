"""The request that a client means: the one it sends, or the one whose tokens are asked for.

Law: what is wrapped has the bounds of what is not.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Raw, Struct

from gateway.edge.editing.top_fields import top_level
from gateway.edge.errors import GatewayError
from gateway.edge.exchange import Exchange
from protocols.anthropic_messages.envelopes import opened
from protocols.errors import ProtocolError
from protocols.ir import Dialect
from protocols.registry import COUNT_CODECS

COUNTING: Final = "count_tokens"


class Meant(Struct, frozen=True, kw_only=True):
    dialect: Dialect
    body: bytes
    top: Mapping[str, Raw]
    headers: dict[str, str] = {}  # what an envelope says instead of headers


def meant(exchange: Exchange) -> Meant:
    """Raises ProtocolError where nothing is wrapped, and GatewayError for what is out of bounds."""
    operation, body, top = exchange.arrival.operation, exchange.body, exchange.top
    if operation.what != COUNTING:
        return Meant(dialect=operation.body or operation.dialect, body=body, top=top)
    dialect, body = COUNT_CODECS[operation.dialect].request_in(exchange.body, top)
    if body is exchange.body:
        return Meant(dialect=dialect, body=body, top=top)
    top = top_level(body)
    if dialect == operation.dialect:
        return Meant(dialect=dialect, body=body, top=top)
    found = opened(body, model=exchange.model, stream=False)
    return Meant(dialect=dialect, body=found.body, top=top, headers=found.headers)


def shown(exchange: Exchange) -> tuple[Dialect, bytes]:
    """Where seals would be seen by whoever is asked, and in which dialect: what is wrapped may be
    base64. What cannot be unwrapped goes as it came: its vendor says what it thinks of it."""
    try:
        found = meant(exchange)
    except (ProtocolError, GatewayError):
        return exchange.arrival.operation.dialect, exchange.body
    return found.dialect, found.body
