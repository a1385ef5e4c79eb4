"""messageStart; blocks, begun by name where they are calls; messageStop; metadata."""

from collections.abc import Iterator
from typing import Any, Final

from tests.protocols.client_streams.frames import Heard

BLOCK: Final = "event contentBlock"
# Blocks of these begin by name.
NAMED: Final = frozenset({"toolUse", "toolResult", "image"})
LAST: Final = ["event messageStop", "event metadata"]


class Blocks:
    def __init__(self) -> None:
        self.open: dict[int, str] = {}  # place -> what it is said to be
        self.ended: set[int] = set()


def converse_faults(heard: list[Heard]) -> Iterator[str]:
    names = [each.name for each in heard]
    body, failures = heard, [name for name in names if name.startswith("exception ")]
    if failures:
        if len(failures) > 1 or names[-1] != failures[0]:
            yield f"goes on after {failures[0]}"
        if "message" not in heard[-1].said:
            yield f"fails with {heard[-1].said}"
        body = heard[:-1]
    elif names[-2:] != LAST or set(LAST) & set(names[:-2]):
        yield f"ends with {names[-3:]}"
    # What fails at once has not begun.
    if body and names[0] != "event messageStart":
        yield f"begins with {names[0]}"
    blocks = Blocks()
    for at, each in enumerate(body[1:], start=1):
        yield from (f"message {at} {fault}" for fault in _message(each, blocks))


def _message(heard: Heard, blocks: Blocks) -> Iterator[str]:
    said = heard.said
    if heard.name.startswith(BLOCK):
        yield from _block(heard.name.removeprefix(BLOCK), said, blocks)
    elif heard.name == LAST[0]:
        if blocks.open or blocks.ended != set(range(len(blocks.ended))):
            yield f"ends after the blocks {blocks.ended}, open: {blocks.open}"
        if not said.get("stopReason"):
            yield "does not say why it stopped"
    elif heard.name == LAST[1]:
        if not {"usage", "metrics"} <= said.keys():
            yield f"is without usage or metrics: {said}"
    else:
        yield f"is {heard.name}"


def _block(what: str, said: dict[str, Any], blocks: Blocks) -> Iterator[str]:
    place = said["contentBlockIndex"]
    is_open = place in blocks.open
    if place in blocks.ended or (is_open == (what == "Start") and what != "Delta"):
        yield f"is {what} of block {place}, open: {blocks.open}, ended: {blocks.ended}"
    if what == "Start":
        blocks.open[place] = next(iter(said["start"]))
    elif what == "Stop":
        blocks.open.pop(place, None)
        blocks.ended.add(place)
    else:
        yield from _delta(place, said["delta"], blocks)


def _delta(place: int, delta: dict[str, Any], blocks: Blocks) -> Iterator[str]:
    kind = "text" if "citation" in delta else next(iter(delta))
    before = blocks.open.get(place, "" if kind in NAMED else kind)
    if before in {"", "sealed"} or (before != kind and NAMED & {before, kind}):
        yield f"is {kind} within {before!r}"
    blocks.open.setdefault(place, kind)
    if {"signature", "redactedContent"} & delta.get("reasoningContent", {}).keys():
        blocks.open[place] = "sealed"
