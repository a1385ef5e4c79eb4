"""`cache_control`, which Anthropic invented and others took over."""

from collections.abc import Mapping
from typing import Final

from protocols.fields import Fields
from protocols.ir import CachePoint

CACHE_POINTS: Final[Mapping[str | None, CachePoint]] = {
    None: CachePoint(),
    "5m": CachePoint(ttl="5m"),
    "30m": CachePoint(ttl="30m"),
    "1h": CachePoint(ttl="1h"),
    "12h": CachePoint(ttl="12h"),
}


def take_cache_point(fields: Fields) -> CachePoint | None:
    """One we do not know stays with the rest."""
    raw = fields.raw("cache_control")
    if not raw:
        return None
    said = Fields(raw, fields.at("cache_control"))
    kind, ttl = said.text("type"), said.text("ttl")
    if kind == "ephemeral" and ttl in CACHE_POINTS and said.rest() is None:
        return CACHE_POINTS[ttl]
    fields.put_back("cache_control", raw)
    return None
