"""What is kept in mind while one request is written for one target.

Law: a request of the dialect itself keeps its names, ids and order; only what the target refuses
is taken out of it. Everything else is made to fit, and what does not fit is a loss.
"""

import re
from typing import Any, Final

from protocols import ir
from protocols.anthropic_messages.blocks import DIALECT
from protocols.anthropic_messages.wire import with_rest
from protocols.codec import Target
from protocols.ir import CachePoint, Extra
from protocols.losses import Losses
from protocols.naming import Names, fitting_id

BAD_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]")
IDS: Final = re.compile(r"[A-Za-z0-9_-]+")
VERSION: Final = "anthropic-version"
# Usage is always told, streams say it at their end.
NO_LOSS: Final = ("stream_options",)
MODERN: Final = "2026-10-21"
LONGEST_NAME: Final = 128
CACHE_POINTS: Final = 4  # of one request
# Lifetimes the dialect lacks become the nearest it has that costs no more.
TTLS: Final = {"5m": "5m", "30m": "5m", "1h": "1h", "12h": "1h"}


class Writing:
    __slots__ = ("_names", "_points", "is_modern", "is_own", "losses", "target")

    def __init__(self, request: ir.Request, target: Target) -> None:
        self.target = target
        self.is_own = request.dialect == DIALECT
        # Under this version more is refused than before.
        self.is_modern = self.is_own and MODERN in (request.headers or {}).get(VERSION, "")
        self.losses = Losses()
        longest = min(target.tool_name_max, LONGEST_NAME)
        self._names = Names(BAD_IN_NAMES, longest=longest)
        self._points: list[tuple[dict[str, Any], str]] = []

    def name(self, asked: str) -> str:
        return asked if self.is_own else self._names.sent(asked)

    def names(self) -> dict[str, str]:
        return self._names.asked()

    def id(self, call_id: str) -> str:
        return call_id if self.is_own else fitting_id(call_id, allowed=IDS)

    def refuses(self, word: str) -> bool:
        return word in self.target.refuses

    def finish(
        self, said: dict[str, Any], *, extra: Extra | None, cache: CachePoint | None, path: str
    ) -> dict[str, Any]:
        """What blocks and tools have in common."""
        if cache is not None:
            self._cache(said, cache, path)
        if extra:
            self.rest(said, extra, path)
        return said

    def rest(self, said: dict[str, Any], extra: Extra | None, path: str = "") -> None:
        """Fields nobody has a word for."""
        if self.is_own:
            with_rest(said, extra)
        else:
            self.losses.unknown(extra, path=path, but=NO_LOSS)

    def keep_last_cache_points(self, *, already: int) -> None:
        """`already`: those that were set elsewhere."""
        for said, path in self._points[: max(0, len(self._points) + already - CACHE_POINTS)]:
            del said["cache_control"]
            self.losses.add("cache", f"{path}.cache", f"at most {CACHE_POINTS} are taken")

    def _cache(self, said: dict[str, Any], cache: CachePoint, path: str) -> None:
        if not (self.is_own or self.target.cache):
            self.losses.add("cache", f"{path}.cache", "the target has no cache points")
            return
        point = {"type": "ephemeral"}
        if cache.ttl is not None:
            point["ttl"] = TTLS[cache.ttl]
            if point["ttl"] != cache.ttl:
                self.losses.add("cache", f"{path}.cache", f"is kept for {point['ttl']}")
        said["cache_control"] = point
        self._points.append((said, path))
