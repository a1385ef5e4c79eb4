"""Objects as the dialect allows them: in camelCase or in snake_case, a list or its only item.

Law: what is read comes out in camelCase; null is "not said".

What was understood, and yet is spelled in a way of its own, is noted for our encoder among the
extra, under a name no vendor can have: it is no field that another dialect would miss.
"""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Raw

from protocols.fields import Fields, Item
from protocols.ir import Extra
from protocols.losses import NOTE

SNAKE: Final = re.compile(r"(?<=[A-Za-z0-9])_([a-z0-9])")


def camel(name: str) -> str:
    return SNAKE.sub(lambda found: found[1].upper(), name) if "_" in name else name


def camelled(fields: Fields) -> Fields:
    for name in fields.names():
        raw = fields.raw(name)
        if raw:
            fields.put_back(camel(name), raw)
    return fields


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
