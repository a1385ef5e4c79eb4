"""What a vendor of Responses keeps, by the ids that requests and answers name it with.

Law: only what is named counts; what an item says itself is nobody else's.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols.errors import DecodeError
from protocols.ir import NOTHING
from protocols.lenient import VALUES, as_object, read, words

PREVIOUS: Final = "previous_response_id"
CONVERSATION: Final = "conversation"
INPUT: Final = "input"
REFERENCE: Final = "item_reference"
LIST_BEGINS: Final = b"["
NULL: Final = Raw(b"null")
MOST_ITEMS: Final = 2_048
MOST_CHARS: Final = 256


class Named(Struct, frozen=True, kw_only=True):
    """What a request goes on with; None and (): nothing."""

    previous: str | None = None
    conversation: str | None = None
    items: tuple[str, ...] = ()

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Each id with the field that has it."""
        said = [(PREVIOUS, self.previous), (CONVERSATION, self.conversation)]
        said += [(INPUT, id_) for id_ in self.items]
        return tuple((field, id_) for field, id_ in said if id_ is not None)


class Item(Struct):
    """Of an item of the input, what tells a reference from words."""

    type: Any = None
    id: Any = None
    role: Any = None


class Answer(Struct):
    id: Any = None
    store: Any = None
    conversation: Any = None
    output: Raw = NOTHING


class OutputItem(Struct):
    id: Any = None


LISTS: Final = msgspec.json.Decoder(list[Raw])
ITEMS: Final = msgspec.json.Decoder(Item)
ANSWERS: Final = msgspec.json.Decoder(Answer)
OUTPUTS: Final = msgspec.json.Decoder(list[OutputItem])


def named_by(top: Mapping[str, Raw]) -> Named:
    """What the fields of a request name; raises DecodeError for what can be no name."""
    conversation = _value(top, CONVERSATION)
    if isinstance(conversation, dict):
        conversation = conversation.get("id")
    return Named(
        previous=_name(_value(top, PREVIOUS), PREVIOUS),
        conversation=_name(conversation, CONVERSATION),
        items=_references(top.get(INPUT, NOTHING)),
    )


def ids_of(answer: bytes) -> tuple[str, ...]:
    """Under which names the vendor keeps a whole answer and its parts, the answer's first."""
    said = read(ANSWERS, answer) or Answer()
    own = words(said.id)
    if own is None or said.store is False:
        return ()
    items = (read(OUTPUTS, said.output) or []) if said.output else []
    names = [own, words(as_object(said.conversation).get("id"))]
    names += [words(item.id) for item in items[:MOST_ITEMS]]
    return tuple(name for name in names if name is not None and len(name) <= MOST_CHARS)


def _value(top: Mapping[str, Raw], field: str) -> Any:
    raw = top.get(field, NULL)
    return None if raw == NULL else read(VALUES, raw)


def _name(said: Any, field: str) -> str | None:
    if said is None or (isinstance(said, str) and 0 < len(said) <= MOST_CHARS):
        return said
    raise DecodeError(field, f"is no name; expected a string of 1 to {MOST_CHARS} characters")


def _references(raw: Raw) -> tuple[str, ...]:
    """A reference may leave out its type; then it has no role either."""
    if not bytes(raw).startswith(LIST_BEGINS):
        return ()
    found: dict[str, None] = {}
    for each in read(LISTS, raw) or ():
        item = read(ITEMS, each)
        if item is None or item.id is None:
            continue
        if item.type == REFERENCE or (item.type is None and item.role is None):
            found[_name(item.id, INPUT) or ""] = None
    if len(found) > MOST_ITEMS:
        raise DecodeError(INPUT, f"refers to {len(found)} items; at most {MOST_ITEMS}")
    return tuple(found)
