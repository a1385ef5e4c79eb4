"""Calls and their results: the dialect may leave ids out, and then goes by name and order.

Law: an id we minted is never said in the dialect, and one we did not mint always is.
"""

import re
from collections import deque
from typing import Final

from protocols.naming import minted_id

MINTED: Final = re.compile(r"call_[0-9a-f]{24}")


def said_id(id_: str) -> str | None:
    """None for one that the dialect does without."""
    return None if MINTED.fullmatch(id_) else id_


class Calls:
    """The calls of a conversation, as they come; `seed` makes the ids of those that have none."""

    __slots__ = ("_count", "_open", "_seed", "_waiting")

    def __init__(self, *seed: object) -> None:
        self._seed = seed
        self._count = 0
        self._open: set[str] = set()  # calls without a result so far
        self._waiting: dict[str, deque[str]] = {}  # name -> its calls; those answered may be among

    def begin(self, id_: str | None, name: str) -> str:
        id_ = id_ or self._minted()
        self._open.add(id_)
        self._waiting.setdefault(name, deque()).append(id_)
        return id_

    def end(self, id_: str | None, name: str) -> str:
        """The id of the call that a result answers."""
        if id_ is None or id_ not in self._open:
            id_ = self._first(name) or id_ or self._minted()
        self._open.discard(id_)
        return id_

    def _first(self, name: str) -> str | None:
        """Constant work per call, however many there are."""
        waiting = self._waiting.get(name, deque())
        while waiting:
            id_ = waiting.popleft()
            if id_ in self._open:
                return id_
        return None

    def _minted(self) -> str:
        self._count += 1
        return minted_id(*self._seed, self._count)
