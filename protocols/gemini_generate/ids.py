"""Calls and their results: the dialect may leave ids out, and then goes by name and order.

Law: an id we minted is never said in the dialect, and one we did not mint always is.
"""

import re
from typing import Final

from protocols.naming import minted_id

MINTED: Final = re.compile(r"call_[0-9a-f]{24}")


def said_id(id_: str) -> str | None:
    """None for one that the dialect does without."""
    return None if MINTED.fullmatch(id_) else id_


class Calls:
    """The calls of a conversation, as they come; `seed` makes the ids of those that have none."""

    __slots__ = ("_count", "_open", "_seed")

    def __init__(self, *seed: object) -> None:
        self._seed = seed
        self._count = 0
        self._open: dict[str, str] = {}  # id -> name, of calls without a result so far

    def begin(self, id_: str | None, name: str) -> str:
        id_ = id_ or self._minted()
        self._open[id_] = name
        return id_

    def end(self, id_: str | None, name: str) -> str:
        """The id of the call that a result answers."""
        if id_ is None or id_ not in self._open:
            alike = (known for known, called in self._open.items() if called == name)
            id_ = next(alike, id_) or self._minted()
        self._open.pop(id_, None)
        return id_

    def _minted(self) -> str:
        self._count += 1
        return minted_id(*self._seed, self._count)
