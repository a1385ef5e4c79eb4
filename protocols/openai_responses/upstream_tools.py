"""Tools, the choice among them, and the form of the answer, written for a vendor."""

from typing import Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import custom_tools, web_search
from protocols.ir import CustomTool, FunctionTool, ProviderTool, Request, Text, ToolChoice
from protocols.openai_responses.sending import Sending
from protocols.openai_responses.wire import choice_object, format_object, tool_object

SCHEMA_TOOL: Final = "json_output"
ONLY_JSON: Final = "Answer with one JSON object and nothing else."
ANY_OBJECT: Final = Raw(b'{"type":"object","properties":{}}')


def add_tools(said: dict[str, Any], request: Request, sending: Sending) -> None:
    choice = request.tool_choice
    only = frozenset() if choice is None or sending.knows_openai else frozenset(choice.allowed)
    tools = [
        written
        for position, tool in enumerate(request.tools)
        if not only or getattr(tool, "name", None) in only
        for written in [_tool(tool, sending, f"tools[{position}]")]
        if written is not None
    ]
    if tools and not sending.takes("tools"):
        sending.losses.add("other:tools", "tools", "the target calls no tools", content=True)
        return
    if tools:
        said["tools"] = tools
    if choice is not None and (tools or sending.is_same):
        _choose(said, choice, request, sending)


def _tool(
    tool: FunctionTool | CustomTool | ProviderTool, sending: Sending, path: str
) -> dict[str, Any] | Raw | None:
    match tool:
        case FunctionTool():
            return _function(tool, sending, path)
        case CustomTool():
            return _custom(tool, sending, path)
        case ProviderTool(raw=raw) if sending.is_same:
            return raw
        case _:
            equal = sending.target.tools.get(f"{tool.origin}/{tool.kind}")
            if equal is not None:
                return web_search.fitted(tool, equal, sending.losses, path, of="openai")
            sending.losses.add("provider_tool", path, f"the target does not run {tool.kind}")
            return None


def _function(tool: FunctionTool, sending: Sending, path: str) -> dict[str, Any]:
    if sending.is_same:
        return tool_object(tool, name=tool.name)
    sending.cache(tool.cache, path)
    sending.losses.unknown(tool.extra, path=path)
    # Here strict is what a tool is that does not say.
    bare = replace(
        tool,
        parameters=tool.parameters or ANY_OBJECT,
        strict=bool(tool.strict),
        extra=None,
    )
    return tool_object(bare, name=sending.tool_name(tool.name))


def _custom(tool: CustomTool, sending: Sending, path: str) -> dict[str, Any]:
    if sending.is_same:
        return tool_object(tool, name=tool.name)
    sending.losses.unknown(tool.extra, path=path)
    name = sending.tool_name(tool.name)
    if sending.is_openai:
        form = _flat(tool, sending, path)
        return tool_object(replace(tool, format=form, extra=None), name=name)
    sending.custom.add(tool.name)
    sending.losses.unknown(custom_tools.beside_grammar(tool.format), path=f"{path}.format")
    function = FunctionTool(
        name=name,
        description=custom_tools.description_of(tool),
        parameters=custom_tools.PARAMETERS,
        strict=False,
    )
    return tool_object(function, name=name)


def _flat(tool: CustomTool, sending: Sending, path: str) -> Raw:
    """Chat has the grammar's fields below its type, Responses beside it."""
    grammar = custom_tools.grammar_of(tool.format)
    if not grammar:
        return tool.format
    sending.losses.unknown(custom_tools.beside_grammar(tool.format), path=f"{path}.format")
    return Raw(msgspec.json.encode({"type": "grammar", **grammar}))


def _choose(said: dict[str, Any], choice: ToolChoice, request: Request, sending: Sending) -> None:
    if choice.parallel is not None:
        if sending.takes("parallel"):
            said["parallel_tool_calls"] = choice.parallel
        elif not choice.parallel:
            why = "the target may call several at once"
            sending.losses.add("parallel", "tool_choice.parallel", why)
    if choice.raw and not sending.is_same:
        sending.losses.add("tool_choice", "tool_choice", "Responses has no such choice")
        return
    if not (sending.takes("tool_choice") and sending.takes(f"tool_choice.{choice.mode}")):
        if choice.mode == "none":
            said.pop("tools", None)
        if choice.mode not in {None, "auto", "none"}:
            sending.losses.add("tool_choice", "tool_choice", "the target chooses by itself")
        return
    if not sending.knows_openai and choice.allowed:
        choice = replace(choice, allowed=())  # only those are sent
    names = {
        tool.name: sending.tool_name(tool.name)
        for tool in request.tools
        if not isinstance(tool, ProviderTool)
    }
    written = choice_object(choice, () if sending.custom else request.tools, names)
    if written is not None:
        said["tool_choice"] = written


def write_output(
    text: dict[str, Any], said: dict[str, Any], request: Request, sending: Sending
) -> str | None:
    """Into `text`, or else `said`; the name of the tool that stands for the schema, if one does."""
    output = request.output
    if output is None:
        return None
    concept = {"json": "json_object", "json_schema": "json_schema", "text": "text"}[output.kind]
    if sending.takes(concept):
        text["format"] = format_object(output)
        if output.kind == "json" and not (sending.is_same or _speaks_of_json(request)):
            # Nobody gets it who does not speak of it; what instructions say does not count.
            part = {"type": "input_text", "text": ONLY_JSON}
            said["input"].insert(0, {"type": "message", "role": "system", "content": [part]})
        return None
    if output.kind == "json_schema" and "tools" not in said and sending.takes("tools"):
        function = FunctionTool(
            name=SCHEMA_TOOL,
            description=output.description,
            parameters=output.schema or ANY_OBJECT,
            strict=False,
        )
        said["tools"] = [tool_object(function, name=SCHEMA_TOOL)]
        said["tool_choice"] = {"type": "function", "name": SCHEMA_TOOL}
        return SCHEMA_TOOL
    wish = ONLY_JSON
    if output.schema:
        wish = f"{wish} It has this JSON schema:\n{bytes(output.schema).decode()}"
    before = said.get("instructions")
    said["instructions"] = f"{before}\n\n{wish}" if before else wish
    sending.losses.add("output", "output", "the target is only asked for it")
    return None


def _speaks_of_json(request: Request) -> bool:
    return any(
        "json" in block.text.lower()
        for message in request.messages
        if not message.head
        for block in message.content
        if isinstance(block, Text)
    )
