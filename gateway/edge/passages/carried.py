"""Vendors that carry a dialect in an envelope of their cloud's.

Law: the four ways between the envelopes of clients and of vendors differ only in what is around an
event; of an answer whose client takes the vendor's own envelope no byte changes.
"""

import re
from collections.abc import Mapping
from typing import Final, cast

from gateway.edge.accounting.counting import note_event
from gateway.edge.exchange import Candidate, Exchange
from gateway.edge.passages.passage import Passage
from protocols.anthropic_messages.on_bedrock import (
    EnclosedMessages,
    EnclosedObserver,
    OpenedMessages,
)
from protocols.native import NativeDialect
from providers.specs import Envelope

LINKED: Final = re.compile(rb'"type"\s*+:\s*+"url"')
HTTPS: Final = "https"
# As the events that the dialect's own clients take.
OPENED: Final[Mapping[Envelope, NativeDialect]] = {"bedrock": OpenedMessages()}
# As they are.
ENCLOSED: Final[Mapping[Envelope, NativeDialect]] = {"bedrock": EnclosedMessages()}


def stays_enclosed(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether the client takes the envelope that the vendor uses."""
    envelope = candidate.surface.envelope
    return envelope is not None and envelope == exchange.arrival.envelope


def holds_links(exchange: Exchange, candidate: Candidate) -> bool:
    """Whether media lie elsewhere, whence Anthropic fetches them and Bedrock does not."""
    return HTTPS not in candidate.target.target.links and LINKED.search(exchange.body) is not None


class EnclosedPassage(Passage):
    """What goes on is in the client's envelope already."""

    enclosed = True

    def note(self, exchange: Exchange, data: bytes) -> None:
        note_event(exchange, cast("EnclosedObserver", self.observer).seen())
