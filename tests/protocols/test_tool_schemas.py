"""Two hundred schemas as servers of tools declare them, for a vendor who takes but a part of
OpenAPI's: none is refused, and every property keeps its name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, Final, TypeAlias

import msgspec
import pytest

from protocols.codec import Head, Target
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS

Tools: TypeAlias = Sequence[tuple[str, Any]]  # names and schemas
MANY: Final = 200
TURNS: Final = [{"role": "user", "content": "Hi"}]
STRICT: Final = Target(
    model="m", vendor="gemini", refuses=frozenset({"json_schema_tools"}), tool_name_max=128
)
# Words of schemas, as names of what is described by one.
TRAPS: Final = ("ref", "$ref", "const", "oneOf", "type", "properties", "enum", "items", "anyOf")
TYPES: Final = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"})
# https://ai.google.dev/api/caching#Schema
TEXTS: Final = frozenset({"title", "description", "pattern", "format", "example", "default"})
COUNTS: Final = frozenset(
    {"maxItems", "minItems", "minProperties", "maxProperties", "minLength", "maxLength"}
)
KNOWN: Final = (
    TEXTS
    | COUNTS
    | {"type", "nullable", "enum", "properties", "required", "anyOf", "propertyOrdering", "items"}
    | {"minimum", "maximum"}
)


def declared(number: int) -> dict[str, Any]:
    """With references, also to itself, choices and names that are words of schemas."""
    dice = Random(number)  # noqa: S311 - the same in every run

    def described(depth: int, place: str) -> dict[str, Any]:
        kind = dice.randrange(9 if depth < 3 else 4)
        match kind:
            case 0:
                return {"type": "string", "const": place, "examples": ["x"]}
            case 1:
                return {"type": ["integer", "null"], "exclusiveMinimum": 0}
            case 2:
                return {"enum": ["a", "b", None], "x-internal": True}
            case 3:
                return {"$ref": f"#/$defs/{dice.choice(('Leaf', 'Tree'))}"}
            case 4:
                inner = [described(depth + 1, f"{place}_{at}") for at in range(2)]
                return {"oneOf": inner, "discriminator": {"propertyName": "type"}}
            case 5:
                return {"type": "array", "items": described(depth + 1, f"{place}_i")}
            case 6:
                parts = [
                    {
                        "type": "object",
                        "properties": {"both": an_object(depth + 1, f"{place}_{at}")},
                    }
                    for at in range(2)
                ]
                return {"allOf": parts, "unevaluatedProperties": False}
            case 7:
                return {"type": "object", "additionalProperties": {"type": "string"}}
        return an_object(depth + 1, place)

    def an_object(depth: int, place: str) -> dict[str, Any]:
        # Two parts may describe the same object, and then not each of its properties otherwise.
        traps = TRAPS[: len(TRAPS) // 2] if place.endswith("_0") else TRAPS[len(TRAPS) // 2 :]
        names = [*dice.sample(traps, 2), f"p_{place}"]
        return {
            "type": "object",
            "properties": {name: described(depth, f"{place}_{name}") for name in names},
            "required": names[:1],
            "additionalProperties": False,
        }

    node = {"value": {"type": "string"}, "ref": {"$ref": "#/$defs/Tree"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **an_object(0, str(number)),
        "$defs": {
            "Leaf": {"type": "object", "properties": {f"leaf_{number}": {"type": "number"}}},
            "Tree": {"type": "object", "properties": node, "required": ["ref"]},
        },
    }


def names_in(schema: Any, root: Any, seen: tuple[str, ...] = ()) -> Iterator[str]:
    """Of all that can be reached from here."""
    if isinstance(schema, list):
        for each in schema:
            yield from names_in(each, root, seen)
        return
    if not isinstance(schema, dict):
        return
    target = schema.get("$ref")
    if isinstance(target, str) and target not in seen:
        found = root["$defs"][target.rpartition("/")[2]]
        yield from names_in(found, root, (*seen, target))
    for name, each in schema.get("properties", {}).items():
        yield name
        yield from names_in(each, root, seen)
    for word in ("oneOf", "anyOf", "allOf", "items"):
        yield from names_in(schema.get(word), root, seen)


def refusals(schema: Any, path: str) -> Iterator[str]:
    """What a vendor who reads its own kind of schemas, and nothing else, says to one."""
    if not isinstance(schema, dict):
        yield f"{path} is no object"
        return
    yield from (f"{path}: unknown name {key!r}" for key in schema.keys() - KNOWN)
    if "type" in schema and schema["type"] not in TYPES:
        yield f"{path}.type is {schema['type']!r}"
    if schema.get("type") == "ARRAY" and "items" not in schema:
        yield f"{path}.items: missing field"
    if not all(isinstance(word, str) for word in schema.get("enum", [])):
        yield f"{path}.enum holds other than strings"
    properties = schema.get("properties", {})
    if properties and schema.get("type") != "OBJECT":
        yield f"{path} has properties and is no object"
    yield from (
        f"{path}.required: {name!r} is not defined"
        for name in schema.get("required", [])
        if name not in properties
    )
    for name, each in properties.items():
        yield from refusals(each, f"{path}.properties[{name}]")
    for at, each in enumerate(schema.get("anyOf", [])):
        yield from refusals(each, f"{path}.anyOf[{at}]")
    if "items" in schema:
        yield from refusals(schema["items"], f"{path}.items")


def _chat(tools: Tools) -> Any:
    said = [{"name": name, "parameters": schema} for name, schema in tools]
    return {"messages": TURNS, "tools": [{"type": "function", "function": tool} for tool in said]}


def _responses(tools: Tools) -> Any:
    said = [{"type": "function", "name": name, "parameters": schema} for name, schema in tools]
    return {"input": "Hi", "tools": said}


def _messages(tools: Tools) -> Any:
    said = [{"name": name, "input_schema": schema} for name, schema in tools]
    return {"max_tokens": 9, "messages": TURNS, "tools": said}


def _generate(tools: Tools) -> Any:
    said = [{"name": name, "parametersJsonSchema": schema} for name, schema in tools]
    turn = {"role": "user", "parts": [{"text": "Hi"}]}
    return {"contents": [turn], "tools": [{"functionDeclarations": said}]}


def _converse(tools: Tools) -> Any:
    said = [{"name": name, "inputSchema": {"json": schema}} for name, schema in tools]
    turn = {"role": "user", "content": [{"text": "Hi"}]}
    return {"messages": [turn], "toolConfig": {"tools": [{"toolSpec": tool} for tool in said]}}


ASKED: Final[Mapping[Dialect, Callable[[Tools], Any]]] = {
    "openai.chat": _chat,
    "openai.responses": _responses,
    "anthropic.messages": _messages,
    "gemini.generate": _generate,
    "bedrock.converse": _converse,
}
BY_PATH: Final = frozenset({"gemini.generate", "bedrock.converse"})


def asked(dialect: Dialect) -> bytes:
    said = ASKED[dialect]([(f"tool_{number}", declared(number)) for number in range(MANY)])
    return msgspec.json.encode(said if dialect in BY_PATH else {"model": "m", **said})


@pytest.mark.parametrize("dialect", sorted(CLIENT_CODECS))
def test_no_schema_of_a_tool_is_refused_and_no_name_of_a_property_is_lost(dialect: Dialect) -> None:
    request = CLIENT_CODECS[dialect].decode_request(asked(dialect), Head(model="m"))
    sent = UPSTREAM_CODECS["gemini.generate"].encode_request(request, STRICT, "seed")
    [tool] = msgspec.json.decode(sent.body)["tools"]
    functions = tool["functionDeclarations"]
    assert len(functions) == MANY
    refused = [
        refusal
        for function in functions
        for refusal in refusals(function["parameters"], function["name"])
    ]
    assert refused == []
    for number, function in enumerate(functions):
        schema = declared(number)
        told = set(own_names(function["parameters"]))
        assert set(names_in(schema, schema)) - told == set(), function["name"]


def own_names(schema: Any) -> Iterator[str]:
    for name, each in schema.get("properties", {}).items():
        yield name
        yield from own_names(each)
    inner = [schema["items"]] if "items" in schema else []
    for each in (*schema.get("anyOf", []), *inner):
        yield from own_names(each)


def test_the_strict_vendor_is_strict() -> None:
    assert len([*refusals(declared(1), "one")]) > 3
