"""What is kept in mind while one request is written for one target.

Law: a request of the dialect itself keeps its names, ids and order; only what the target refuses
is taken out of it. Everything else is made to fit, and what does not fit is a loss.
"""

import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from msgspec import Raw

from protocols import ir
from protocols.bedrock_converse.blocks import CACHE_POINT, DIALECT
from protocols.bedrock_converse.rests import with_rest
from protocols.codec import Target
from protocols.ir import CachePoint, Extra
from protocols.losses import Losses
from protocols.naming import Names, fitting_id

Written: TypeAlias = dict[str, Any] | Raw
BAD_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_-]")
IDS: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
LONGEST_NAME: Final = 64
CACHE_POINTS: Final = 4  # of one request
BAD_IN_TITLES: Final = re.compile(r"[^A-Za-z0-9\s\-()\[\]]")
BLANKS: Final = re.compile(r"\s+")
LONGEST_TITLE: Final = 200
TITLE: Final = "Document"
# What Chat's clients say of the stream they want: usage is part of every one of ours.
OF_STREAMS: Final = ("stream_options",)
# Lifetimes the dialect lacks become the nearest it has that costs no more.
TTLS: Final = {"5m": "5m", "30m": "5m", "1h": "1h", "12h": "1h"}


class Writing:
    __slots__ = ("_names", "_points", "_titles", "called", "is_own", "losses", "target")

    def __init__(self, request: ir.Request, target: Target) -> None:
        self.target = target
        self.is_own = request.dialect == DIALECT
        self.losses = Losses()
        self._names = Names(BAD_IN_NAMES, longest=min(target.tool_name_max, LONGEST_NAME))
        self._points: dict[int, str] = {}  # identity of the block -> path
        self._titles: set[str] = set()
        self.called: dict[str, str] = {}  # call id -> name, of calls that were written

    def name(self, asked: str) -> str:
        return asked if self.is_own else self._names.sent(asked)

    def names(self) -> dict[str, str]:
        return self._names.asked()

    def id(self, call_id: str) -> str:
        return call_id if self.is_own else fitting_id(call_id, allowed=IDS)

    def title(self, asked: str | None) -> str:
        """Of a document: of few characters, and no other's."""
        plain = BLANKS.sub(" ", BAD_IN_TITLES.sub(" ", asked or "")).strip()[:LONGEST_TITLE]
        made, number = plain.strip() or TITLE, 2
        while made in self._titles:
            ending = f" {number}"
            made = (plain.strip() or TITLE)[: LONGEST_TITLE - len(ending)] + ending
            number += 1
        self._titles.add(made)
        return made

    def refuses(self, word: str) -> bool:
        return word in self.target.refuses

    def rest(self, said: dict[str, Any], extra: Extra | None, path: str = "") -> dict[str, Any]:
        """Fields nobody has a word for."""
        if self.is_own:
            return with_rest(said, extra)
        self.losses.unknown(extra, path=path, but=OF_STREAMS)
        return said

    def cache_point(self, cache: CachePoint | None, path: str) -> list[Written]:
        """The block that stands behind what is to be cached."""
        if cache is None:
            return []
        if not (self.is_own or self.target.cache):
            self.losses.add("cache", f"{path}.cache", "the target has no cache points")
            return []
        point = {"type": "default"}
        if cache.ttl is not None:
            point["ttl"] = cache.ttl if self.is_own else TTLS[cache.ttl]
            if point["ttl"] != cache.ttl:
                self.losses.add("cache", f"{path}.cache", f"is kept for {point['ttl']}")
        block = {CACHE_POINT: point}
        self._points[id(block)] = path
        return [block]

    def keep_last_cache_points(self, lists: Iterable[list[Written]]) -> None:
        """`lists` as they are cached, one after the other."""
        if self.is_own:
            return
        points = [(blocks, each) for blocks in lists for each in blocks if is_cache_point(each)]
        for blocks, point in points[:-CACHE_POINTS]:
            blocks[:] = [each for each in blocks if each is not point]
            path = self._points[id(point)]
            self.losses.add("cache", f"{path}.cache", f"at most {CACHE_POINTS} are taken")


def is_cache_point(block: Written) -> bool:
    return isinstance(block, dict) and CACHE_POINT in block
