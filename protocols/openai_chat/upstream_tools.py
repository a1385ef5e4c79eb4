"""Tools, the choice among them, and the form of the answer, written for a vendor."""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Raw

from protocols import custom_tools
from protocols.ir import (
    CustomTool,
    FunctionTool,
    OutputFormat,
    ProviderTool,
    Request,
    Text,
    ToolChoice,
)
from protocols.openai_chat.notes import ANY, LEGACY
from protocols.openai_chat.sending import Sending

SCHEMA_TOOL: Final = "json_output"
OUTPUTS: Final[Mapping[str, str]] = {"text": "text", "json": "json_object"}
DEFAULT_NAME: Final = "output"
ONLY_JSON: Final = "Answer with one JSON object and nothing else."
SYSTEM_ROLES: Final = frozenset({"system", "developer"})


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
        sending.losses.add("other:tools", "tools", "the target calls no tools")
        return
    legacy = [tool[LEGACY] for tool in tools if isinstance(tool, dict) and LEGACY in tool]
    if legacy:
        said["functions"] = legacy
    if len(tools) > len(legacy):
        said["tools"] = [tool for tool in tools if isinstance(tool, Raw) or LEGACY not in tool]
    if choice is not None and (tools or sending.is_same):
        _choose(said, choice, request, sending)


def _tool(
    tool: FunctionTool | CustomTool | ProviderTool, sending: Sending, path: str
) -> dict[str, Any] | Raw | None:
    match tool:
        case ProviderTool():
            if sending.is_same:
                return tool.raw
            why = f"Chat has no {tool.kind} of {tool.origin}"
            sending.losses.add("provider_tool", path, why)
            return None
        case FunctionTool():
            return _function(tool, sending, path)
        case _:
            return _custom(tool, sending, path)


def _function(tool: FunctionTool, sending: Sending, path: str) -> dict[str, Any]:
    inner: dict[str, Any] = {"name": sending.tool_name(tool.name)}
    if tool.description is not None:
        inner["description"] = tool.description
    if tool.parameters:
        inner["parameters"] = tool.parameters
    if tool.strict is not None:
        inner["strict"] = tool.strict
    if sending.noted(tool.extra, LEGACY):
        sending.rest(inner, tool.extra, path)
        return {LEGACY: inner}
    said: dict[str, Any] = {"type": "function", "function": inner}
    sending.cache(said, tool.cache, path)
    sending.rest(said, tool.extra, path)
    return said


def _custom(tool: CustomTool, sending: Sending, path: str) -> dict[str, Any]:
    name = sending.tool_name(tool.name)
    if sending.knows_openai:
        inner: dict[str, Any] = {"name": name}
        if tool.description is not None:
            inner["description"] = tool.description
        if tool.format:
            inner["format"] = tool.format if sending.is_same else _nested(tool, sending, path)
        said = {"type": "custom", "custom": inner}
    else:
        sending.custom.add(tool.name)
        sending.losses.unknown(custom_tools.beside_grammar(tool.format), path=f"{path}.format")
        inner = {"name": name, "parameters": custom_tools.PARAMETERS}
        description = custom_tools.description_of(tool)
        if description is not None:
            inner["description"] = description
        said = {"type": "function", "function": inner}
    sending.rest(said, tool.extra, path)
    return said


def _nested(tool: CustomTool, sending: Sending, path: str) -> Raw | dict[str, Any]:
    """Responses has the grammar's fields beside its type, Chat below it."""
    grammar = custom_tools.grammar_of(tool.format)
    if not grammar:
        return tool.format
    sending.losses.unknown(custom_tools.beside_grammar(tool.format), path=f"{path}.format")
    return {"type": "grammar", "grammar": grammar}


def _choose(said: dict[str, Any], choice: ToolChoice, request: Request, sending: Sending) -> None:
    if choice.parallel is not None:
        if sending.takes("parallel"):
            said["parallel_tool_calls"] = choice.parallel
        elif not choice.parallel:
            why = "the target may call several at once"
            sending.losses.add("parallel", "tool_choice.parallel", why)
    if choice.raw:
        if sending.is_same:
            key = "function_call" if sending.noted(request.extra, LEGACY) else "tool_choice"
            said[key] = choice.raw
        else:
            sending.losses.add("tool_choice", "tool_choice", "Chat has no such choice")
        return
    if choice.mode is None and not choice.allowed:
        return
    if not (sending.takes("tool_choice") and sending.takes(f"tool_choice.{choice.mode}")):
        if choice.mode == "none":
            said.pop("tools", None)
        if choice.mode != "auto":
            sending.losses.add("tool_choice", "tool_choice", "the target chooses by itself")
        return
    if sending.noted(request.extra, LEGACY):
        named = {"name": choice.name}
        said["function_call"] = named if choice.mode == "named" else choice.mode
        return
    said["tool_choice"] = _choice(choice, request, sending)


def _choice(choice: ToolChoice, request: Request, sending: Sending) -> Any:
    if choice.allowed and sending.knows_openai:
        tools = [_pointer(name, request, sending) for name in choice.allowed]
        allowed = {"mode": choice.mode or "auto", "tools": tools}
        return {"type": "allowed_tools", "allowed_tools": allowed}
    if choice.mode == "named":
        return _pointer(choice.name or "", request, sending)
    if sending.noted(request.extra, ANY):
        return "any"
    return choice.mode or "auto"


def _pointer(name: str, request: Request, sending: Sending) -> dict[str, Any]:
    custom = sending.knows_openai and any(
        isinstance(tool, CustomTool) and tool.name == name for tool in request.tools
    )
    form = "custom" if custom else "function"
    return {"type": form, form: {"name": sending.tool_name(name)}}


def add_output(said: dict[str, Any], request: Request, sending: Sending) -> str | None:
    """The name of the tool that stands for the schema, if there is one."""
    output = request.output
    if output is None:
        return None
    if output.kind == "json_schema":
        return _schema(said, output, sending)
    if output.kind == "json" and not sending.takes("json_object"):
        _instruct(said, ONLY_JSON, sending)
        return None
    if output.kind == "json" and not (sending.is_same or _speaks_of_json(request)):
        _tell(said, ONLY_JSON)  # nobody gets it who does not speak of it
    said["response_format"] = {"type": OUTPUTS[output.kind]}
    return None


def _schema(said: dict[str, Any], output: OutputFormat, sending: Sending) -> str | None:
    if sending.takes("json_schema"):
        said["response_format"] = {
            "type": "json_schema",
            "json_schema": _schema_object(output, sending),
        }
        return None
    tools = ("tools", "tool_choice", "tool_choice.named")
    if "tools" in said or not all(map(sending.takes, tools)):
        schema = bytes(output.schema).decode()
        wish = f"Answer with one JSON value and nothing else. It must match this schema:\n{schema}"
        _instruct(said, wish, sending)
        return None
    inner: dict[str, Any] = {"name": SCHEMA_TOOL}
    if output.schema:
        inner["parameters"] = output.schema
    if output.description is not None:
        inner["description"] = output.description
    said["tools"] = [{"type": "function", "function": inner}]
    said["tool_choice"] = {"type": "function", "function": {"name": SCHEMA_TOOL}}
    return SCHEMA_TOOL


def _schema_object(output: OutputFormat, sending: Sending) -> dict[str, Any]:
    told = {
        "name": output.name or (None if sending.is_same else DEFAULT_NAME),
        "description": output.description,
        "strict": output.strict,
    }
    said: dict[str, Any] = {key: value for key, value in told.items() if value is not None}
    if output.schema:
        said["schema"] = output.schema
    return said


def _speaks_of_json(request: Request) -> bool:
    return any(
        "json" in block.text.lower()
        for message in request.messages
        for block in message.content
        if isinstance(block, Text)
    )


def _instruct(said: dict[str, Any], wish: str, sending: Sending) -> None:
    _tell(said, wish)
    sending.losses.add("output", "output", "the target is only asked for it")


def _tell(said: dict[str, Any], wish: str) -> None:
    messages = said["messages"]
    first = messages[0] if messages else {}
    if first.get("role") in SYSTEM_ROLES and isinstance(first["content"], str):
        first["content"] = f"{first['content']}\n\n{wish}"
    else:
        messages.insert(0, {"role": "system", "content": wish})
