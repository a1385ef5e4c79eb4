"""A value that a JSON Schema accepts, made from what was asked. Pure.

Law: every keyword that people put into tools is obeyed but `pattern`, which takes its text from the
schema's own examples; schemas that refer to themselves end.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from msgspec import Struct

MOST_DEPTH: Final = 8
MOST_ITEMS: Final = 64
MOST_CHARS: Final = 4_096
FORMATS: Final[Mapping[str, str]] = {
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
    "time": "03:04:05Z",
    "duration": "PT1H",
    "email": "mock@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
Schema: TypeAlias = Mapping[str, Any]


class Maker(Struct):
    """`words` are used up one after the other, then again."""

    words: tuple[str, ...]
    used: int = 0
    root: Schema = {}

    def of(self, schema: Schema) -> Any:
        self.root = schema
        return self.make(schema)

    def make(self, schema: object, depth: int = 0) -> Any:
        if not isinstance(schema, Mapping):
            return self._word()  # `true`, or nothing said
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        # Generators of schemas write `null` beside types that do not allow it.
        if schema.get("default") is not None:
            return schema["default"]
        for key in ("enum", "examples"):
            if listed := schema.get(key):
                return listed[0] if isinstance(listed, list) else listed
        kind = _kind(schema)
        if depth > MOST_DEPTH:
            return EMPTY.get(kind)
        return self._of_kind(kind, schema, depth)

    def _of_kind(self, kind: str, schema: Schema, depth: int) -> Any:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "integer" | "number":
                return _number(schema, whole=kind == "integer")
            case "boolean":
                return True
            case "null":
                return None
        return self._text(schema)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties = _mapping(schema.get("properties"))
        required = [name for name in _list(schema.get("required")) if isinstance(name, str)]
        # Optional ones too at the top, for a call without arguments shows little.
        names = required if depth or required else [*properties]
        return {name: self.make(properties.get(name), depth + 1) for name in names}

    def _array(self, schema: Schema, depth: int) -> list[Any]:
        first = [self.make(item, depth + 1) for item in _list(schema.get("prefixItems"))]
        least, most = _bound(schema, "minItems", 1), _bound(schema, "maxItems", MOST_ITEMS)
        while len(first) < min(least, most, MOST_ITEMS):
            first.append(self.make(schema.get("items"), depth + 1))
        return first

    def _text(self, schema: Schema) -> str:
        if (known := FORMATS.get(str(schema.get("format")))) is not None:
            return known
        text = self._word()
        least = min(_bound(schema, "minLength", 0), MOST_CHARS)
        return text.ljust(least, "x")[: _bound(schema, "maxLength", MOST_CHARS)]

    def _word(self) -> str:
        word = self.words[self.used % len(self.words)]
        self.used += 1
        return word

    def _resolved(self, schema: Schema) -> Schema:
        """Without references, unions and conjunctions at its top."""
        for _ in range(MOST_DEPTH):
            merged = dict(schema)
            reference = merged.pop("$ref", None)
            choices = _list(merged.pop("anyOf", None)) or _list(merged.pop("oneOf", None))
            parts = [self._referred(reference), *choices[:1], *_list(merged.pop("allOf", None))]
            parts = [part for part in parts if part]
            if not parts:
                break
            for part in parts:
                merged = _joined(merged, _mapping(part))
            schema = merged
        return schema

    def _referred(self, reference: object) -> Schema:
        if not isinstance(reference, str) or not reference.startswith("#"):
            return {}
        found: object = self.root
        for step in reference.split("/")[1:]:
            found = _mapping(found).get(step.replace("~1", "/").replace("~0", "~"))
        return _mapping(found)


EMPTY: Final[Mapping[str, Any]] = {"object": {}, "array": [], "string": "", "integer": 0}


def _joined(left: Schema, right: Schema) -> dict[str, Any]:
    joined = {**right, **left}
    for key in ("properties", "$defs"):
        if key in left and key in right:
            joined[key] = {**_mapping(right[key]), **_mapping(left[key])}
    if "required" in left and "required" in right:
        joined["required"] = [*_list(left["required"]), *_list(right["required"])]
    return joined


def _kind(schema: Schema) -> str:
    said = schema.get("type")
    if isinstance(said, list):
        said = next((kind for kind in said if kind != "null"), "null")
    if isinstance(said, str):
        return said
    hints = (("properties", "object"), ("required", "object"), ("items", "array"))
    return next((kind for key, kind in hints if key in schema), "string")


def _number(schema: Schema, *, whole: bool) -> float | int:
    step = abs(_numeric(schema, "multipleOf") or 0)
    least, most = _lower(schema), _upper(schema)
    unit = step or (1 if whole else 0)
    value = 1.0 if least is None else least
    if most is not None and value > most:
        value = most
    if unit and math.isfinite(value / unit):
        value = math.ceil(value / unit) * unit
        if most is not None and value > most:
            value = math.floor(most / unit) * unit
    return int(value) if whole or value == int(value) else value


def _lower(schema: Schema) -> float | None:
    least, beyond = _numeric(schema, "minimum"), _numeric(schema, "exclusiveMinimum")
    return least if beyond is None else beyond + _nudge(schema)


def _upper(schema: Schema) -> float | None:
    most, below = _numeric(schema, "maximum"), _numeric(schema, "exclusiveMaximum")
    return most if below is None else below - _nudge(schema)


def _nudge(schema: Schema) -> float:
    if _kind(schema) == "integer":
        return 1
    return (_numeric(schema, "multipleOf") or 1) / 1_000


def _numeric(schema: Schema, key: str) -> float | None:
    value = schema.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if math.isfinite(value) else None


def _bound(schema: Schema, key: str, otherwise: int) -> int:
    value = _numeric(schema, key)
    return otherwise if value is None else max(0, int(value))


def _mapping(value: object) -> Schema:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def candidates(text: str) -> Iterator[str]:
    """Words worth passing to a tool: names first."""
    words = ["".join(filter(_is_part, word)) for word in text.split()]
    yield from (word for word in words[1:] if word[:1].isupper())
    yield from (word for word in words if len(word) > LONG)
    yield "example"


LONG: Final = 5


def _is_part(character: str) -> bool:
    return character.isalnum() or character in "-_@"
