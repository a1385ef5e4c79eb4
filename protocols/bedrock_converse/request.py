"""A Converse request, read. Model and kind of answer are in the path."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.bedrock_converse.blocks import read_blocks, read_cache_point
from protocols.bedrock_converse.reasoning import Said, read_reasoning
from protocols.codec import Head
from protocols.errors import DecodeError
from protocols.fields import Fields, Item, read_body
from protocols.ir import (
    NOTHING,
    FunctionTool,
    Message,
    OutputFormat,
    ProviderTool,
    ToolCall,
    ToolChoice,
    ToolResult,
)

Role: TypeAlias = Literal["system", "user", "assistant"]
Tool: TypeAlias = FunctionTool | ProviderTool
ROLES: Final[Mapping[str, Role]] = {"user": "user", "assistant": "assistant", "system": "system"}
CHOICES: Final[Mapping[str, Literal["auto", "required", "named"]]] = {
    "auto": "auto",
    "any": "required",
    "tool": "named",
}
ADDITIONAL: Final = "additionalModelRequestFields"
OUTPUT: Final = "outputConfig"
END_USER: Final = "user_id"


def decode_request(body: bytes, head: Head) -> ir.Request:
    fields = read_body(body)
    if head.model is None:
        raise DecodeError("", "the path names no model")
    if not fields.has("messages"):
        raise DecodeError("messages", "is missing; expected a list of messages")
    inference = fields.object("inferenceConfig")
    config = fields.object("toolConfig")
    output = fields.object(OUTPUT)
    additional = _additional(fields)
    said = read_reasoning(output, additional)
    metadata = fields.texts("requestMetadata")
    request = ir.Request(
        dialect="bedrock.converse",
        model=head.model,
        stream=head.stream or False,
        messages=(*_system(fields), *_messages(fields)),
        sampling=_sampling(inference, said),
        tools=_tools(config),
        tool_choice=_tool_choice(config),
        output=_output(output),
        reasoning=said.reasoning,
        service_tier=_tier(fields),
        end_user=metadata.pop(END_USER, None) if metadata else None,
        metadata=metadata or None,
    )
    for name, rest in (
        ("inferenceConfig", inference),
        ("toolConfig", config),
        (OUTPUT, output),
        (ADDITIONAL, additional),
    ):
        if rest is not None:
            fields.put_back_rest(name, rest)
    return replace(request, extra=fields.rest())


def _additional(fields: Fields) -> Fields | None:
    """What the model itself takes, in its own vendor's words; it may be no object at all."""
    raw = fields.raw(ADDITIONAL)
    if raw and bytes(raw)[:1] == b"{":
        return Fields(raw, fields.at(ADDITIONAL))
    if raw:
        fields.put_back(ADDITIONAL, raw)
    return None


def _system(fields: Fields) -> Iterator[Message]:
    content = read_blocks(fields.items("system"))
    if content:
        yield Message(role="system", content=content, head=True)


def _messages(fields: Fields) -> Iterator[Message]:
    names: dict[str, str] = {}  # tool call id -> name, for the results that follow
    for item in fields.items("messages"):
        said = item.fields()
        role = said.choice("role", ROLES)
        if role is None or not said.has("content"):
            missing = "role" if role is None else "content"
            raise DecodeError(said.at(missing), "is missing")
        blocks = [_named(block, names) for block in read_blocks(said.items("content"))]
        names.update((block.id, block.name) for block in blocks if isinstance(block, ToolCall))
        yield Message(role=role, content=tuple(blocks), extra=said.rest())


def _named(block: ir.Content, names: Mapping[str, str]) -> ir.Content:
    if isinstance(block, ToolResult) and block.call_id in names:
        return replace(block, name=names[block.call_id])
    return block


def _sampling(inference: Fields | None, said: Said) -> ir.Sampling:
    if inference is None:
        return ir.Sampling(top_k=said.top_k)
    return ir.Sampling(
        max_tokens=inference.whole("maxTokens"),
        temperature=inference.number("temperature"),
        top_p=inference.number("topP"),
        top_k=said.top_k,
        stop=tuple(item.text() for item in inference.items("stopSequences")),
    )


def _tools(config: Fields | None) -> tuple[Tool, ...]:
    tools: list[Tool] = []
    for item in config.items("tools") if config else ():
        point = read_cache_point(item.raw)
        last = tools[-1] if tools else None
        if point is not None and isinstance(last, FunctionTool) and last.cache is None:
            tools[-1] = replace(last, cache=point)
        else:
            tools.append(_tool(item))
    return tuple(tools)


def _tool(item: Item) -> Tool:
    fields = item.fields()
    names = fields.names()
    if names != ["toolSpec"]:
        return ProviderTool(origin=VENDOR_OF_TOOLS, kind=_kind(fields, names), raw=item.raw)
    said = Fields(fields.raw("toolSpec"), fields.at("toolSpec"))
    schema = said.object("inputSchema")
    parameters = schema.raw("json") if schema else NOTHING
    if schema is not None:
        said.put_back_rest("inputSchema", schema)
    return FunctionTool(
        name=said.required_text("name"),
        description=said.text("description"),
        parameters=parameters,
        strict=said.flag("strict"),
        extra=said.rest(),
    )


def _kind(fields: Fields, names: list[str]) -> str:
    """A tool of the vendor's own has a name; what else there is, is of its member's kind."""
    if names == ["systemTool"]:
        tool = fields.object("systemTool")
        return (tool.text("name") if tool else None) or "systemTool"
    return names[0] if names else ""


def _tool_choice(config: Fields | None) -> ToolChoice | None:
    raw = config.raw("toolChoice") if config else NOTHING
    if config is None or not raw:
        return None
    said = Fields(raw, config.at("toolChoice"))
    names = said.names()
    mode = CHOICES.get(names[0]) if len(names) == 1 else None
    inner = said.object(names[0]) if mode else None
    if mode is None or inner is None:
        return ToolChoice(raw=raw)
    name = inner.text("name") if mode == "named" else None
    return ToolChoice(raw=raw) if inner.rest() else ToolChoice(mode=mode, name=name)


def _output(config: Fields | None) -> OutputFormat | None:
    raw = config.raw("textFormat") if config else NOTHING
    if config is None or not raw:
        return None
    said = Fields(raw, config.at("textFormat"))
    kind, structure = said.text("type"), said.object("structure")
    form = structure.object("jsonSchema") if structure else None
    if kind != "json_schema" or structure is None or form is None:
        config.put_back("textFormat", raw)
        return None
    schema = form.required_text("schema").encode(errors="replace")
    try:
        msgspec.json.decode(schema)
    except (msgspec.DecodeError, RecursionError):
        raise DecodeError(form.at("schema"), "holds no JSON") from None
    output = OutputFormat(
        kind="json_schema",
        name=form.text("name"),
        description=form.text("description"),
        schema=Raw(schema),
    )
    for holder, key, inner in (
        (structure, "jsonSchema", form),
        (said, "structure", structure),
        (config, "textFormat", said),
    ):
        holder.put_back_rest(key, inner)
    return output


def _tier(fields: Fields) -> str | None:
    said = fields.object("serviceTier")
    tier = said.text("type") if said else None
    if said is not None:
        fields.put_back_rest("serviceTier", said)
    return tier


VENDOR_OF_TOOLS: Final = "aws"
