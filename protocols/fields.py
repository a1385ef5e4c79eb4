"""Reads the body of a client, field by field, each with its path.

Law 1: nothing but DecodeError leaves, whatever the bytes. Law 2: a message says what stands where
and what was expected there. Law 3: null is "not said". Law 4: what nobody asked for is in `rest`,
byte for byte.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec import Raw

from protocols.errors import DecodeError
from protocols.ir import NOTHING, Extra

NULL: Final = Raw(b"null")
Read = TypeVar("Read")
Chosen = TypeVar("Chosen")
OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])
LISTS: Final = msgspec.json.Decoder(list[Raw])
VALUES: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder()
KINDS: Final = {b"{": "an object", b"[": "a list"}
OPENINGS: Final = {kind: first for first, kind in KINDS.items()}
UNREADABLE: Final = (ValueError, RecursionError)
PLACE: Final = re.compile(r" \(byte \d+\)$| - at `.*`$")
SHOWN_CHARS: Final = 40


class Item(NamedTuple):
    raw: Raw
    path: str

    def is_text(self) -> bool:
        return _first(self.raw) == b'"'

    def text(self) -> str:
        return read_text(self.raw, self.path)

    def fields(self) -> "Fields":
        return Fields(self.raw, self.path)

    def items(self) -> "Iterator[Item]":
        return read_items(self.raw, self.path)

    def choice(self, table: Mapping[str, Chosen]) -> Chosen:
        """What the word stands for."""
        word = self.text()
        if word not in table:
            raise one_of(self.path, word, tuple(table))
        return table[word]


class Fields:
    """What is left of an object; asking for a field takes it out."""

    __slots__ = ("_left", "path")

    def __init__(self, raw: bytes | Raw, path: str) -> None:
        try:
            self._left = OBJECTS.decode(raw)
        except UNREADABLE:
            self._left = _refused(OBJECTS, raw, path, "an object")
        self.path = path

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def raw(self, key: str) -> Raw:
        """The bytes of the value; the empty Raw if there is none."""
        found = self._left.pop(key, NOTHING)
        return NOTHING if found is NOTHING or found == NULL else found

    def has(self, key: str) -> bool:
        return self._left.get(key, NOTHING) not in (NOTHING, NULL)

    def item(self, key: str) -> Item | None:
        raw = self.raw(key)
        return Item(raw, self.at(key)) if raw else None

    def text(self, key: str) -> str | None:
        raw = self._left.pop(key, NOTHING)
        if raw is NOTHING:
            return None
        value = _value(raw)
        # Paths are put together only for those who must be told where something is wrong.
        return value if value is None or isinstance(value, str) else read_text(raw, self.at(key))

    def required_text(self, key: str) -> str:
        text = self.text(key)
        if text is None:
            raise DecodeError(self.at(key), "is missing; expected a string")
        return text

    def choice(self, key: str, table: Mapping[str, Chosen]) -> Chosen | None:
        item = self.item(key)
        return item.choice(table) if item else None

    def texts(self, key: str) -> dict[str, str] | None:
        """An object of strings."""
        said = self.object(key)
        return None if said is None else {name: said.required_text(name) for name in said.names()}

    def names(self) -> list[str]:
        return [*self._left]

    def flag(self, key: str) -> bool | None:
        raw = self.raw(key)
        if not raw:
            return None
        if bytes(raw) not in {b"true", b"false"}:
            raise unexpected(raw, self.at(key), "true or false")
        return bytes(raw) == b"true"

    def number(self, key: str) -> float | None:
        raw = self.raw(key)
        return _read_number(raw, self.at(key), "a number") if raw else None

    def whole(self, key: str) -> int | None:
        raw = self.raw(key)
        if not raw:
            return None
        number = _read_number(raw, self.at(key), "a whole number")
        if number != int(number):
            raise unexpected(raw, self.at(key), "a whole number")
        return int(number)

    def object(self, key: str) -> "Fields | None":
        raw = self.raw(key)
        return Fields(raw, self.at(key)) if raw else None

    def items(self, key: str) -> Iterator[Item]:
        item = self.item(key)
        return item.items() if item else iter(())

    def put_back(self, key: str, raw: Raw) -> None:
        """What was looked at and is not understood stays with the rest, if there was anything."""
        if raw:
            self._left[key] = raw

    def put_back_rest(self, key: str, of: "Fields") -> None:
        """What of the inner object was not asked for."""
        rest = of.rest()
        if rest is not None:
            self._left[key] = Raw(msgspec.json.encode(rest))

    def rest(self) -> Extra | None:
        return self._left or None


def read_body(body: bytes) -> Fields:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise DecodeError("", f"the body is not UTF-8 (byte {error.start})") from None
    return Fields(body.lstrip(), "")


def read_text(raw: Raw, path: str) -> str:
    if _first(raw) != b'"':
        raise unexpected(raw, path, "a string")
    return str(_decode(VALUES, raw, path))


def read_items(raw: Raw, path: str) -> Iterator[Item]:
    try:
        found = LISTS.decode(raw)
    except UNREADABLE:
        found = _refused(LISTS, raw, path, "a list")
    for index, each in enumerate(found):
        yield Item(each, f"{path}[{index}]")


def unexpected(raw: bytes | Raw, path: str, expected: str) -> DecodeError:
    return DecodeError(path or "the body", f"is {_shown(raw)}; expected {expected}")


def one_of(path: str, word: str, known: Sequence[str]) -> DecodeError:
    *most, last = known
    return DecodeError(path, f"is {_cut(word)!r}; expected {', '.join(most)} or {last}")


def _read_number(raw: Raw, path: str, expected: str) -> float:
    value: object = _decode(VALUES, raw, path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unexpected(raw, path, expected)
    return value


def _first(raw: bytes | Raw) -> bytes:
    return memoryview(raw)[:1].tobytes()


def _shown(raw: bytes | Raw) -> str:
    first = _first(raw)
    if first in KINDS:
        return KINDS[first]
    if first == b'"':
        return repr(_cut(str(_decode(VALUES, raw, ""))))
    return _cut(bytes(raw)[: 4 * SHOWN_CHARS].decode(errors="ignore")) or "empty"


def _cut(shown: str) -> str:
    return shown if len(shown) <= SHOWN_CHARS else f"{shown[:SHOWN_CHARS]}…"


def _value(raw: Raw) -> Any:
    """What cannot be read is no text, and is told as such."""
    try:
        return VALUES.decode(raw)
    except UNREADABLE:
        return UNREADABLE


def _refused(
    decoder: "msgspec.json.Decoder[Read]", raw: bytes | Raw, path: str, expected: str
) -> Read:
    """Says why it could not be read."""
    if _first(raw) != OPENINGS[expected]:
        raise unexpected(raw, path, expected)
    return _decode(decoder, raw, path)


def _decode(decoder: "msgspec.json.Decoder[Read]", raw: bytes | Raw, path: str) -> Read:
    try:
        return decoder.decode(raw)
    except RecursionError:
        raise DecodeError("", "the body is nested too deeply") from None
    except ValueError as error:
        raise DecodeError(path or "the body", f"is no JSON: {_reason(error)}") from None


def _reason(error: ValueError) -> str:
    return PLACE.sub("", str(error)).removeprefix("JSON is malformed: ")
