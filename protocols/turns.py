"""A conversation as two sides that take turns, for dialects that take no other."""

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

Role: TypeAlias = Literal["system", "user", "assistant"]


class Turn:
    """What one side says in a row, in the target's words."""

    __slots__ = ("answer", "content", "results", "role")

    def __init__(self, role: Role) -> None:
        self.role = role
        self.results: list[Any] = []
        self.content: list[Any] = []
        self.answer: Turn | None = None  # the results of its calls

    def parts(self) -> "tuple[Turn, ...]":
        return (self,) if self.answer is None else (self, self.answer)


def joined(turns: Iterable[Turn]) -> list[Turn]:
    """Without those that say nothing; results of calls right after them."""
    found: list[Turn] = []
    for turn in turns:
        for part in turn.parts():
            if not (part.results or part.content):
                continue
            if found and found[-1].role == part.role:
                found[-1].results.extend(part.results)
                found[-1].content.extend(part.content)
            else:
                found.append(part)
    return found
