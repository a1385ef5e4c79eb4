"""A Chat request, read."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.cache_points import take_cache_point
from protocols.codec import Head
from protocols.errors import DecodeError, Unsupported
from protocols.fields import Fields, Item, read_body
from protocols.ir import CustomTool, FunctionTool, OutputFormat, ProviderTool, ToolChoice
from protocols.openai_chat.messages import read_messages
from protocols.openai_chat.notes import ANY, LEGACY, MAX_TOKENS, ONE_STOP, SAFETY, note

Tool: TypeAlias = FunctionTool | CustomTool | ProviderTool
Mode: TypeAlias = Literal["auto", "none", "required"]
MODES: Final[Mapping[str, Mode]] = {
    "auto": "auto",
    "none": "none",
    "required": "required",
    "any": "required",
}
MAX_CANDIDATES: Final = 128
MODALITIES: Final[Mapping[str, Literal["text", "audio", "image"]]] = {
    "text": "text",
    "audio": "audio",
    "image": "image",
}
OUTPUTS: Final[Mapping[str, Literal["text", "json"]]] = {"text": "text", "json_object": "json"}


def decode_request(body: bytes, head: Head) -> ir.Request:
    fields = read_body(body)
    notes = _notes(fields)
    model = fields.text("model")
    stream = fields.flag("stream") or False
    if not fields.has("messages"):
        raise DecodeError("messages", "is missing; expected a list of messages")
    return ir.Request(
        dialect="openai.chat",
        model=head.model or model or _no_model(),
        stream=stream if head.stream is None else head.stream,
        messages=read_messages(fields.items("messages")),
        sampling=_sampling(fields),
        tools=(*map(_tool, fields.items("tools")), *_legacy_tools(fields)),
        tool_choice=_tool_choice(fields),
        output=_output(fields),
        reasoning=_reasoning(fields),
        modalities=_modalities(fields),
        verbosity=fields.text("verbosity"),
        service_tier=fields.text("service_tier"),
        cache_key=fields.text("prompt_cache_key"),
        end_user=fields.text("safety_identifier" if SAFETY in notes else "user"),
        metadata=fields.texts("metadata"),
        store=fields.flag("store"),
        headers=head.headers or None,
        extra=note(fields.rest(), *notes),
    )


def _notes(fields: Fields) -> list[str]:
    """How it is spelled: nobody's business but of who speaks the dialect."""
    stop, choice = fields.item("stop"), fields.item("tool_choice")
    for item in (stop, choice):
        if item is not None:
            fields.put_back(item.path, item.raw)
    said = {
        ANY: choice is not None and bytes(choice.raw) == b'"any"',
        MAX_TOKENS: not fields.has("max_completion_tokens") and fields.has("max_tokens"),
        SAFETY: not fields.has("user") and fields.has("safety_identifier"),
        ONE_STOP: stop is not None and stop.is_text(),
        LEGACY: not fields.has("tool_choice") and fields.has("function_call"),
    }
    return [name for name, is_so in said.items() if is_so]


def _no_model() -> str:
    raise DecodeError("model", "is missing; expected a string")


def _sampling(fields: Fields) -> ir.Sampling:
    # The older name stays with the rest where both are said.
    key = "max_completion_tokens" if fields.has("max_completion_tokens") else "max_tokens"
    candidates = fields.whole("n")
    if candidates is not None and candidates > MAX_CANDIDATES:
        raise Unsupported("n", f"is {candidates}; at most {MAX_CANDIDATES} answers are given")
    return ir.Sampling(
        max_tokens=fields.whole(key),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_k=fields.whole("top_k"),
        stop=_stop(fields),
        seed=fields.whole("seed"),
        presence_penalty=fields.number("presence_penalty"),
        frequency_penalty=fields.number("frequency_penalty"),
        candidates=candidates,
        logprobs=fields.flag("logprobs"),
        top_logprobs=fields.whole("top_logprobs"),
    )


def _stop(fields: Fields) -> tuple[str, ...]:
    item = fields.item("stop")
    if item is None:
        return ()
    return (item.text(),) if item.is_text() else tuple(each.text() for each in item.items())


def _tool(item: Item) -> Tool:
    fields = item.fields()
    kind = fields.text("type") or "function"
    if kind not in {"function", "custom"}:
        return ProviderTool(origin="openai", kind=kind, raw=item.raw)
    inner = fields.object(kind)
    if inner is None:
        raise DecodeError(fields.at(kind), "is missing; expected an object")
    cache = take_cache_point(fields)
    if kind == "custom":
        return CustomTool(
            name=inner.required_text("name"),
            description=inner.text("description"),
            format=inner.raw("format"),
            extra=_rests(fields, "custom", inner),
        )
    return _function(inner, cache=cache, outer=fields)


def _function(
    inner: Fields, *, outer: Fields | None = None, cache: ir.CachePoint | None = None
) -> FunctionTool:
    return FunctionTool(
        name=inner.required_text("name"),
        description=inner.text("description"),
        parameters=inner.raw("parameters"),
        strict=inner.flag("strict"),
        cache=cache,
        extra=inner.rest() if outer is None else _rests(outer, "function", inner),
    )


def _rests(outer: Fields, key: str, inner: Fields) -> ir.Extra | None:
    outer.put_back_rest(key, inner)
    return outer.rest()


def _legacy_tools(fields: Fields) -> Iterator[FunctionTool]:
    for item in fields.items("functions"):
        inner = item.fields()
        tool = _function(inner)
        yield replace(tool, extra=note(tool.extra, LEGACY))


def _tool_choice(fields: Fields) -> ToolChoice | None:
    parallel = fields.flag("parallel_tool_calls")
    key = "tool_choice" if fields.has("tool_choice") else "function_call"
    item = fields.item(key)
    if item is None:
        return None if parallel is None else ToolChoice(parallel=parallel)
    if item.is_text():
        mode = MODES.get(item.text())
        return ToolChoice(mode=mode, parallel=parallel, raw=ir.NOTHING if mode else item.raw)
    said = item.fields()
    choice = _named(said, item.raw, parallel=parallel)
    if not choice.raw:
        fields.put_back_rest(key, said)
    return choice


def _named(fields: Fields, raw: Raw, *, parallel: bool | None) -> ToolChoice:
    kind = fields.text("type") or "function"
    if kind == "allowed_tools":
        inner = fields.object("allowed_tools")
        allowed = inner or fields
        mode = allowed.choice("mode", MODES)
        names = tuple(filter(None, map(_name_of, allowed.items("tools"))))
        if inner:
            fields.put_back_rest("allowed_tools", inner)
        return ToolChoice(mode=mode, allowed=names, parallel=parallel)
    inner = fields.object(kind)
    name = (inner or fields).text("name")
    if name is None or kind not in {"function", "custom"}:
        return ToolChoice(parallel=parallel, raw=raw)
    if inner:
        fields.put_back_rest(kind, inner)
    return ToolChoice(mode="named", name=name, parallel=parallel)


def _name_of(item: Item) -> str | None:
    fields = item.fields()
    inner = fields.object(fields.text("type") or "function")
    return inner.text("name") if inner else None


def _output(fields: Fields) -> OutputFormat | None:
    raw = fields.raw("response_format")
    if not raw:
        return None
    said = Fields(raw, fields.at("response_format"))
    kind = said.required_text("type")
    if kind in OUTPUTS:
        fields.put_back_rest("response_format", said)
        return OutputFormat(kind=OUTPUTS[kind])
    schema = said.object("json_schema")
    if kind != "json_schema" or schema is None:
        fields.put_back("response_format", raw)
        return None
    output = OutputFormat(
        kind="json_schema",
        name=schema.text("name"),
        description=schema.text("description"),
        schema=schema.raw("schema"),
        strict=schema.flag("strict"),
    )
    said.put_back_rest("json_schema", schema)
    fields.put_back_rest("response_format", said)
    return output


def _reasoning(fields: Fields) -> ir.Reasoning | None:
    effort = fields.text("reasoning_effort")
    return None if effort is None else ir.Reasoning(effort=effort)


def _modalities(fields: Fields) -> tuple[Literal["text", "audio", "image"], ...]:
    return tuple(item.choice(MODALITIES) for item in fields.items("modalities"))
