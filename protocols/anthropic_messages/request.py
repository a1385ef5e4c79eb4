"""A Messages request, read."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from protocols import ir
from protocols.anthropic_messages.blocks import read_blocks
from protocols.cache_points import take_cache_point
from protocols.codec import Head
from protocols.errors import DecodeError
from protocols.fields import Fields, Item, read_body
from protocols.ir import (
    FunctionTool,
    Message,
    OutputFormat,
    ProviderTool,
    Reasoning,
    ToolCall,
    ToolChoice,
    ToolResult,
)

Role: TypeAlias = Literal["system", "user", "assistant"]
VERSION: Final = re.compile(r"\d{4}-\d\d-\d\d")
ROLES: Final[Mapping[str, Role]] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",  # Claude Code puts some among the messages
}
CHOICES: Final[Mapping[str, Literal["auto", "none", "required", "named"]]] = {
    "auto": "auto",
    "any": "required",
    "tool": "named",
    "none": "none",
}
THINKING: Final[Mapping[str, Literal["off", "on", "adaptive"]]] = {
    "enabled": "on",
    "adaptive": "adaptive",
    "disabled": "off",
}
DISPLAYS: Final[Mapping[str, Literal["none", "summary", "full"]]] = {
    "omitted": "none",
    "summarized": "summary",
    "full": "full",
}


def decode_request(body: bytes, head: Head) -> ir.Request:
    fields = read_body(body)
    named = fields.text("model")
    model = head.model or named
    if model is None:
        raise DecodeError("model", "is missing; expected a string")
    if not fields.has("messages"):
        raise DecodeError("messages", "is missing; expected a list of messages")
    stream = fields.flag("stream") or False
    output = fields.object("output_config")
    return ir.Request(
        dialect="anthropic.messages",
        model=model,
        stream=stream if head.stream is None else head.stream,
        messages=(*_system(fields), *_messages(fields.items("messages"))),
        sampling=_sampling(fields),
        tools=tuple(map(_tool, fields.items("tools"))),
        tool_choice=_tool_choice(fields),
        output=_output(fields, output),
        reasoning=_reasoning(fields, output),
        service_tier=fields.text("service_tier"),
        end_user=_end_user(fields),
        headers=_headers(fields, head),
        extra=_rest(fields, output),
    )


def _system(fields: Fields) -> Iterator[Message]:
    item = fields.item("system")
    blocks = read_blocks(item) if item is not None else ()
    if blocks:
        yield Message(role="system", content=blocks, head=True)


def _messages(items: Iterable[Item]) -> Iterator[Message]:
    names: dict[str, str] = {}  # tool call id -> name, for the results that follow
    for item in items:
        fields = item.fields()
        role = fields.choice("role", ROLES)
        content = fields.item("content")
        if role is None or content is None:
            missing = "role" if role is None else "content"
            raise DecodeError(fields.at(missing), "is missing")
        blocks = [_named(block, names) for block in read_blocks(content)]
        names.update((block.id, block.name) for block in blocks if isinstance(block, ToolCall))
        yield Message(role=role, content=tuple(blocks), extra=fields.rest())


def _named(block: ir.Content, names: Mapping[str, str]) -> ir.Content:
    if isinstance(block, ToolResult) and block.call_id in names:
        return msgspec.structs.replace(block, name=names[block.call_id])
    return block


def _sampling(fields: Fields) -> ir.Sampling:
    return ir.Sampling(
        max_tokens=fields.whole("max_tokens"),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_k=fields.whole("top_k"),
        stop=tuple(item.text() for item in fields.items("stop_sequences")),
    )


def _tool(item: Item) -> FunctionTool | ProviderTool:
    fields = item.fields()
    kind = fields.text("type") or "custom"
    if kind != "custom":
        return ProviderTool(origin="anthropic", kind=kind, raw=item.raw)
    return FunctionTool(
        name=fields.required_text("name"),
        description=fields.text("description"),
        parameters=fields.raw("input_schema"),
        strict=fields.flag("strict"),
        cache=take_cache_point(fields),
        extra=fields.rest(),
    )


def _tool_choice(fields: Fields) -> ToolChoice | None:
    said = fields.object("tool_choice")
    if said is None:
        return None
    serial = said.flag("disable_parallel_tool_use")
    choice = ToolChoice(
        mode=said.choice("type", CHOICES),
        name=said.text("name"),
        parallel=None if serial is None else not serial,
    )
    fields.put_back_rest("tool_choice", said)
    return choice


def _output(fields: Fields, config: Fields | None) -> OutputFormat | None:
    """In its place, or where the beta had it."""
    place, key = (
        (config, "format") if config and config.has("format") else (fields, "output_format")
    )
    raw = place.raw(key)
    if not raw:
        return None
    said = Fields(raw, place.at(key))
    if said.text("type") != "json_schema":
        place.put_back(key, raw)
        return None
    schema = said.raw("schema")
    if place is fields and said.rest():
        place.put_back(key, raw)
        return None
    place.put_back_rest(key, said)
    return OutputFormat(kind="json_schema", schema=schema)


def _reasoning(fields: Fields, config: Fields | None) -> Reasoning | None:
    effort = config.text("effort") if config else None
    said = fields.object("thinking")
    if said is None:
        return None if effort is None else Reasoning(effort=effort)
    return Reasoning(
        mode=said.choice("type", THINKING),
        effort=effort,
        budget_tokens=said.whole("budget_tokens"),
        show=said.choice("display", DISPLAYS),
        extra=said.rest(),
    )


def _end_user(fields: Fields) -> str | None:
    said = fields.object("metadata")
    if said is None:
        return None
    user = said.text("user_id")
    fields.put_back_rest("metadata", said)
    return user


def _headers(fields: Fields, head: Head) -> dict[str, str] | None:
    """In a cloud's envelope the version stands in the body, mostly in the cloud's own words."""
    version = fields.text("anthropic_version")
    if version is not None and VERSION.fullmatch(version):
        return {**head.headers, "anthropic-version": version}
    return head.headers or None


def _rest(fields: Fields, config: Fields | None) -> ir.Extra | None:
    if config is not None:
        fields.put_back_rest("output_config", config)
    return fields.rest()
