"""Names of tools and ids of their calls, as narrower dialects want them.

Laws: a name that is allowed stays; two names never become one; the same id becomes the same id
wherever it stands; nothing here is random.
"""

from hashlib import sha256
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from re import Pattern

# Of a name that is too long, or taken: so much of it, and a digest of all.
KEPT_CHARS: Final = 55
DIGEST_CHARS: Final = 8
ID_CHARS: Final = 24


class Names:
    """The names of one request's tools, as one target is told them."""

    __slots__ = ("_bad", "_first", "_longest", "_sent")

    def __init__(
        self, bad: "Pattern[str]", *, longest: int, first: "Pattern[str] | None" = None
    ) -> None:
        """`bad` finds the characters that may not be, `first` a first character that may be."""
        self._bad = bad
        self._first = first
        self._longest = longest
        self._sent: dict[str, str] = {}  # asked -> sent

    def sent(self, name: str) -> str:
        known = self._sent.get(name)
        if known is not None:
            return known
        made = self._bad.sub("_", name) or "_"
        if self._first is not None and not self._first.match(made):
            made = f"_{made}"
        if len(made) > self._longest or made in self._sent.values():
            digest = sha256(name.encode(errors="replace")).hexdigest()[:DIGEST_CHARS]
            kept = min(KEPT_CHARS, self._longest - DIGEST_CHARS - 1)
            made = f"{made[:kept]}_{digest}"
        self._sent[name] = made
        return made

    def asked(self) -> dict[str, str]:
        """The way back, of those that were changed: `Memo.names`."""
        return {sent: name for name, sent in self._sent.items() if sent != name}


def fitting_id(id_: str, *, allowed: "Pattern[str]") -> str:
    """The id, if it is allowed; else one made of it."""
    return id_ if allowed.fullmatch(id_) else minted_id(id_)


def minted_id(*parts: object) -> str:
    told = "\0".join(map(str, parts))
    return f"call_{sha256(told.encode(errors='replace')).hexdigest()[:ID_CHARS]}"
