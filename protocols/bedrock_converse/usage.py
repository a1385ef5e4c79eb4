"""What a Converse answer says about tokens.

Law: Bedrock counts fresh input apart from the cache, the IR counts all input.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.lenient import as_object, whole, words

USUAL_TTL: Final = "5m"


def read_usage(said: Mapping[str, Any]) -> ir.Usage | None:
    """None where it says nothing; numbers are the vendor's, be they wrong."""
    if not said:
        return None
    fresh = whole(said.get("inputTokens"))
    read = whole(said.get("cacheReadInputTokens"))
    written = whole(said.get("cacheWriteInputTokens"))
    return ir.Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        cache_read_tokens=read,
        cache_write_tokens=_written(said.get("cacheDetails"), written),
        output_tokens=whole(said.get("outputTokens")),
        raw=Raw(msgspec.json.encode(said)),
    )


def _written(details: Any, total: int | None) -> dict[str, int] | None:
    by_ttl: dict[str, int] = {}
    for each in details if isinstance(details, list) else ():
        ttl = words(as_object(each).get("ttl"))
        tokens = whole(as_object(each).get("inputTokens"))
        if ttl is not None and tokens is not None:
            by_ttl[ttl] = by_ttl.get(ttl, 0) + tokens
    if total is None:
        return by_ttl or None
    # What is not split was written for the usual time.
    by_ttl[USUAL_TTL] = by_ttl.get(USUAL_TTL, 0) + max(0, total - sum(by_ttl.values()))
    return by_ttl


def read_tier(said: Mapping[str, Any]) -> str | None:
    return words(as_object(said.get("serviceTier")).get("type"))
