"""Objects as the dialect allows them: in camelCase or in snake_case, a list or its only item.

Laws: what is read comes out in camelCase, and what is the vendor's own all the way down; names that
users made stay as they are; null is "not said".

What was understood, and yet is spelled in a way of its own, is noted for our encoder among the
extra, under a name no vendor can have: it is no field that another dialect would miss.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Raw

from protocols.fields import Fields, Item
from protocols.ir import Extra
from protocols.lenient import read
from protocols.losses import NOTE

OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])
LISTS: Final = msgspec.json.Decoder(list[Raw])
# Objects that hold no names of users.
OF_THE_VENDOR: Final = frozenset(
    {
        "codeExecutionResult", "computerUse", "enterpriseWebSearch", "executableCode", "fileSearch",
        "functionCallingConfig", "googleMaps", "googleSearch", "googleSearchRetrieval",
        "imageConfig", "modelArmorConfig", "retrievalConfig", "routingConfig", "speechConfig",
        "urlContext", "videoMetadata",
    }
)  # fmt: skip
DEEPEST: Final = 16
SNAKE: Final = re.compile(r"(?<=[A-Za-z0-9])_([a-z0-9])")


def camel(name: str) -> str:
    return SNAKE.sub(lambda found: found[1].upper(), name) if "_" in name else name


def camelled(fields: Fields) -> Fields:
    for name in fields.names():
        raw = fields.raw(name)
        if raw:
            own = camel(name)
            fields.put_back(own, _all_camelled(raw) if own in OF_THE_VENDOR else raw)
    return fields


def camelled_part(raw: Raw) -> Raw:
    """A part that nobody has a word for."""
    fields = camelled(Fields(raw, ""))
    said = fields.rest() or {}
    return raw if said == read(OBJECTS, raw) else Raw(msgspec.json.encode(said))


def _all_camelled(raw: Raw, depth: int = 0) -> Raw:
    """Bytes in which no name changes stay the same."""
    if b"_" not in memoryview(raw).tobytes() or depth == DEEPEST:
        return raw
    said = read(OBJECTS, raw) if is_object(raw) else None
    if said is not None:
        named = {camel(name): _all_camelled(inner, depth + 1) for name, inner in said.items()}
        return raw if named == said else Raw(msgspec.json.encode(named))
    listed = read(LISTS, raw)
    if listed is None:
        return raw
    made = [_all_camelled(inner, depth + 1) for inner in listed]
    return raw if made == listed else Raw(msgspec.json.encode(made))


def inner(fields: Fields, key: str) -> Fields | None:
    found = fields.object(key)
    return None if found is None else camelled(found)


def each(fields: Fields, key: str) -> Iterator[Item]:
    """Protocol buffers take the only item of a list for the list."""
    item = fields.item(key)
    if item is None:
        return iter(())
    return iter((item,)) if is_object(item.raw) else item.items()


def is_object(raw: Raw) -> bool:
    return memoryview(raw)[:1].tobytes() == b"{"


def note(fields: Fields, name: str, raw: Raw) -> None:
    fields.put_back(NOTE + name, raw)


def noted(extra: Extra | None, name: str) -> Raw | None:
    return (extra or {}).get(NOTE + name)
