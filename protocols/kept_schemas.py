"""Schemas as vendors take them that let no answer leave theirs: a part of JSON Schema.

Law 1: a schema within that part stays byte for byte. Law 2: what an answer can no longer be held
to is told to the model in the description, and to the client as a loss. Law 3: whatever fits the
schema that is sent fits, as far as those losses go, the one that was asked for.
"""

import re
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols.codec import Target
from protocols.lenient import an_object, as_object, read
from protocols.losses import Losses

OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])
# In `Target.refuses`: no answer is kept to a schema, or not to all of JSON Schema.
NONE: Final = "json_schema"
FULL: Final = "json_schema.full"
FORMATS: Final = frozenset(
    {
        "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
    }
)  # fmt: skip
BEYOND: Final = frozenset(
    {
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
        "maxLength", "maxItems", "uniqueItems", "contains", "minContains", "maxContains",
        "prefixItems", "unevaluatedItems", "minProperties", "maxProperties", "patternProperties",
        "propertyNames", "unevaluatedProperties", "dependentRequired", "dependentSchemas",
        "if", "then", "else", "not",
    }
)  # fmt: skip
# Looking around, back, and at the edges of words.
HARD_PATTERNS: Final = re.compile(r"\(\?[=!<]|\\[1-9bB]")
NAMED: Final = ("properties", "$defs", "definitions")
LISTED: Final = ("anyOf", "oneOf", "allOf")
DEEPEST: Final = 64
CLOSING: Final = "additionalProperties"


def of_arguments(schema: Raw) -> Raw:
    """Arguments are an object also where their schema does not say so: some want it said."""
    top = read(OBJECTS, schema)
    if top is None or "type" in top:
        return schema
    return Raw(msgspec.json.encode({"type": "object", **top}))


def schema_for(
    target: Target, schema: Raw, losses: Losses, path: str, *, is_own: bool
) -> Raw | None:
    """As the target takes it; None where it keeps no answer to it. `is_own`: whoever speaks the
    target's dialect has written for it."""
    if NONE in target.refuses:
        return None
    return schema if is_own or FULL not in target.refuses else kept(schema, losses, path)


def kept(schema: Raw, losses: Losses, path: str) -> Raw | None:
    """None where no answer can be kept to it: it refers to itself, or to what is elsewhere."""
    fitting = _Fitting(an_object(schema))
    if not fitting.refers_well(fitting.root, (), 0):
        return None
    said = fitting.fitted(fitting.root, "")
    for place, keyword in fitting.dropped:
        losses.add("schema", f"{path}{place}.{keyword}", "no answer can be held to it: it is told")
    return Raw(msgspec.json.encode(said)) if fitting.is_changed else schema


class _Fitting:
    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.is_changed = False
        self.dropped: list[tuple[str, str]] = []  # path, keyword
        self._proven: set[str] = set()

    def refers_well(self, said: dict[str, Any], within: tuple[str, ...], depth: int) -> bool:
        reference = said.get("$ref")
        if depth > DEEPEST:
            return False
        if reference is not None and not self._leads_on(str(reference), within, depth):
            return False
        return all(self.refers_well(each, within, depth + 1) for each in _inner(said))

    def _leads_on(self, reference: str, within: tuple[str, ...], depth: int) -> bool:
        if reference in self._proven:
            return True
        found: object = self.root
        first, *steps = reference.split("/")
        for step in steps:
            found = as_object(found).get(step.replace("~1", "/").replace("~0", "~"))
        if first != "#" or not steps or reference in within or not isinstance(found, dict):
            return False
        if not self.refers_well(found, (*within, reference), depth + 1):
            return False
        self._proven.add(reference)
        return True

    def fitted(self, schema: object, path: str) -> object:
        if not isinstance(schema, dict):
            return schema  # `true`, or what is no schema at all
        said: dict[str, Any] = {}
        told: dict[str, Any] = {}
        for key, value in schema.items():
            if key in NAMED and isinstance(value, dict):
                inner = value.items()
                said[key] = {name: self.fitted(each, f"{path}.{name}") for name, each in inner}
            elif key in LISTED and isinstance(value, list):
                # One of several at least, for exactly one.
                kind = "anyOf" if key == "oneOf" and "anyOf" not in schema else key
                self.is_changed |= kind != key
                said[kind] = [
                    self.fitted(each, f"{path}.{kind}[{at}]") for at, each in enumerate(value)
                ]
            elif key == "items":
                said[key] = self.fitted(value, f"{path}[]")
            elif _is_kept(key, value):
                said[key] = value
            else:
                told[key] = value
                self.dropped.append((path, key))
        if told:
            self.is_changed = True
            before = said.get("description")
            hint = f"Keep to {msgspec.json.encode(told).decode()}."
            said["description"] = f"{before}\n\n{hint}" if isinstance(before, str) else hint
        return self._closed(said, path)

    def _closed(self, said: dict[str, Any], path: str) -> dict[str, Any]:
        """Of an object others than its properties are never taken."""
        kinds = said.get("type")
        is_object = "object" in kinds if isinstance(kinds, list) else kinds == "object"
        if not (is_object or "properties" in said) or said.get(CLOSING) is False:
            return said
        # Where nothing is said of others, whoever leaves them out still does what was asked.
        if said.get(CLOSING) is not None or "properties" not in said:
            self.dropped.append((path, CLOSING))
        self.is_changed = True
        return {**said, CLOSING: False}


def _is_kept(key: str, value: object) -> bool:
    match key:
        case "format":
            return value in FORMATS
        case "pattern":
            return HARD_PATTERNS.search(str(value)) is None
        case "minItems":
            return value in (0, 1)
        case "enum":
            return not (isinstance(value, list) and any(map(_is_complex, value)))
        case "const":
            return not _is_complex(value)
        case _:
            return key not in BEYOND


def _is_complex(value: object) -> bool:
    return isinstance(value, dict | list)


def _inner(said: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas in a schema."""
    found = [said.get("items")]
    for key in NAMED:
        found.extend(as_object(said.get(key)).values())
    for key in LISTED:
        value = said.get(key)
        found.extend(value if isinstance(value, list) else ())
    return [each for each in found if isinstance(each, dict)]
