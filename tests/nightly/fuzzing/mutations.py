"""Changes of JSON that leave it JSON: most of what a decoder can meet lies behind its syntax.

A line of a stream, or of any other text, is changed from its first bracket on.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final

import msgspec

from tests.protocols.words import NAMES, WORDS

ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63), 1.5, 1e308, -0.0, "", " ", "0",
    "null", "\x00", "\ufeff", "\U0001f600", "a" * 300, "{}", "[", '{"a":', [], {}, [[]], [None],
    [{}], {"": None}, "data:image/png;base64,AAAA", "data:,x", "https://example.com/x", "\ud7ff",
)  # fmt: skip
PLAIN_ONE_IN: Final = 4
CHANGES_MAX: Final = 4

Plain = Callable[[bytes], bytes]  # libFuzzer's own changes of bytes


def changed(given: bytes, *, dice: Random, plain: Plain) -> bytes:
    if dice.randrange(PLAIN_ONE_IN) == 0:
        return plain(given)
    lines = given.split(b"\n")
    at = dice.randrange(len(lines))
    if dice.randrange(8) == 0:
        return b"\n".join(_rearranged(lines, at, dice))
    starts = [place for place in map(lines[at].find, (b"{", b"[")) if place >= 0]
    start = min(starts, default=-1)
    if start < 0:
        return plain(given)
    try:
        value = msgspec.json.decode(lines[at][start:])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return plain(given)
    for _ in range(dice.randint(1, CHANGES_MAX)):
        value = _change(value, dice)
    lines[at] = lines[at][:start] + msgspec.json.encode(value)
    return b"\n".join(lines)


def _rearranged(lines: list[bytes], at: int, dice: Random) -> list[bytes]:
    """A line twice, left out, or elsewhere."""
    line = lines[at]
    rest = [*lines[:at], *lines[at + 1 :]]
    place = dice.randint(0, len(rest))
    return dice.choice(
        [[*lines[:at], line, *lines[at:]], rest, [*rest[:place], line, *rest[place:]]]
    )


def _change(value: Any, dice: Random) -> Any:
    """Somewhere inside."""
    if isinstance(value, dict) and value and dice.randrange(4):
        name = dice.choice(list(value))
        return {**value, name: _change(value[name], dice)}
    if isinstance(value, list) and value and dice.randrange(4):
        at = dice.randrange(len(value))
        return [*value[:at], _change(value[at], dice), *value[at + 1 :]]
    if isinstance(value, dict):
        return _other_object(value, dice)
    if isinstance(value, list) and dice.randrange(3):
        return dice.choice([value * 2, value[1:], [*value, _new(dice)], value[::-1]])
    return _new(dice)


def _other_object(value: dict[str, Any], dice: Random) -> dict[str, Any]:
    names = list(value)
    kind = dice.randrange(3) if names else 0
    if kind == 0:
        return {**value, dice.choice(NAMES): _new(dice)}
    name = dice.choice(names)
    rest = {each: value[each] for each in names if each != name}
    return rest if kind == 1 else {**rest, dice.choice(NAMES): value[name]}


def _new(dice: Random) -> Any:
    kind = dice.randrange(4)
    if kind == 0:
        return dice.choice(WORDS)
    if kind == 1:
        return {dice.choice(NAMES): dice.choice(WORDS), "type": dice.choice(WORDS)}
    if kind == 2:
        return [{"type": dice.choice(WORDS), dice.choice(NAMES): dice.choice(ODD)}]
    return dice.choice(ODD)
