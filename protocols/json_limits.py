"""Limits of a JSON body, checked before anything is built from it.

Laws: the cost is linear and small whatever the bytes are; a body passes only if every reader agrees
what it says, so a key given twice at the top is refused; strings never count as structure.
"""

import re
from collections import Counter
from itertools import accumulate
from typing import Any, Final, Literal, TypeAlias

import msgspec

MAX_DEPTH: Final = 64
MAX_NUMBER_CHARS: Final = 400
MAX_PIECES: Final = 32_768
MAX_OBJECTS: Final = 262_144
PIECES_WITHIN: Final = 3  # a message, a part of it, what that part holds
POSITION_WITHIN: Final = 65_536  # positions are a courtesy; beyond this they would cost too much

Reason: TypeAlias = Literal[
    "malformed", "not_a_number", "too_deep", "number_too_long", "duplicate_key"
]

OPENING: Final = b"[{"
NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")  # +1 and -1 as signed bytes
LEAF: Final = b"\x01\xff"
NOT_BRACES: Final = bytes(set(range(256)) - set(b"{}"))
SHALLOW: Final = 4  # levels removed in bulk; what real bodies have beyond them is little
CHUNK: Final = 65_536
LARGE: Final = 1_048_576  # from here on a body is mostly long strings, as images are
FEW_STRINGS: Final = 4_096
NUMBER_CHARS: Final = b"0123456789+-.eE"
NUMBERS: Final = bytes(0x6E if char in NUMBER_CHARS else 0x20 for char in range(256))
TOO_LONG: Final = b"n" * (MAX_NUMBER_CHARS + 1)
TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]|[0-9+.eE-]+', re.DOTALL)
ERROR_BYTE: Final = re.compile(r"\(byte (\d+)\)")
NOT_FINITE: Final = (b"NaN", b"Inf", b"-In")


class JsonRefused(ValueError):
    """The body is no JSON we accept; `position` is a byte offset where it is known."""

    def __init__(self, reason: Reason, message: str, *, position: int | None = None) -> None:
        where = "" if position is None else f" (byte {position})"
        super().__init__(f"{message}{where}")
        self.reason = reason
        self.position = position


class TopLevelKey:
    """Compares by identity, so that a key given twice is seen twice."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def _as_key(kind: type, value: Any) -> TopLevelKey:
    return TopLevelKey(value)


TOP_LEVEL: Final = msgspec.json.Decoder(dict[TopLevelKey, msgspec.Raw], dec_hook=_as_key)
VALUES: Final = msgspec.json.Decoder()


def read_json(body: bytes) -> Any:
    """The value, within all limits; raises JsonRefused."""
    check_structure(body)
    value = _decode(VALUES, body)
    if type(value) is dict:
        check_top_level_keys(body)
    return value


def check_structure(body: bytes) -> None:
    """Depth and length of numbers, without decoding; raises JsonRefused."""
    read = _skipping_strings(body) if len(body) >= LARGE else body
    may_be_deep = read.count(b"[") + read.count(b"{") > MAX_DEPTH
    may_be_long = TOO_LONG in read.translate(NUMBERS)
    if not (may_be_deep or may_be_long):
        return
    structure = _without_strings(body) if read is body else read
    if may_be_deep and _is_too_deep(structure):
        raise JsonRefused(
            "too_deep",
            f"arrays and objects are nested more than {MAX_DEPTH} deep",
            position=_position_of_depth(body),
        )
    if may_be_long and TOO_LONG in structure.translate(NUMBERS):
        raise JsonRefused(
            "number_too_long",
            f"a number has more than {MAX_NUMBER_CHARS} characters",
            position=_position_of_number(body),
        )


def check_top_level_keys(body: bytes) -> None:
    """Raises JsonRefused when a key of the outermost object comes twice."""
    names = [key.name for key in _decode(TOP_LEVEL, body)]
    if len(set(names)) != len(names):
        twice = next(name for name, times in Counter(names).items() if times > 1)
        raise JsonRefused("duplicate_key", f"the key {twice!r} was given more than once")


def is_crowded(conversation: bytes) -> bool:
    """Whether it is made of more pieces than can be read in a moment; what a piece holds deeper
    down is not read, but there is a bound to it as well."""
    if conversation.count(b"{") <= MAX_PIECES:
        return False
    nest = _without_strings(conversation).translate(STEPS, NOT_BRACES)
    if len(nest) // 2 > MAX_OBJECTS:
        return True
    try:
        depths = bytes(accumulate(memoryview(nest).cast("b")))
    except ValueError:
        return True  # no JSON: it closes what it has not opened
    # Each depth is reached by what opens there and by what closes one deeper, alike in number.
    pieces = opened = 0
    for depth in range(PIECES_WITHIN):
        opened = depths.count(depth) - opened
        pieces += opened
    return pieces > MAX_PIECES


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except UnicodeDecodeError as error:
        raise JsonRefused("malformed", "the body is not UTF-8", position=error.start) from None
    except msgspec.DecodeError as error:
        found = ERROR_BYTE.search(str(error))
        position = int(found[1]) if found else None
        if position is not None and body[position : position + 3] in NOT_FINITE:
            message = "NaN and Infinity are not JSON"
            raise JsonRefused("not_a_number", message, position=position) from None
        raise JsonRefused(
            "malformed", ERROR_BYTE.sub("", str(error)).strip(), position=position
        ) from None


def _skipping_strings(body: bytes) -> bytes:
    """The body without its strings where these are few and plain; else the body as it is."""
    if b"\\" in body:
        return body
    pieces: list[bytes] = []
    start = 0
    for _ in range(FEW_STRINGS):
        opening = body.find(b'"', start)
        closing = body.find(b'"', opening + 1) if opening >= 0 else -1
        if closing < 0:
            return b" ".join([*pieces, body[start:]])
        pieces.append(body[start:opening])
        start = closing + 1
    return body


def _without_strings(body: bytes) -> bytes:
    # A backslash only occurs inside strings, and pairs from the left: once pairs and escaped quotes
    # are gone, every quote left opens or closes a string.
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    return b" ".join(plain.split(b'"')[::2])


def _is_too_deep(structure: bytes) -> bool:
    nest = structure.translate(STEPS, NOT_BRACKETS)
    for _ in range(SHALLOW):
        nest = nest.replace(LEAF, b"")  # one pass removes exactly the innermost level
    steps = memoryview(nest).cast("b")
    depth = SHALLOW
    for start in range(0, len(steps), CHUNK):
        depths = list(accumulate(steps[start : start + CHUNK], initial=depth))
        if max(depths) > MAX_DEPTH:
            return True
        depth = depths[-1]
    return False


def _position_of_depth(body: bytes) -> int | None:
    depth = 0
    for token in TOKEN.finditer(body, 0, POSITION_WITHIN):
        first = token[0][:1]
        depth += (first in OPENING) - (first in b"]}")
        if depth > MAX_DEPTH:
            return token.start()
    return None


def _position_of_number(body: bytes) -> int | None:
    for token in TOKEN.finditer(body, 0, POSITION_WITHIN):
        if len(token[0]) > MAX_NUMBER_CHARS and token[0][:1] in NUMBER_CHARS:
            return token.start()
    return None
