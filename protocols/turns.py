"""A conversation as two sides that take turns, for dialects that take no other."""

from collections.abc import Iterable
from typing import Any, Final, Literal, TypeAlias

from protocols.codec import Target
from protocols.losses import Losses

Role: TypeAlias = Literal["system", "user", "assistant"]
# In `Target.refuses`: the last word cannot be the assistant's.
PREFILL: Final = "prefill"
GO_ON: Final = "Go on from where your last message ends, without repeating any of it."


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
    return merged(part for turn in turns for part in turn.parts())


def merged(parts: Iterable[Turn]) -> list[Turn]:
    found: list[Turn] = []
    for part in parts:
        if not (part.results or part.content):
            continue
        if found and found[-1].role == part.role:
            found[-1].results.extend(part.results)
            found[-1].content.extend(part.content)
        else:
            found.append(part)
    return found


def go_on(turns: list[dict[str, Any]], target: Target, losses: Losses) -> None:
    """Who does not go on with an answer that is begun is asked to, in words.

    `turns` as the target's dialect has them. Nothing of what was written is left out.
    """
    last = turns[-1] if turns else None
    if PREFILL not in target.refuses or last is None or last["role"] != "assistant":
        return
    ending = last["content"][-1] if last["content"] else None
    if isinstance(ending, dict) and "text" in ending:
        losses.add("other:prefill", "messages", "an answer begun is gone on with in words only")
        kind = {"type": ending["type"]} if "type" in ending else {}
        turns.append({"role": "user", "content": [{**kind, "text": GO_ON}]})
