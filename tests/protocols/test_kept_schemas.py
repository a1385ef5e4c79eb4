"""Schemas towards vendors that hold answers to a part of JSON Schema only."""

from typing import Any

import msgspec
import pytest
from anthropic import transform_schema
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from protocols.kept_schemas import kept, of_arguments
from protocols.losses import Losses

CLOSED: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": ["string", "null"], "format": "date", "pattern": "^a+$"}},
    "required": ["a"],
    "additionalProperties": False,
}


def keep(schema: object) -> tuple[Any, list[str]]:
    losses = Losses()
    raw = Raw(msgspec.json.encode(schema))
    made = kept(raw, losses, "output.schema")
    assert {loss.code for loss in losses.found} <= {"schema"}
    assert not any(loss.content for loss in losses.found)
    return None if made is None else msgspec.json.decode(made), [each.path for each in losses.found]


@pytest.mark.parametrize(
    "said",
    [
        b'{"properties": {"a": {"minItems": 1.0}}, "additionalProperties" : false}',
        b'{"anyOf":[{"type":"string","default":"x"},true],"$schema":"x"}',
        b'{"enum":["a",1,null]}',
        b'{"const":true}',
        b"[]",
    ],
)
def test_what_can_be_kept_to_stays_byte_for_byte(said: bytes) -> None:
    losses = Losses()
    assert kept(Raw(said), losses, "") == Raw(said)
    assert losses.found == []


def test_an_object_that_says_nothing_of_others_is_closed_without_a_loss() -> None:
    open_ = {key: value for key, value in CLOSED.items() if key != "additionalProperties"}
    assert keep(open_) == (CLOSED, [])
    empty = {"type": "object", "properties": {}}
    assert keep(empty) == ({**empty, "additionalProperties": False}, [])


@pytest.mark.parametrize(
    "said",
    [
        {"type": "object"},
        {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
        {"properties": {"a": {}}, "additionalProperties": True},
    ],
)
def test_an_object_meant_to_be_open_is_closed_with_one(said: dict[str, Any]) -> None:
    assert keep(said) == (
        {**said, "additionalProperties": False},
        ["output.schema.additionalProperties"],
    )


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("minimum", 1),
        ("maxLength", 5),
        ("minItems", 2),
        ("maxItems", 2),
        ("format", "int32"),
        ("pattern", "(?=a)b"),
        ("pattern", r"\bword"),
        ("enum", [{"a": 1}]),
        ("const", [1]),
        ("not", {"type": "string"}),
        ("patternProperties", {"a": {}}),
    ],
)
def test_what_no_answer_is_held_to_is_told(keyword: str, value: object) -> None:
    made, lost = keep({"type": "array", "items": {"description": "d", keyword: value}})
    told = msgspec.json.encode({keyword: value}).decode()
    assert made["items"] == {"description": f"d\n\nKeep to {told}."}
    assert lost == [f"output.schema[].{keyword}"]


def test_what_properties_are_called_does_not_matter() -> None:
    names = ("minimum", "not", "$ref", "properties", "additionalProperties")
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in names},
        "additionalProperties": False,
    }
    assert keep(schema) == (schema, [])


def test_one_of_several_is_any_of_them() -> None:
    both = {"anyOf": [{"type": "string"}], "oneOf": [{"type": "string"}]}
    assert keep(both) == (both, [])
    assert keep({"oneOf": [{"type": "string"}, {"maximum": 1}]}) == (
        {"anyOf": [{"type": "string"}, {"description": 'Keep to {"maximum":1}.'}]},
        ["output.schema.anyOf[1].maximum"],
    )


def test_references_within_stay_and_what_they_lead_to_is_kept_to() -> None:
    schema = {
        "$ref": "#/$defs/a~1b",
        "$defs": {
            "a/b": {"type": "object", "properties": {"c": {"$ref": "#/$defs/c"}}},
            "c": {"anyOf": [{"$ref": "#/$defs/d"}, {"$ref": "#/$defs/d"}]},
            "d": {"type": "string", "minLength": 1},
        },
    }
    made, lost = keep(schema)
    assert made["$ref"] == "#/$defs/a~1b"
    assert made["$defs"]["a/b"]["additionalProperties"] is False
    assert lost == ["output.schema.d.minLength"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}},
        {"allOf": [{"$ref": "https://else.example/x"}]},
        {"$ref": "#/$defs/none"},
    ],
)
def test_who_refers_to_itself_or_elsewhere_cannot_be_kept_to(schema: object) -> None:
    assert keep(schema) == (None, [])


def test_what_is_nested_beyond_reason_cannot_be_kept_to() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(64):
        schema = {"items": schema}
    assert keep(schema) == (schema, [])
    assert keep({"items": schema}) == (None, [])


LEAVES = st.sampled_from(
    [
        {"type": "string"},
        {"type": "integer", "minimum": 3},
        {"type": "number", "exclusiveMaximum": 2.5, "title": "t"},
        {"type": "string", "format": "uuid"},
        {"type": "string", "format": "phone", "description": "d"},
        {"type": "null"},
        {"enum": ["a", "b"]},
    ]
)


def _more(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        inner.map(lambda each: {"type": "array", "items": each, "minItems": 2}),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"oneOf": each}),
        st.dictionaries(st.sampled_from("abc"), inner).map(
            lambda each: {"type": "object", "properties": each, "required": sorted(each)}
        ),
    )


def _bare(schema: Any) -> Any:
    """Without what the two say in words of their own."""
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    properties = schema.get("properties", {})
    inner = {name: _bare(each) for name, each in properties.items()}
    rest = {key: _bare(value) for key, value in schema.items() if key != "description"}
    return {**rest, "properties": inner} if "properties" in schema else rest


@given(st.recursive(LEAVES, _more, max_leaves=12))
def test_what_is_sent_is_what_the_vendors_own_sdk_sends(schema: dict[str, Any]) -> None:
    made, _ = keep(schema)
    assert _bare(made) == _bare(transform_schema(schema))
    assert keep(made) == (made, [])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"{}", b'{"type":"object"}'),
        (b'{"properties": {"a":{}}}', b'{"type":"object","properties":{"a":{}}}'),
        (b'{ "type":"object"}', b'{ "type":"object"}'),
        (b'{"type": ["object","null"]}', b'{"type": ["object","null"]}'),
        (b"true", b"true"),
    ],
)
def test_arguments_are_said_to_be_an_object(said: bytes, told: bytes) -> None:
    assert bytes(of_arguments(Raw(said))) == told
