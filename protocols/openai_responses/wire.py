"""Words and objects that requests, whole answers and streams of the dialect share."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.fields import NULL
from protocols.ir import NOTHING, Dialect, Extra, StopReason
from protocols.losses import NOTE

DIALECT: Final[Dialect] = "openai.responses"
VENDOR: Final = "openai"
ENCRYPTED: Final = "reasoning.encrypted_content"
LOGPROBS: Final = "message.output_text.logprobs"
# What of `include` other dialects do unasked, or ask for in other words.
UNDERSTOOD: Final = frozenset({ENCRYPTED, LOGPROBS})
STATUSES: Final[Mapping[StopReason, str]] = {
    "end_turn": "completed",
    "stop_sequence": "completed",
    "max_tokens": "incomplete",
    "context_window": "incomplete",
    "tool_call": "completed",
    "pause": "completed",
    "refusal": "completed",
    "content_filter": "incomplete",
    "malformed": "completed",
    "error": "failed",
    "other": "completed",
}
INCOMPLETE: Final[Mapping[StopReason, str]] = {
    "max_tokens": "max_output_tokens",
    "context_window": "max_output_tokens",
    "content_filter": "content_filter",
}
# What an item is in between, or when all went well: no reason to keep it.
USUAL: Final = (Raw(b'"completed"'), Raw(b'"in_progress"'), NULL)


# A picture that was made; of which kind its file is, is said beside.
IMAGE: Final = "image_generation_call"
IMAGE_FORMAT: Final = f"{NOTE}output_format"
ITEM: Final = f"{NOTE}type"  # of a block that is no part of a message
AS_IN_CHAT: Final = f"{NOTE}function"


class CallForm(NamedTuple):
    """The names of the two kinds of calls that clients run."""

    item: str
    output: str
    key: str  # of what the tool is called with
    event: str


CALLS: Final[Mapping[str, CallForm]] = {
    "function": CallForm(
        item="function_call",
        output="function_call_output",
        key="arguments",
        event="response.function_call_arguments",
    ),
    "custom": CallForm(
        item="custom_tool_call",
        output="custom_tool_call_output",
        key="input",
        event="response.custom_tool_call_input",
    ),
}


def known(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value is not None and value != NOTHING}


def noted(name: str) -> str:
    """Where a field stands that is of no use to other dialects."""
    return f"{NOTE}{name}"


def restored(extra: Extra | None) -> Extra:
    """With what was noted, under its own name."""
    return {key.removeprefix(NOTE): raw for key, raw in (extra or {}).items()}


def unusual(extra: Extra | None) -> Extra | None:
    """Without a status that says nothing; ids and other statuses are for who gave them."""
    left = dict(extra or {})
    for key in ("id", "status"):
        raw = left.pop(key, NULL)
        if raw not in USUAL:
            left[noted(key)] = raw
    return left or None


def rest_within(extra: Extra | None, key: str) -> Extra:
    """What an inner object held beside what we know, from where decoders put it."""
    raw = (extra or {}).get(key)
    return {} if raw is None else msgspec.json.decode(raw, type=dict[str, Raw])


def image_of(data: str, *, form: str, seal: ir.Seal | None, extra: Extra | None) -> ir.Media:
    noted_form = {IMAGE_FORMAT: Raw(msgspec.json.encode(form))} if form else {}
    return ir.Media(
        kind="image",
        source=ir.Inline(data=data),
        mime=f"image/{form or 'png'}",
        seal=seal,
        extra={**(extra or {}), **noted_form} or None,
    )


def annotation(citation: ir.Citation, *, end: int) -> dict[str, Any] | None:
    """`end` of the text so far, for who did not say which part of it; None for what is no page."""
    extra = citation.extra or {}
    if "type" in extra:
        return dict(extra)
    if citation.url is None:
        return None
    return {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title or "",
        "start_index": citation.start or 0,
        "end_index": end if citation.end is None else citation.end,
        **extra,
    }


def call_object(call: ir.ToolCall, *, arguments: str) -> dict[str, Any]:
    form = CALLS[call.form]
    return {
        "type": form.item,
        "call_id": call.id,
        "name": call.name,
        form.key: arguments,
    }


def tool_object(tool: "ir.FunctionTool | ir.CustomTool", *, name: str) -> dict[str, Any]:
    if isinstance(tool, ir.CustomTool):
        beside = {"description": tool.description, "format": tool.format}
        return {"type": "custom", "name": name, **known(beside), **(tool.extra or {})}
    extra = tool.extra or {}
    if AS_IN_CHAT in extra:
        return {"type": "function", "name": name, **restored(extra)}
    said: dict[str, Any] = {
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": tool.strict,
    }
    return {"type": "function", "name": name, **known(said), **extra}


def choice_object(
    choice: ir.ToolChoice, tools: Sequence[Any], names: Mapping[str, str]
) -> str | dict[str, Any] | Raw | None:
    """None where nothing is said of which tool to call."""
    custom = {tool.name for tool in tools if isinstance(tool, ir.CustomTool)}

    def named(name: str) -> dict[str, str]:
        kind = "custom" if name in custom else "function"
        return {"type": kind, "name": names.get(name, name)}

    if choice.raw:
        return choice.raw
    if choice.mode == "named" and choice.name is not None:
        return named(choice.name)
    if choice.allowed:
        mode = choice.mode or "auto"
        return {"type": "allowed_tools", "mode": mode, "tools": [*map(named, choice.allowed)]}
    return choice.mode


def format_object(output: ir.OutputFormat) -> dict[str, Any]:
    if output.kind == "text":
        return {"type": "text"}
    if output.kind == "json":
        return {"type": "json_object"}
    said: dict[str, Any] = {
        "description": output.description,
        "schema": output.schema,
        "strict": output.strict,
    }
    return {"type": "json_schema", "name": output.name or "response", **known(said)}
