"""What a Responses answer says about tokens."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.lenient import an_object, as_object, whole

TTLS = {"30m": "ttl_30m_tokens", "12h": "ttl_12h_tokens"}


def read_usage(raw: Raw, tools: object = None) -> ir.Usage | None:
    """None where it says nothing; numbers are the vendor's, be they wrong.

    `tools` is what the answer says beside it of the tools that the vendor ran.
    """
    said = an_object(raw)
    if not said:
        return None
    inner = as_object(said.get("input_tokens_details"))
    searches = whole(as_object(as_object(tools).get("web_search")).get("num_requests"))
    return ir.Usage(
        input_tokens=whole(said.get("input_tokens")),
        cache_read_tokens=whole(inner.get("cached_tokens")),
        cache_write_tokens=_written(inner),
        input_audio_tokens=whole(inner.get("audio_tokens")),
        input_image_tokens=whole(inner.get("image_tokens")),
        output_tokens=whole(said.get("output_tokens")),
        reasoning_tokens=_out(said, "reasoning_tokens"),
        output_audio_tokens=_out(said, "audio_tokens"),
        output_image_tokens=_out(said, "image_tokens"),
        provider_tool_calls={"web_search": searches} if searches else None,
        raw=raw.copy(),
    )


def _out(said: Mapping[str, Any], key: str) -> int | None:
    return whole(as_object(said.get("output_tokens_details")).get(key))


def _written(inner: Mapping[str, Any]) -> dict[str, int] | None:
    split = as_object(inner.get("cache_write_tokens_details"))
    by_ttl = {ttl: whole(split.get(key)) for ttl, key in TTLS.items()}
    told = {ttl: tokens for ttl, tokens in by_ttl.items() if tokens is not None}
    unsplit = whole(inner.get("cache_write_tokens"))
    if told or unsplit is None:
        return told or None
    return {"30m": unsplit}


def usage_object(usage: ir.Usage) -> Raw | dict[str, Any] | None:
    """None where nothing is known. The vendor's own object where it says the same in our words."""
    if _is_ours(usage):
        return usage.raw
    if usage.input_tokens is None and usage.output_tokens is None:
        return None
    asked, said = usage.input_tokens or 0, usage.output_tokens or 0
    # SDKs read the details without asking whether they are there.
    return {
        "input_tokens": asked,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_tokens or 0,
            "cache_write_tokens": sum((usage.cache_write_tokens or {}).values()),
        },
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": asked + said,
    }


def _is_ours(usage: ir.Usage) -> bool:
    if b'"total_tokens"' not in bytes(usage.raw):
        return False
    said = read_usage(usage.raw)
    calls = usage.provider_tool_calls
    return said is not None and msgspec.structs.replace(said, provider_tool_calls=calls) == usage
