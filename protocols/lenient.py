"""Reads what vendors send. Law: whatever is not as expected is "not said"; nothing raises."""

from typing import Any, TypeVar

import msgspec
from msgspec import Raw

Read = TypeVar("Read")
VALUES: "msgspec.json.Decoder[Any]" = msgspec.json.Decoder()


def read(decoder: "msgspec.json.Decoder[Read]", data: bytes | Raw) -> Read | None:
    try:
        return decoder.decode(data)
    # Nesting deeper than the interpreter's stack is a RecursionError.
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def an_object(data: bytes | Raw) -> dict[str, Any]:
    """The JSON object, or an empty one."""
    return as_object(read(VALUES, data)) if data else {}


def as_object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def whole(value: object) -> int | None:
    """A count as the vendor gave it, be it negative; None for what is no whole number."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def words(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
