"""Words and objects that whole answers and streams of the dialect share."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.ir import Extra, StopReason
from protocols.lenient import read
from protocols.losses import NOTE
from protocols.openai_chat.notes import LEGACY, NULL, PART, REASONING, WORD, noted
from protocols.openai_chat.usage import read_usage

OWN_USAGE: Final = b'"prompt_tokens"'
OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])

# What the dialect itself says, and other dialects do not: it came from a vendor that speaks it.
WORDS: Final = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
CARRIER: Final = "extra_content"
# Whose signatures travel in its `google`.
GOOGLE: Final = frozenset({"google", "gemini", "vertex"})
FINISH_REASONS: Final[Mapping[StopReason, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "context_window": "length",
    "tool_call": "tool_calls",
    "pause": "stop",
    "refusal": "content_filter",
    "content_filter": "content_filter",
    "malformed": "stop",
    "error": "stop",
    "other": "stop",
}


def is_legacy(request: ir.Request) -> bool:
    """Whether the client is from the time before tools: it looks for `function_call`."""
    return any(
        isinstance(tool, ir.FunctionTool) and noted(tool.extra, LEGACY) for tool in request.tools
    )


def is_old_call(call: ir.ToolCall, *, legacy: bool) -> bool:
    """Whether it is told as `function_call`, which knows functions only."""
    return call.form == "function" and (legacy or noted(call.extra, LEGACY))


def finish(stop: ir.Stop, *, legacy: bool = False) -> dict[str, Any]:
    """The reason, and the vendor's own word where it has another.

    A vendor that speaks the dialect has its word repeated, be it none of the dialect's.
    """
    word = FINISH_REASONS[stop.reason]
    if legacy and stop.reason == "tool_call":
        return {"finish_reason": "function_call"}
    if stop.raw in WORDS or noted(stop.extra, WORD):
        return {"finish_reason": stop.raw}
    said: dict[str, Any] = {"finish_reason": word}
    if stop.raw is not None and stop.raw != word:
        said["native_finish_reason"] = stop.raw
    return said


def tool_call(call: ir.ToolCall, *, arguments: str) -> dict[str, Any]:
    inner = {"name": call.name, "input" if call.form == "custom" else "arguments": arguments}
    said: dict[str, Any] = {"id": call.id, "type": call.form, call.form: inner}
    if call.seal is not None and call.seal.origin in GOOGLE:
        said[CARRIER] = signature_object(call.seal)
    add_rest(said, call.extra)
    return said


def signature_object(seal: ir.Seal) -> dict[str, Any]:
    """The only seal the dialect has a field for."""
    return {"google": {"thought_signature": seal.signature}}


def unsealed(extra: Extra | None) -> Extra | None:
    """Without a signature of Google's, where one stands beside what a message says."""
    carried = read(OBJECTS, extra[CARRIER]) if extra and CARRIER in extra else None
    google = read(OBJECTS, carried["google"]) if carried and "google" in carried else None
    if not extra or not carried or not google or "thought_signature" not in google:
        return extra
    left = {name: raw for name, raw in extra.items() if name != CARRIER}
    others = {name: raw for name, raw in carried.items() if name != "google"}
    if others:
        left[CARRIER] = Raw(msgspec.json.encode(others))
    return left


def add_rest(said: dict[str, Any], extra: Extra | None) -> None:
    """What was not understood, beside what was; what already stands there stays.

    Of an object of which a part was understood, the rest goes into it.
    """
    for key, raw in (extra or {}).items():
        mine = said.get(key)
        if key.startswith(NOTE):
            continue
        if mine is None:
            said[key] = raw
        elif isinstance(mine, dict):
            add_rest(mine, read(OBJECTS, raw))


def annotations(citations: Sequence[ir.Citation]) -> list[dict[str, Any]]:
    """Those that point to the web, and those of the dialect that we do not model."""
    return [said for said in map(_annotation, citations) if said]


def _annotation(citation: ir.Citation) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if citation.url is not None:
        place: dict[str, Any] = {
            "url": citation.url,
            "title": citation.title or "",
            "start_index": citation.start or 0,
            "end_index": citation.end or 0,
        }
        if citation.text is not None:
            place["content"] = citation.text
        said = {"type": "url_citation", "url_citation": place}
    add_rest(said, citation.extra)
    return said


def thought_key(thought: ir.Thinking) -> str:
    """As its vendor spells it."""
    return "reasoning" if noted(thought.extra, REASONING) else "reasoning_content"


def is_thinking_part(thought: ir.Thinking) -> bool:
    """Mistral's, which stands among the parts of the content."""
    return noted(thought.extra, PART)


def thinking_part(thought: ir.Thinking, text: str) -> dict[str, Any]:
    extra = thought.extra or {}
    whole = extra.get(PART, NULL)
    said: dict[str, Any] = {"type": "thinking"}
    said["thinking"] = [{"type": "text", "text": text}] if whole == NULL else whole
    add_rest(said, extra)
    return said


def url_of_data(media: ir.Media) -> str:
    data = media.source.data if isinstance(media.source, ir.Inline) else ""
    return f"data:{media.mime or ''};base64,{data}"


def image_part(image: ir.Media) -> dict[str, Any]:
    """Of one that is in place or linked to."""
    source = image.source
    url = source.url if isinstance(source, ir.Link) else url_of_data(image)
    said: dict[str, Any] = {"type": "image_url", "image_url": {"url": url}}
    add_rest(said, image.extra)
    return said


def usage_object(usage: ir.Usage) -> dict[str, Any] | Raw | None:
    """None where nothing is known.

    What a vendor said in the dialect's own words is said again as it was.
    """
    if OWN_USAGE in bytes(usage.raw) and read_usage(usage.raw) == usage:
        return usage.raw
    written = usage.cache_write_tokens
    prompt = {
        "cached_tokens": usage.cache_read_tokens,
        "cache_write_tokens": None if written is None else sum(written.values()),
        "audio_tokens": usage.input_audio_tokens,
        "image_tokens": usage.input_image_tokens,
    }
    completion = {
        "reasoning_tokens": usage.reasoning_tokens,
        "audio_tokens": usage.output_audio_tokens,
        "image_tokens": usage.output_image_tokens,
    }
    totals = (usage.input_tokens, usage.output_tokens)
    details = _known(
        {
            "prompt_tokens_details": _known(prompt) or None,
            "completion_tokens_details": _known(completion) or None,
        }
    )
    if totals == (None, None) and not details:
        return None
    # Clients add these up: they stand in every one.
    counted = {
        "prompt_tokens": usage.input_tokens or 0,
        "completion_tokens": usage.output_tokens or 0,
        "total_tokens": sum(filter(None, totals)),
    }
    return {**counted, **details}


def _known(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value is not None}
