"""Where a body holds seals, seen without reading it.

Law: what a reader of the body would take for a seal is found, however it is spelled; words that
only look like one may be found, too, and cost no more than that the body is read.
"""

import re
from collections.abc import Mapping
from typing import Final

from gateway.edge.editing.spelling import ESCAPED, spelled
from gateway.edge.exchange import Exchange
from gateway.edge.memory.seals import BARE, OWN_VENDOR, WRAPPED, is_of
from gateway.edge.memory.vault import Pin
from protocols.codec import Target
from protocols.ir import Dialect

# In a body with seals that do not say whose they are stands one of these. Chat has a field for
# Google's alone.
SEALS: Final[Mapping[Dialect, tuple[bytes, ...]]] = {
    "openai.responses": (b'"encrypted_content"',),
    "anthropic.messages": (b'"signature"', b'"redacted_thinking"'),
    "gemini.generate": (b'"thoughtSignature"', b'"thought_signature"'),
    "bedrock.converse": (b'"signature"', b'"redactedContent"'),
}
IN_QUOTES: Final = rb'"\s*:\s*"(?!")'
KINDS: Final = frozenset({b'"redacted_thinking"'})  # it is no field's name
SPELLED_SEALS: Final[Mapping[Dialect, re.Pattern[bytes]]] = {
    dialect: re.compile(
        b"|".join(
            spelled(mark[1:-1], opening=b'"').pattern + (b'"' if mark in KINDS else IN_QUOTES)
            for mark in marks
        )
    )
    for dialect, marks in SEALS.items()
}
SPELLED_SEAL: Final = spelled(WRAPPED[1:], opening=WRAPPED[:1])
# Google's, in the dialect of Chat.
GOOGLE_SEAL: Final = b'"thought_signature"'
SPELLED_GOOGLE_SEAL: Final = re.compile(
    spelled(GOOGLE_SEAL[1:-1], opening=b'"').pattern + IN_QUOTES
)


def holds_any(body: bytes, marks: tuple[bytes, ...]) -> bool:
    """Whoever spells letters otherwise may have written any of them."""
    for mark in marks:
        if mark in body:
            return True
    return bool(marks) and ESCAPED in body


def holds_wrapped(body: bytes) -> bool:
    return WRAPPED in body or (ESCAPED in body and SPELLED_SEAL.search(body) is not None)


def holds_bare(body: bytes, dialect: Dialect) -> bool:
    """Those that do not say whose they are."""
    if dialect not in BARE:
        return False
    if BARE[dialect].search(body) is not None:
        return True
    return ESCAPED in body and SPELLED_SEALS[dialect].search(body) is not None


def owner_of(exchange: Exchange) -> Pin:
    """Whose those are that do not say so.

    The session's pin's; where none is known, of the first that is asked in the client's own words,
    for it is asked first each time; else of the dialect's own vendor.
    """
    pin = exchange.seals.pin
    if pin is not None:
        return pin
    for candidate in exchange.candidates:
        if candidate.lane == "native":
            return Pin(candidate.target.target.vendor)
    operation = exchange.arrival.operation
    return Pin(OWN_VENDOR.get(operation.body or operation.dialect, ""))


def holds_anothers(exchange: Exchange, target: Target, *, body: bytes, dialect: Dialect) -> bool:
    """Whether the body would show the target seals that are not taken for its own."""
    return not is_of(owner_of(exchange), target) and holds_bare(body, dialect)


def holds_googles(body: bytes) -> bool:
    """`body` is Chat's."""
    if GOOGLE_SEAL not in body and ESCAPED not in body:
        return False
    return SPELLED_GOOGLE_SEAL.search(body) is not None
