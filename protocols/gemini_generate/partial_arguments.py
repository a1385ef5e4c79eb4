"""Arguments of a call that come piece by piece, each with its place in the whole.

Law: whatever the pieces, an object comes out, and what has no place in it is left out.
"""

import re
from itertools import pairwise
from typing import Any, Final

import msgspec

from protocols.lenient import as_object, words

STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
DEEPEST: Final = 64
VALUES: Final = ("stringValue", "numberValue", "boolValue", "nullValue")


class PartialArguments:
    def __init__(self) -> None:
        self._whole: dict[str, Any] = {}

    def feed(self, pieces: object) -> None:
        for each in pieces if isinstance(pieces, list) else ():
            piece = as_object(each)
            path = words(piece.get("jsonPath"))
            kind = next((key for key in VALUES if key in piece), None)
            if path is not None and kind is not None:
                steps = _steps(path)
                if len(steps) <= DEEPEST:
                    self._put(steps, None if kind == "nullValue" else piece[kind])

    def text(self) -> str:
        return msgspec.json.encode(self._whole).decode()

    def _put(self, steps: list[str | int], value: object) -> None:
        place: Any = self._whole
        for step, following in pairwise(steps):
            empty: Any = [] if isinstance(following, int) else {}
            place = _within(place, step, empty)
        if steps:
            known = _within(place, steps[-1], value)
            if known is not value and isinstance(known, str) and isinstance(value, str):
                place[steps[-1]] = known + value


def _steps(path: str) -> list[str | int]:
    return [
        int(found[2]) if found[2] is not None else found[1] or found[3] or found[4] or ""
        for found in STEP.finditer(path)
    ]


def _within(place: Any, step: str | int, otherwise: Any) -> Any:
    """What stands there; where nothing does, `otherwise`, which is put there if it can be."""
    if isinstance(place, dict) and isinstance(step, str):
        return place.setdefault(step, otherwise)
    if isinstance(place, list) and isinstance(step, int):
        if step == len(place):
            place.append(otherwise)
        return place[step] if step < len(place) else otherwise
    return otherwise
