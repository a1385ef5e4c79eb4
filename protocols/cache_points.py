"""`cache_control`, which Anthropic invented and others took over."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from protocols import ir
from protocols.errors import DecodeError
from protocols.fields import Fields
from protocols.ir import CachePoint

CACHE_POINTS: Final[Mapping[str | None, CachePoint]] = {
    None: CachePoint(),
    "5m": CachePoint(ttl="5m"),
    "30m": CachePoint(ttl="30m"),
    "1h": CachePoint(ttl="1h"),
    "12h": CachePoint(ttl="12h"),
}

FIELD: Final = "cache_control"
CACHED: Final = (ir.Text, ir.Media, ir.ToolCall, ir.ToolResult)


def take_cache_point(fields: Fields) -> CachePoint | None:
    """One we do not know stays with the rest."""
    raw = fields.raw(FIELD)
    if not raw:
        return None
    said = Fields(raw, fields.at(FIELD))
    kind, ttl = said.text("type"), said.text("ttl")
    if kind == "ephemeral" and ttl in CACHE_POINTS and said.rest() is None:
        return CACHE_POINTS[ttl]
    fields.put_back(FIELD, raw)
    return None


def placed(request: ir.Request) -> ir.Request:
    """One that is said of the whole request, where it means: behind the last that can be kept.

    For other dialects, which know none but that. One we do not know stays with the rest.
    """
    extra = request.extra or {}
    if FIELD not in extra:
        return request
    left = Fields(msgspec.json.encode({FIELD: extra[FIELD]}), "")
    try:
        point = take_cache_point(left)
    except DecodeError:
        return request
    messages = None if point is None else _behind_last(request.messages, point)
    if messages is None:
        return request
    rest = {name: raw for name, raw in extra.items() if name != FIELD}
    return replace(request, messages=messages, extra=rest or None)


def _behind_last(
    messages: tuple[ir.Message, ...], point: CachePoint
) -> tuple[ir.Message, ...] | None:
    """None where nothing can be kept."""
    for number in range(len(messages) - 1, -1, -1):
        message = messages[number]
        for position in range(len(message.content) - 1, -1, -1):
            block = message.content[position]
            if not isinstance(block, CACHED) or (isinstance(block, ir.Text) and not block.text):
                continue
            if block.cache is not None:
                return messages
            before, after = message.content[:position], message.content[position + 1 :]
            kept = replace(message, content=(*before, replace(block, cache=point), *after))
            return (*messages[:number], kept, *messages[number + 1 :])
    return None
