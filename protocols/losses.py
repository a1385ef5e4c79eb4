"""What could not be carried over, as it is noticed."""

from collections.abc import Iterable
from typing import Final

from protocols.codec import Loss
from protocols.ir import Extra

# Begins the names under which a decoder notes, for the encoder of its own dialect, how something
# was spelled that the IR says in its own words. No vendor's field can be called so.
NOTE: Final = "="
# Fields that no two vendors share, and every report names by themselves.
WELL_KNOWN: Final = frozenset({"logit_bias"})


class Losses:
    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[Loss] = []

    def add(self, code: str, path: str, why: str, *, content: bool = False) -> None:
        """`content`: something the user wrote or asked to see is gone."""
        self.found.append(Loss(code=code, path=path, why=why, content=content))

    def unknown(self, extra: Extra | None, *, path: str = "", but: Iterable[str] = ()) -> None:
        """Fields we have no words for: no other dialect hears of them."""
        spared = frozenset(but)
        for name in extra or ():
            if name not in spared and not name.startswith(NOTE):
                code = name if name in WELL_KNOWN else f"other:{name}"
                self.add(code, f"{path}.{name}" if path else name, "is unknown here")
