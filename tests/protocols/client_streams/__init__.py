"""What a client hears of a stream, read strictly: the order that its dialect promises.

Not a word of the product's own readers is used, so that no error of theirs can hide one here. Of
what a vendor's own stream may hold beside, nothing is known: these are the streams that the
gateway writes itself.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from protocols.ir import Dialect
from tests.protocols.client_streams.chat import chat_faults
from tests.protocols.client_streams.converse import converse_faults
from tests.protocols.client_streams.frames import (
    Heard,
    Unreadable,
    read_chunks,
    read_events,
    read_messages,
)
from tests.protocols.client_streams.generate import generate_faults
from tests.protocols.client_streams.messages import messages_faults
from tests.protocols.client_streams.responses import responses_faults

ORDERS: Final[Mapping[Dialect, Callable[[list[Heard]], Iterable[str]]]] = {
    "openai.chat": chat_faults,
    "openai.responses": responses_faults,
    "anthropic.messages": messages_faults,
    "gemini.generate": generate_faults,
    "bedrock.converse": converse_faults,
}


def heard(dialect: Dialect, body: bytes) -> list[Heard]:
    """Raises Unreadable."""
    if dialect == "gemini.generate":
        return read_chunks(body)
    if dialect == "bedrock.converse":
        return read_messages(body)
    return read_events(body, named=dialect != "openai.chat")


def faults_of_stream(dialect: Dialect, body: bytes) -> list[str]:
    """What is wrong with it; signs of life may come anywhere between events."""
    try:
        found = heard(dialect, body)
        return list(ORDERS[dialect]([each for each in found if not each.is_alive]))
    except Unreadable as error:
        return [str(error)]
    except KeyError as error:
        return [f"lacks {error}"]


def signs_of_life(dialect: Dialect, body: bytes) -> int:
    return sum(each.is_alive for each in heard(dialect, body))
