"""Schemas of the dialect's own kind, from and to JSON Schema."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Target
from protocols.gemini_generate.schema import SPARE_WORDS, Narrowed, json_schema
from protocols.registry import UPSTREAM_CODECS
from tests.protocols.fuzzed import BOUND_S, seconds


def raw(schema: Any) -> Raw:
    return Raw(msgspec.json.encode(schema))


def widened(schema: Any) -> Any:
    return msgspec.json.decode(json_schema(raw(schema)))


def narrowed(schema: Any) -> Any:
    return Narrowed(raw(schema)).schema()


def dropped(schema: Any) -> list[tuple[str, str]]:
    found = Narrowed(raw(schema))
    found.schema()
    return found.dropped


@pytest.mark.parametrize(
    ("own", "wide"),
    [
        ({"type": "STRING"}, {"type": "string"}),
        ({"type": "STRING", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "STRING", "nullable": False}, {"type": "string"}),
        ({"nullable": True}, {}),
        (
            {"anyOf": [{"type": "STRING"}, 3], "nullable": True},
            {"anyOf": [{"type": "string"}, {}, {"type": "null"}]},
        ),
        ({"any_of": "odd"}, {"anyOf": "odd"}),
        ({"type": 3, "title": None}, {"type": 3}),
        (
            {"type": "ARRAY", "items": {"type": "INTEGER"}, "min_items": "3", "maxItems": 5},
            {"type": "array", "items": {"type": "integer"}, "minItems": 3, "maxItems": 5},
        ),
        (
            {
                "type": "OBJECT",
                "properties": {"any_of": {"type": "STRING", "example": "x"}},
                "propertyOrdering": ["any_of"],
                "required": ["any_of"],
            },
            {
                "type": "object",
                "properties": {"any_of": {"type": "string", "examples": ["x"]}},
                "required": ["any_of"],
            },
        ),
    ],
)
def test_the_dialects_own_schema_means_a_json_schema(own: Any, wide: Any) -> None:
    assert widened(own) == wide


def test_what_is_no_schema_is_an_open_one() -> None:
    assert widened(3) == {}
    assert narrowed(3) == {}


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ({"const": "a"}, {"enum": ["a"], "type": "STRING"}),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "STRING", "enum": ["a", "b"]}),
        ({"enum": ["a", None]}, {"enum": ["a"], "type": "STRING", "nullable": True}),
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
        (
            {"type": ["string", "integer"]},
            {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]},
        ),
        (
            {"oneOf": [{"type": "string"}, {"type": "null"}, {"const": None}]},
            {"nullable": True, "anyOf": [{"type": "STRING"}]},
        ),
        (
            {
                "allOf": [
                    {"type": "object", "properties": {"a": {"type": "string"}}},
                    {"title": "t"},
                ]
            },
            {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "title": "t"},
        ),
        (
            {
                "properties": {"a": {}},
                "required": ["a"],
                "allOf": [{"properties": {"b": {}}, "required": ["b", "gone"]}],
            },
            {"type": "OBJECT", "properties": {"b": {}, "a": {}}, "required": ["a", "b"]},
        ),
        ({"type": "array"}, {"type": "ARRAY", "items": {"type": "OBJECT"}}),
        ({"items": {"type": "number"}}, {"type": "ARRAY", "items": {"type": "NUMBER"}}),
        ({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}),
        ({"type": "integer", "minimum": 1}, {"type": "INTEGER", "minimum": 1}),
        ({"type": "odd"}, {}),
        (
            {
                "type": "object",
                "properties": {"ref": {"$ref": "#/$defs/a~1b"}},
                "$defs": {"a/b": {}},
            },
            {"type": "OBJECT", "properties": {"ref": {}}},
        ),
        (
            {"properties": {"const": {"type": "string"}, "$ref": {"type": "integer"}}},
            {
                "type": "OBJECT",
                "properties": {"const": {"type": "STRING"}, "$ref": {"type": "INTEGER"}},
            },
        ),
    ],
)
def test_json_schema_is_said_in_the_dialects_own(wide: Any, narrow: Any) -> None:
    assert narrowed(wide) == narrow
    assert dropped(wide) == []


@pytest.mark.parametrize(
    ("wide", "narrow", "lost"),
    [
        ({"const": 3, "type": "integer"}, {"type": "INTEGER"}, [("", "const")]),
        ({"enum": [1, "a"]}, {}, [("", "enum")]),
        ({"type": "string", "format": "email"}, {"type": "STRING"}, [("", "format")]),
        ({"additionalProperties": False}, {}, [("", "additionalProperties")]),
        ({"$ref": "#/gone"}, {"type": "OBJECT"}, [("", "$ref")]),
        ({"$ref": "https://x.example/"}, {"type": "OBJECT"}, [("", "$ref")]),
        (
            {"properties": {"a": {"items": {"not": {}}}}},
            {
                "type": "OBJECT",
                "properties": {"a": {"type": "ARRAY", "items": {}}},
            },
            [(".a[]", "not")],
        ),
    ],
)
def test_what_it_cannot_say_is_dropped_and_told(
    wide: Any, narrow: Any, lost: list[tuple[str, str]]
) -> None:
    assert narrowed(wide) == narrow
    assert dropped(wide) == lost


def test_what_refers_to_itself_ends_open() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}
    wide = {"$ref": "#/$defs/node", "$defs": {"node": node}}
    assert narrowed(wide) == {"type": "OBJECT", "properties": {"next": {"type": "OBJECT"}}}
    assert dropped(wide) == [(".next", "$ref")]


def test_depth_has_an_end() -> None:
    wide: dict[str, Any] = {"type": "string"}
    for _ in range(40):
        wide = {"type": "array", "items": wide}
    assert [keyword for _, keyword in dropped(wide)] == ["depth"]
    found = widened(wide)
    for _ in range(33):
        found = found["items"]
    assert found == {}


def test_conjunctions_without_end_end() -> None:
    wide = {"allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}}
    assert narrowed(wide) == {"type": "OBJECT"}
    many: dict[str, Any] = {"type": "string"}
    for _ in range(40):
        many = {"allOf": [many]}
    assert narrowed(many) == {}


def test_references_to_references_cannot_grow_without_end() -> None:
    twice = {
        f"d{at}": {"properties": {name: {"$ref": f"#/$defs/d{at + 1}"} for name in "abcd"}}
        for at in range(20)
    }
    wide = {"$ref": "#/$defs/d0", "$defs": {**twice, "d20": {"type": "string"}}}
    assert "depth" in {keyword for _, keyword in dropped(wide)}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": [{}], "format": {}},
        {"type": {}, "required": [{}], "properties": {"a": 3}},
        {"$ref": {}},
        {"anyOf": [3], "enum": 3, "allOf": [3]},
    ],
)
def test_what_is_no_schema_inside_breaks_nothing(schema: Any) -> None:
    assert isinstance(narrowed(schema), dict)
    assert isinstance(widened(schema), dict)


HEAVY: dict[str, Any] = {f"x{at}": 1 for at in range(3_000)}
DOUBLING: dict[str, Any] = {
    f"D{at}": {"anyOf": [{"$ref": f"#/$defs/D{at + 1}"}] * 2} for at in range(30)
}


@pytest.mark.parametrize(
    ("definition", "many"),
    [
        (HEAVY, {"$ref": "#/$defs/D"}),
        ({"enum": [str(at) for at in range(3_000)]}, {"$ref": "#/$defs/D"}),
        ({"properties": {"a": {}}, "required": ["a"] * 3_000}, {"$ref": "#/$defs/D"}),
        ({"properties": HEAVY}, {"allOf": [{"$ref": "#/$defs/D"}] * 30}),
        (HEAVY, {"allOf": [{"$ref": "#/$defs/D"}] * 30}),
        ({"$ref": "#/$defs/D0"}, {"$ref": "#/$defs/D"}),
    ],
)
def test_references_make_no_schema_much_longer(definition: Any, many: Any) -> None:
    properties = {f"p{at}": many for at in range(150)}
    schema = raw({"$defs": {"D": definition, **DOUBLING}, "properties": properties})
    assert seconds(lambda: Narrowed(schema).schema()) < BOUND_S
    found = Narrowed(schema)
    found.schema()
    assert (found.spare, found.dropped[-1][1]) == (0, "depth")
    assert len(found.dropped) < SPARE_WORDS + len(bytes(schema)) // 8


def test_what_one_schema_takes_the_others_have_not() -> None:
    doubling = raw({"$defs": DOUBLING, "$ref": "#/$defs/D0"})
    tools = tuple(ir.FunctionTool(name=f"f{at}", parameters=doubling) for at in range(30))
    request = ir.Request(dialect="openai.chat", model="m", messages=(), tools=tools)
    target = Target(model="m", vendor="gemini", refuses=frozenset({"json_schema_tools"}))
    encode = UPSTREAM_CODECS["gemini.generate"].encode_request
    assert seconds(lambda: encode(request, target, "s")) < BOUND_S


def test_what_is_long_by_itself_is_not_cut() -> None:
    properties = {f"p{at}": {"type": "string", "description": "d"} for at in range(10_000)}
    assert dropped({"type": "object", "properties": properties}) == []
