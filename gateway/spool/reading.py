"""Frames out of the bytes of a segment, whatever has happened to them. Pure.

Laws: a frame that is whole is found, also behind damage; a tail that may still grow is waited for;
what is passed over is named, so that somebody keeps it. Nothing is guessed: a frame counts when its
length is possible, its checksum fits and it can be decoded.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from msgspec import MsgspecError, Struct

from gateway.spool.frames import HEADER_BYTES, MAX_PAYLOAD_BYTES, Frame, NewerVersion, decode

MOST_BYTES: Final = HEADER_BYTES + MAX_PAYLOAD_BYTES
# How any payload begins: an array, and in it a word of one letter.
BEGINNING: Final = re.compile(rb"(?:[\x91-\x9f]|\xdc..)\xa1", re.DOTALL)

Why: TypeAlias = Literal["damaged", "newer", "torn"]


class Whole(Struct, frozen=True):
    frame: Frame
    end: int


class Passed(Struct, frozen=True):
    """Bytes that are no frame of this release; `torn` is the end of a frame that never was."""

    start: int
    end: int
    why: Why


Piece: TypeAlias = Whole | Passed


def pieces(data: bytes, *, ended: bool) -> Iterator[Piece]:
    """In their order; what follows the last one is to be read again, with more behind it.

    `ended`: nothing will ever follow `data`.
    """
    at = 0
    while at < len(data):
        end = _end_of(data, at)
        if end is None and not ended:
            return
        if end is not None and end > 0 and _fits(data, at, end):
            yield _decoded(data, at, end)
            at = end
            continue
        found = _next_frame(data, at + 1)
        if found is not None:
            yield Passed(at, found, "damaged")
            at = found
        elif ended:
            yield Passed(at, len(data), "torn" if end is None else "damaged")
            return
        else:
            # A frame may have begun in what is left; before that none did.
            if at < len(data) - MOST_BYTES:
                yield Passed(at, len(data) - MOST_BYTES, "damaged")
            return


def _end_of(data: bytes, at: int) -> int | None:
    """None: not all of it is there; 0: that is no header."""
    if at + HEADER_BYTES > len(data):
        return None
    length = int.from_bytes(data[at : at + 4], "little")
    if not 0 < length <= MAX_PAYLOAD_BYTES:
        return 0
    end = at + HEADER_BYTES + length
    return end if end <= len(data) else None


def _fits(data: bytes, at: int, end: int) -> bool:
    checksum = int.from_bytes(data[at + 4 : at + HEADER_BYTES], "little")
    return zlib.crc32(data[at + HEADER_BYTES : end]) == checksum


def _decoded(data: bytes, at: int, end: int) -> Piece:
    try:
        return Whole(decode(data[at + HEADER_BYTES : end]), end)
    except NewerVersion:
        return Passed(at, end, "newer")
    except (MsgspecError, UnicodeDecodeError):
        return Passed(at, end, "damaged")


def _next_frame(data: bytes, start: int) -> int | None:
    for found in BEGINNING.finditer(data, start + HEADER_BYTES):
        at = found.start() - HEADER_BYTES
        end = _end_of(data, at)
        if end and _fits(data, at, end):
            return at
    return None
