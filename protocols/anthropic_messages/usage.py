"""What a Messages answer says about tokens.

Law: Anthropic counts fresh input apart from the cache, the IR counts all input; in a stream what a
later event says replaces what an earlier one said, key by key.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.lenient import as_object, whole, words

TTLS = {"5m": "ephemeral_5m_input_tokens", "1h": "ephemeral_1h_input_tokens"}


def merge_usage(before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    return {**before, **{key: value for key, value in said.items() if value is not None}}


def read_usage(said: Mapping[str, Any]) -> ir.Usage | None:
    """None where it says nothing; numbers are the vendor's, be they wrong."""
    if not said:
        return None
    fresh = whole(said.get("input_tokens"))
    read = whole(said.get("cache_read_input_tokens"))
    written = whole(said.get("cache_creation_input_tokens"))
    searches = whole(as_object(said.get("server_tool_use")).get("web_search_requests"))
    thinking = as_object(said.get("output_tokens_details")).get("thinking_tokens")
    return ir.Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        cache_read_tokens=read,
        cache_write_tokens=_written(as_object(said.get("cache_creation")), written),
        output_tokens=whole(said.get("output_tokens")),
        reasoning_tokens=whole(thinking),
        provider_tool_calls=None if searches is None else {"web_search": searches},
        raw=Raw(msgspec.json.encode(said)),
    )


def read_tier(said: Mapping[str, Any]) -> str | None:
    """A speed that costs more is said beside the tier."""
    speed = words(said.get("speed"))
    return speed if speed not in {None, "standard"} else words(said.get("service_tier"))


def _written(split: dict[str, Any], unsplit: int | None) -> dict[str, int] | None:
    by_ttl = {ttl: whole(split.get(key)) for ttl, key in TTLS.items()}
    told = {ttl: tokens for ttl, tokens in by_ttl.items() if tokens is not None}
    if unsplit is None:
        return told or None
    # Some split only a part, or into nothing but zeros: the rest was written for the usual time.
    told["5m"] = told.get("5m", 0) + max(0, unsplit - sum(told.values()))
    return told
