"""Values that schemas accept."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.mock.schemas import Maker, candidates


def make(schema: Any) -> Any:
    return Maker(("Oslo", "Rome")).of(schema)


def a(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, **more}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, "Oslo"),
        (a("string"), "Oslo"),
        (a("string", minLength=6), "Osloxx"),
        (a("string", maxLength=2), "Os"),
        (a("string", format="date"), "2026-01-02"),
        (a("string", format="unheard-of"), "Oslo"),
        (a("string", enum=["x", "y"]), "x"),
        (a("string", examples=["e"]), "e"),
        (a("string", examples="odd"), "odd"),
        (a("string", default="d"), "d"),
        (a("string", default=None), "Oslo"),
        ({"const": None}, None),
        (a("boolean"), True),
        (a("null"), None),
        (a("integer"), 1),
        (a("number"), 1),
        (a("number", minimum=0.5), 0.5),
        (a("integer", minimum=7), 7),
        (a("integer", exclusiveMinimum=7), 8),
        (a("integer", maximum=-3), -3),
        (a("integer", exclusiveMaximum=0), -1),
        (a("number", exclusiveMinimum=0, maximum=0.5), 0.001),
        (a("integer", minimum=3, multipleOf=5), 5),
        (a("integer", minimum=6, maximum=9, multipleOf=4), 8),
        (a("integer", maximum=0, multipleOf=4), 0),
        (a("integer", maximum=3, multipleOf=4), 0),
        (a("integer", minimum=-7, maximum=-1, multipleOf=4), -4),
        (a("number", minimum=1, maximum=1.5, multipleOf=0), 1),
        (a("number", minimum=1e308, multipleOf=1e-300), 1e308),
        (a("integer", minimum=True, maximum=float("inf")), 1),
        ({"type": ["null", "integer"]}, 1),
        ({"type": ["null"]}, None),
        (a("array", items=a("integer")), [1]),
        (a("array", items=a("integer"), minItems=3), [1, 1, 1]),
        (a("array", maxItems=0), []),
        (a("array"), ["Oslo"]),
        (a("array", prefixItems=[a("integer"), a("boolean")]), [1, True]),
        ({"items": a("integer")}, [1]),
        (a("object", properties={"a": a("string"), "b": a("string")}), {"a": "Oslo", "b": "Rome"}),
        (
            a("object", properties={"a": a("string"), "b": a("string")}, required=["b"]),
            {"b": "Oslo"},
        ),
        ({"properties": {"a": a("object", properties={"b": a("string")})}}, {"a": {}}),
        ({"required": ["a", 1]}, {"a": "Oslo"}),
        (a("object", properties={"a": True}), {"a": "Oslo"}),
        ({"anyOf": [a("integer"), a("string")]}, 1),
        ({"oneOf": [a("integer"), a("string")]}, 1),
        (
            {
                "allOf": [
                    a("object", properties={"a": a("integer")}, required=["a"]),
                    {"properties": {"b": a("boolean")}, "required": ["b"]},
                ]
            },
            {"a": 1, "b": True},
        ),
        (
            {
                "properties": {"x": {"$ref": "#/$defs/a~1b"}},
                "$defs": {"a/b": a("integer", minimum=4)},
            },
            {"x": 4},
        ),
        ({"properties": {"x": {"$ref": "https://example.com/elsewhere"}}}, {"x": "Oslo"}),
        ({"properties": {"x": {"$ref": "#/nowhere/at/all"}}}, {"x": "Oslo"}),
        ({"properties": {"x": {"$ref": 3}}}, {"x": "Oslo"}),
    ],
)
def test_a_value_is_as_its_schema_wants_it(schema: dict[str, Any], value: object) -> None:
    assert make(schema) == value


def test_a_schema_that_refers_to_itself_ends() -> None:
    tree = {
        "type": "object",
        "properties": {"child": {"$ref": "#"}},
        "required": ["child"],
    }
    value, depth = make(tree), 0
    while value:
        value, depth = value["child"], depth + 1
    assert 0 < depth < 20
    assert make({"$ref": "#"}) == "Oslo"
    both = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}
    assert make({**both, "$ref": "#/$defs/a"}) == "Oslo"


def test_words_to_pass_on_are_names_first() -> None:
    assert [*candidates("What is the Weather, in Oslo today?")] == [
        "Weather",
        "Oslo",
        "Weather",
        "example",
    ]
    assert [*candidates("")] == ["example"]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("type", "properties", "items", "required", "enum", "anyOf", "allOf", "$ref"),
                    *("minimum", "maximum", "multipleOf", "minItems", "minLength", "maxLength"),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
)


@given(schema=st.dictionaries(st.sampled_from(["type", "properties", "allOf"]), json))
def test_no_schema_breaks_the_making(schema: dict[str, Any]) -> None:
    make(schema)
