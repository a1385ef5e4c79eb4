"""Words and objects that whole answers and streams of the dialect share."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from protocols import ir
from protocols.ir import StopReason

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


def finish(stop: ir.Stop) -> dict[str, str]:
    """The reason, and the vendor's own word where there is one."""
    said = {"finish_reason": FINISH_REASONS[stop.reason]}
    return said if stop.raw is None else {**said, "native_finish_reason": stop.raw}


def tool_call(call: ir.ToolCall, *, arguments: str) -> dict[str, Any]:
    inner = {"name": call.name, "input" if call.form == "custom" else "arguments": arguments}
    said: dict[str, Any] = {"id": call.id, "type": call.form, call.form: inner}
    if call.seal is not None and call.seal.origin == "google":
        signature = {"thought_signature": call.seal.signature}
        said["extra_content"] = {"google": signature}
    return said


def annotations(citations: Sequence[ir.Citation]) -> list[dict[str, Any]]:
    """Those that point to the web; the dialect knows no others."""
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "url": citation.url,
                "title": citation.title or "",
                "start_index": citation.start or 0,
                "end_index": citation.end or 0,
            },
        }
        for citation in citations
        if citation.url is not None
    ]


def usage_object(usage: ir.Usage) -> dict[str, Any] | None:
    """None where nothing is known; what is unknown is not written."""
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
    said = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": None if None in totals else sum(filter(None, totals)),
        "prompt_tokens_details": _known(prompt) or None,
        "completion_tokens_details": _known(completion) or None,
    }
    return _known(said) or None


def _known(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value is not None}
