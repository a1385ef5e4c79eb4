"""Tools and the choice among them, read."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec
from msgspec import Raw

from protocols.fields import Fields, Item
from protocols.gemini_generate.parts import VENDOR
from protocols.gemini_generate.reading import camelled, each, note
from protocols.gemini_generate.schema import json_schema
from protocols.ir import FunctionTool, ProviderTool, ToolChoice

MODES: Final[Mapping[str, Literal["auto", "none", "required"]]] = {
    "AUTO": "auto",
    "ANY": "required",
    "NONE": "none",
    "VALIDATED": "auto",  # as AUTO, and what it calls is checked
}


def read_tools(item: Item) -> Iterator[FunctionTool | ProviderTool]:
    fields = camelled(item.fields())
    functions = [*each(fields, "functionDeclarations")]
    for kind in fields.names():
        raw = Raw(msgspec.json.encode({kind: fields.raw(kind)}))
        yield ProviderTool(origin=VENDOR, kind=kind, raw=raw)
    for function in functions:
        yield _function(camelled(function.fields()))


def _function(fields: Fields) -> FunctionTool:
    """Parameters of the dialect's own kind are noted beside the JSON Schema they mean."""
    parameters = fields.raw("parametersJsonSchema")
    if not parameters:
        own = fields.raw("parameters")
        if own:
            note(fields, "parameters", own)
            parameters = json_schema(own)
    return FunctionTool(
        name=fields.required_text("name"),
        description=fields.text("description"),
        parameters=parameters,
        extra=fields.rest(),
    )


def read_choice(config: Fields, fields: Fields) -> ToolChoice | None:
    raw = config.raw("functionCallingConfig")
    if not raw:
        return None
    said = camelled(Fields(raw, config.at("functionCallingConfig")))
    word = said.raw("mode")
    name = Item(word, said.at("mode")).text().upper() if bytes(word)[:1] == b'"' else "AUTO"
    names = tuple(item.text() for item in said.items("allowedFunctionNames"))
    if name not in MODES or said.rest() is not None or (word and bytes(word)[:1] != b'"'):
        return ToolChoice(raw=raw)
    mode = MODES[name]
    if name == "VALIDATED" or not word:
        note(fields, "mode", word or Raw(b"null"))
    if mode == "required" and len(names) == 1:
        return ToolChoice(mode="named", name=names[0])
    return ToolChoice(mode=mode, allowed=names)
