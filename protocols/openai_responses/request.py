"""A Responses request, read."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.codec import Head
from protocols.errors import DecodeError
from protocols.fields import Fields, Item, read_body, read_text
from protocols.ir import CustomTool, FunctionTool, Message, OutputFormat, ProviderTool, ToolChoice
from protocols.openai_responses.items import read_items
from protocols.openai_responses.wire import (
    AS_IN_CHAT,
    DIALECT,
    LOGPROBS,
    UNDERSTOOD,
    VENDOR,
    noted,
)

Tool: TypeAlias = FunctionTool | CustomTool | ProviderTool
Mode: TypeAlias = Literal["auto", "none", "required"]
MODES: Final[Mapping[str, Mode]] = {"auto": "auto", "none": "none", "required": "required"}
OUTPUTS: Final[Mapping[str, Literal["text", "json"]]] = {"text": "text", "json_object": "json"}
# Without input a request is one that goes on from something the vendor keeps.
KEPT_BY_VENDORS: Final = ("prompt", "previous_response_id", "conversation")


def decode_request(body: bytes, head: Head) -> ir.Request:
    fields = read_body(body)
    named = fields.text("model")
    stream = fields.flag("stream") or False
    text = fields.object("text")
    return ir.Request(
        dialect=DIALECT,
        model=head.model or named or _no_model(fields),
        stream=stream if head.stream is None else head.stream,
        messages=(*_instructions(fields), *_input(fields)),
        sampling=_sampling(fields),
        tools=tuple(map(_tool, fields.items("tools"))),
        tool_choice=_tool_choice(fields),
        output=_output(text),
        reasoning=_reasoning(fields),
        verbosity=text.text("verbosity") if text else None,
        service_tier=fields.text("service_tier"),
        cache_key=fields.text("prompt_cache_key"),
        end_user=_end_user(fields),
        metadata=fields.texts("metadata"),
        store=fields.flag("store"),
        previous_response_id=fields.text("previous_response_id"),
        headers=head.headers or None,
        extra=_rest(fields, text),
    )


def _no_model(fields: Fields) -> str:
    """A stored prompt may bring one."""
    if fields.has("prompt"):
        return ""
    raise DecodeError("model", "is missing; expected a string")


def _instructions(fields: Fields) -> Iterator[Message]:
    text = fields.text("instructions")
    if text is not None:
        yield Message(role="system", content=(ir.Text(text=text),), head=True)


def _input(fields: Fields) -> Iterator[Message]:
    item = fields.item("input")
    if item is None:
        if not any(map(fields.has, KEPT_BY_VENDORS)):
            raise DecodeError("input", "is missing; expected a string or a list of items")
    elif item.is_text():
        yield Message(role="user", content=(ir.Text(text=item.text()),))
    else:
        yield from read_items(item.items())


def _end_user(fields: Fields) -> str | None:
    """By the newer name, or the older; both said, the older stays with the rest."""
    if fields.has("safety_identifier"):
        return fields.text("safety_identifier")
    raw = fields.raw("user")
    if not raw:
        return None
    fields.put_back(noted("user"), raw)
    return read_text(raw, fields.at("user"))


def _includes_logprobs(fields: Fields) -> bool:
    """What else is asked for and has a meaning for us alone is noted."""
    item = fields.item("include")
    if item is None:
        return False
    included = {each.text() for each in item.items()}
    fields.put_back("include" if included - UNDERSTOOD else noted("include"), item.raw)
    return LOGPROBS in included


def _sampling(fields: Fields) -> ir.Sampling:
    wants_logprobs = _includes_logprobs(fields)
    return ir.Sampling(
        max_tokens=fields.whole("max_output_tokens"),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        logprobs=wants_logprobs or None,
        top_logprobs=fields.whole("top_logprobs"),
    )


def _tool(item: Item) -> Tool:
    fields = item.fields()
    kind = fields.text("type") or "function"
    if kind == "custom":
        return CustomTool(
            name=fields.required_text("name"),
            description=fields.text("description"),
            format=fields.raw("format"),
            extra=fields.rest(),
        )
    if kind != "function":
        return ProviderTool(origin=VENDOR, kind=kind, raw=item.raw)
    return _as_in_chat(fields) if fields.has("function") else _function(fields)


def _function(fields: Fields) -> FunctionTool:
    return FunctionTool(
        name=fields.required_text("name"),
        description=fields.text("description"),
        parameters=fields.raw("parameters"),
        strict=fields.flag("strict"),
        extra=fields.rest(),
    )


def _as_in_chat(fields: Fields) -> FunctionTool:
    """What it says is understood, and returns as it was."""
    raw = fields.raw("function")
    inner = Fields(raw, fields.at("function"))
    fields.put_back(AS_IN_CHAT, raw)
    return FunctionTool(
        name=fields.text("name") or inner.required_text("name"),
        description=inner.text("description"),
        parameters=inner.raw("parameters"),
        strict=inner.flag("strict"),
        extra=fields.rest(),
    )


def _tool_choice(fields: Fields) -> ToolChoice | None:
    parallel = fields.flag("parallel_tool_calls")
    item = fields.item("tool_choice")
    if item is None:
        return None if parallel is None else ToolChoice(parallel=parallel)
    if item.is_text():
        mode = MODES.get(item.text())
        return ToolChoice(mode=mode, parallel=parallel, raw=ir.NOTHING if mode else item.raw)
    said = item.fields()
    kind = said.text("type")
    choice: ToolChoice | None = None
    if kind in {"function", "custom"} and said.has("name"):
        choice = ToolChoice(mode="named", name=said.text("name"), parallel=parallel)
    elif kind == "allowed_tools":
        mode = said.choice("mode", MODES)
        names = [each.fields().text("name") for each in said.items("tools")]
        if names and None not in names:
            allowed = tuple(filter(None, names))
            choice = ToolChoice(mode=mode, allowed=allowed, parallel=parallel)
    if choice is None or said.rest() is not None:
        return ToolChoice(parallel=parallel, raw=item.raw)
    return choice


def _output(text: Fields | None) -> OutputFormat | None:
    raw = text.raw("format") if text else ir.NOTHING
    if text is None or not raw:
        return None
    said = Fields(raw, text.at("format"))
    kind = said.text("type") or ""
    if kind in OUTPUTS:
        output = OutputFormat(kind=OUTPUTS[kind])
    else:
        output = OutputFormat(
            kind="json_schema",
            name=said.text("name"),
            description=said.text("description"),
            schema=said.raw("schema"),
            strict=said.flag("strict"),
        )
    if kind not in {*OUTPUTS, "json_schema"} or said.rest() is not None:
        text.put_back("format", raw)
        return None
    return output


def _reasoning(fields: Fields) -> ir.Reasoning | None:
    said = fields.object("reasoning")
    if said is None:
        return None
    effort, summary = said.text("effort"), said.text("summary")
    if summary not in {None, "auto"}:
        # Only "auto" has a name elsewhere.
        said.put_back(noted("summary"), Raw(msgspec.json.encode(summary)))
    show: Literal["summary"] | None = "summary" if summary else None
    extra = said.rest()
    if effort is None and show is None and extra is None:
        return None
    return ir.Reasoning(effort=effort, show=show, extra=extra)


def _rest(fields: Fields, text: Fields | None) -> ir.Extra | None:
    if text is not None:
        fields.put_back_rest("text", text)
    return fields.rest()
