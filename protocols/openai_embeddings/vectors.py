"""A vector in one encoding for one in the other. Law: where both are the same it is not read.

Base64 holds the numbers as little-endian floats of 32 bits.
"""

import base64
import binascii
import struct
from typing import Any, Final, Literal

import msgspec
from msgspec import Raw

from protocols.lenient import VALUES, read

WIDTH: Final = 4


def encoded(vector: Raw, encoding: Literal["float", "base64"]) -> Raw:
    """What is no vector stays as it is."""
    is_text = memoryview(vector)[:1].tobytes() == b'"'
    if is_text == (encoding == "base64"):
        return vector
    value: Any = read(VALUES, vector)
    try:
        made = _floats(value) if is_text else _base64(value)
    except (struct.error, TypeError, ValueError, binascii.Error):
        return vector
    return Raw(msgspec.json.encode(made))


def _base64(numbers: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def _floats(text: str) -> tuple[float, ...]:
    packed = base64.b64decode(text, validate=True)
    numbers: tuple[float, ...] = struct.unpack(f"<{len(packed) // WIDTH}f", packed)
    return numbers
