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

PLAIN: Final = frozenset({"AUTO", "ANY", "NONE"})
CHOICE: Final = "functionCallingConfig"


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
    """What is said in a way of its own is noted whole beside the choice it means."""
    item = config.item(CHOICE)
    if item is None:
        return None
    said = camelled(item.fields())
    word = said.item("mode")
    is_text = word is None or word.is_text()
    name = "AUTO" if word is None or not is_text else word.text()
    names = tuple(each.text() for each in said.items("allowedFunctionNames"))
    mode = MODES.get(name.upper())
    if mode is None or not is_text:
        return ToolChoice(raw=item.raw)
    if word is None or name not in PLAIN or said.rest() is not None:
        note(fields, CHOICE, item.raw)
    if mode == "required" and len(names) == 1:
        return ToolChoice(mode="named", name=names[0])
    return ToolChoice(mode=mode, allowed=names)
