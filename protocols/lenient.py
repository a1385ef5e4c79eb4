"""Reads what vendors send. Law: whatever is not as expected is "not said"; nothing raises."""

import re
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols.codec import Frame

Read = TypeVar("Read")
VALUES: "msgspec.json.Decoder[Any]" = msgspec.json.Decoder()
# What is no UTF-8 is a UnicodeDecodeError, what nests beyond the stack a RecursionError.
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# Vendors cut texts between two chunks, and with them characters.
HALF_CHARACTERS: Final = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def read(decoder: "msgspec.json.Decoder[Read]", data: bytes | Raw) -> Read | None:
    try:
        return decoder.decode(data)
    except UNREADABLE:
        pass
    try:
        return decoder.decode(_mended(bytes(data)))
    except UNREADABLE:
        return None


def _mended(data: bytes) -> bytes:
    """Broken characters do not take the numbers beside them along."""
    whole_characters = HALF_CHARACTERS.sub(rb"\\ufffd", data)
    return whole_characters.decode(errors="replace").encode()


def whole_characters(data: bytes) -> bytes:
    """Nobody looks at the characters of what is taken out of an object as it stands."""
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode(errors="replace").encode()
    return data


def readable(frame: Frame) -> Frame:
    data = whole_characters(frame.data)
    return frame if data is frame.data else replace(frame, data=data)


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
