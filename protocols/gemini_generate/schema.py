"""Schemas of the dialect's own kind, a part of OpenAPI's, and JSON Schema.

`json_schema` reads the dialect's own as JSON Schema. `Narrowed` writes JSON Schema in it:
references are put in their place, `const` becomes `enum`, `oneOf` becomes `anyOf`, `allOf` is
merged.
Law: what a property is called never matters; what cannot be said is dropped and told.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Raw

from protocols.gemini_generate.reading import camel
from protocols.lenient import an_object, as_object, words

Schema: TypeAlias = dict[str, Any]
DEEPEST: Final = 32
# References can make more of a schema than anybody wants to read: so many keywords and values
# beyond those that a request holds, which are no shorter than this.
SPARE_WORDS: Final = 30_000
WORD_BYTES: Final = 8
LISTS: Final = ("enum", "required")
NULL: Final = "null"
COUNTS: Final = (
    "maxItems", "minItems", "minProperties", "maxProperties", "minLength", "maxLength",
)  # fmt: skip
SAME: Final = frozenset(
    {*COUNTS, "title", "description", "default", "pattern", "minimum", "maximum", "nullable"}
)
FORMATS: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"enum", "date-time"}),
    "integer": frozenset({"int32", "int64"}),
    "number": frozenset({"float", "double"}),
}
TYPES: Final = frozenset({"object", "array", "string", "integer", "number", "boolean"})
# What constrains nothing is not missed, and what others refer to was put in its place.
SILENT: Final = frozenset(
    {
        "$schema",
        "$id",
        "$comment",
        "$anchor",
        "$defs",
        "definitions",
        "examples",
        "propertyOrdering",
    }
)
ANYTHING: Final[Mapping[str, Any]] = {"type": "OBJECT"}


def json_schema(own: Raw) -> Raw:
    return Raw(msgspec.json.encode(_widened(an_object(own), 0)))


def _widened(own: Schema, depth: int) -> Schema:
    if depth > DEEPEST:
        return {}
    said = {camel(key): value for key, value in own.items() if value is not None}
    wide: Schema = {}
    for key, value in said.items():
        match key:
            case "properties":
                inner = as_object(value).items()
                wide[key] = {name: _widened(as_object(each), depth + 1) for name, each in inner}
            case "items":
                wide[key] = _widened(as_object(value), depth + 1)
            case "anyOf" if isinstance(value, list):
                wide[key] = [_widened(as_object(each), depth + 1) for each in value]
            case "type":
                wide[key] = value.lower() if isinstance(value, str) else value
            case "example":
                wide["examples"] = [value]
            case "nullable" | "propertyOrdering":
                pass
            case _:
                wide[key] = _count(value) if key in COUNTS else value
    return _nullable(wide) if said.get("nullable") is True else wide


def _count(value: object) -> object:
    # Protocol buffers write whole numbers of 64 bits as strings.
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value


def _nullable(wide: Schema) -> Schema:
    if isinstance(wide.get("type"), str):
        return {**wide, "type": [wide["type"], NULL]}
    if "anyOf" in wide:
        return {**wide, "anyOf": [*wide["anyOf"], {"type": NULL}]}
    return wide


class Narrowed:
    """One schema on its way; `dropped` tells what could not be said, and where."""

    def __init__(self, schema: Raw, *, spare: int = SPARE_WORDS) -> None:
        """`spare`: how much longer it may become."""
        self._root = an_object(schema)
        self._left = len(memoryview(schema)) // WORD_BYTES + spare
        self._most_spare = spare
        self.dropped: list[tuple[str, str]] = []  # path, keyword

    @property
    def spare(self) -> int:
        """What is left of it for others."""
        return max(0, min(self._left, self._most_spare))

    def schema(self) -> Schema:
        return self._narrow(self._root, "", frozenset(), 0)

    def _narrow(self, wide: Schema, path: str, seen: frozenset[str], depth: int) -> Schema:
        if depth <= DEEPEST and self._left >= 0:
            wide, seen = self._resolved(wide, path, seen)
            self._count(wide)
        if depth > DEEPEST or self._left < 0:
            self._drop(path, "depth")
            return dict(ANYTHING)
        narrow: Schema = {}
        for key in wide:
            if key in SAME:
                narrow[key] = wide[key]
            elif key not in TAKEN and key not in SILENT:
                self._drop(path, key)
        choices = [*_list(wide.get("anyOf")), *_list(wide.get("oneOf"))]
        kinds = [kind for kind in _kinds(wide) if kind != NULL]
        if NULL in _kinds(wide) or any(_is_null(choice) for choice in choices):
            narrow["nullable"] = True
        choices = [as_object(choice) for choice in choices if not _is_null(choice)]
        if len(kinds) > 1 and not choices:
            choices, kinds = [{"type": kind} for kind in kinds], []
        if kinds and kinds[0] in TYPES:
            narrow["type"] = kinds[0].upper()
        if choices:
            narrow["anyOf"] = [
                self._narrow(choice, f"{path}.anyOf[{at}]", seen, depth + 1)
                for at, choice in enumerate(choices)
            ]
        self._values(wide, narrow, path)
        self._inside(wide, narrow, path, seen, depth)
        return narrow

    def _resolved(
        self, wide: Schema, path: str, seen: frozenset[str]
    ) -> tuple[Schema, frozenset[str]]:
        """Without references and conjunctions at its top."""
        for _ in range(DEEPEST):
            if "$ref" not in wide and "allOf" not in wide:
                break
            wide = dict(wide)
            reference, parts = wide.pop("$ref", None), _list(wide.pop("allOf", None))
            if str(reference) in seen:
                self._drop(path, "$ref")
                return {"type": "object", **wide}, seen
            if reference is not None:
                seen |= {str(reference)}
                parts = [self._referred(reference, path), *parts]
            for part in parts:
                self._count(as_object(part))
                if self._left < 0:
                    break
                wide = _joined(wide, as_object(part))
        return wide, seen

    def _referred(self, reference: object, path: str) -> Schema:
        found: object = self._root
        steps = str(reference).split("/")
        for step in steps[1:]:
            found = as_object(found).get(step.replace("~1", "/").replace("~0", "~"))
        if steps[0] != "#" or not isinstance(found, dict):
            self._drop(path, "$ref")
            return {"type": "object"}
        return found

    def _values(self, wide: Schema, narrow: Schema, path: str) -> None:
        """The dialect lists strings only."""
        listed = [wide["const"]] if "const" in wide else _list(wide.get("enum"))
        texts = [value for value in listed if words(value)]
        if None in listed:
            narrow["nullable"] = True
        if len(texts) < len([value for value in listed if value is not None]):
            self._drop(path, "const" if "const" in wide else "enum")
        elif texts:
            narrow["enum"] = texts
            narrow.setdefault("type", "STRING")
        said = wide.get("format")
        if said is not None:
            if str(said) in FORMATS.get(str(narrow.get("type")).lower(), ()):
                narrow["format"] = said
            else:
                self._drop(path, "format")

    def _inside(
        self, wide: Schema, narrow: Schema, path: str, seen: frozenset[str], depth: int
    ) -> None:
        properties = as_object(wide.get("properties"))
        if properties:
            narrow.setdefault("type", "OBJECT")
            narrow["properties"] = {
                name: self._narrow(as_object(each), f"{path}.{name}", seen, depth + 1)
                for name, each in properties.items()
            }
            required = [
                name
                for name in _list(wide.get("required"))
                if isinstance(name, str) and name in properties
            ]
            if required:
                narrow["required"] = required
        if narrow.get("type") == "ARRAY" or "items" in wide:
            narrow.setdefault("type", "ARRAY")
            items = as_object(wide.get("items"))
            # A list of anything is refused: of what must be said.
            narrow["items"] = (
                self._narrow(items, f"{path}[]", seen, depth + 1) if items else dict(ANYTHING)
            )

    def _count(self, wide: Schema) -> None:
        properties = len(as_object(wide.get("properties")))
        listed = sum(len(_list(wide.get(key))) for key in LISTS)
        self._left -= 1 + len(wide) + properties + listed

    def _drop(self, path: str, keyword: str) -> None:
        self.dropped.append((path, keyword))


TAKEN: Final = frozenset(
    {"type", "anyOf", "oneOf", "enum", "const", "format", "properties", "required", "items"}
)


def _kinds(wide: Schema) -> list[str]:
    said = wide.get("type")
    return [str(kind) for kind in (said if isinstance(said, list) else [said] if said else ())]


def _is_null(choice: object) -> bool:
    said = as_object(choice)
    return said.get("type") == NULL or ("const" in said and said["const"] is None)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _both(left: Schema, right: Schema) -> Schema:
    """An object that two parts describe is what both say."""
    meant = {
        name: {"allOf": [left[name], right[name]]}
        for name in left.keys() & right.keys()
        if as_object(left[name]).get("type") == as_object(right[name]).get("type") == "object"
    }
    return {**right, **left, **meant}


def _joined(left: Schema, right: Schema) -> Schema:
    joined = {**right, **left}
    if "properties" in left and "properties" in right:
        joined["properties"] = _both(as_object(left["properties"]), as_object(right["properties"]))
    if "required" in left and "required" in right:
        joined["required"] = [*_list(left["required"]), *_list(right["required"])]
    return joined
