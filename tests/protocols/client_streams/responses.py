"""Created, in progress; items, each added before it says anything and done once; the whole."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from tests.protocols.client_streams.frames import Heard

ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
TOLD: Final = ["response.created", "response.in_progress"]


class Kind(NamedTuple):
    """How a text is told: within which part or item, and where its whole stands."""

    within: str
    key: str


# The beginning of the names of a text's events -> how it is told.
PARTS: Final[Mapping[str, Kind]] = {
    "response.output_text": Kind("output_text", "text"),
    "response.refusal": Kind("refusal", "refusal"),
    "response.reasoning_text": Kind("reasoning_text", "text"),
    "response.reasoning_summary_text": Kind("summary_text", "text"),
}
CALLS: Final[Mapping[str, Kind]] = {
    "response.function_call_arguments": Kind("function_call", "arguments"),
    "response.custom_tool_call_input": Kind("custom_tool_call", "input"),
}
PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "response.content_part": ("content_index", "content"),
    "response.reasoning_summary_part": ("summary_index", "summary"),
}
NOTE: Final = "response.output_text.annotation.added"


class Part:
    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.text = ""
        self.state = "open"  # told, once its text is; done


class Item:
    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said
        self.is_done = False
        self.call = Part(said["type"])
        self.parts: dict[tuple[str, int], Part] = {}

    @property
    def is_told(self) -> bool:
        return all(part.state == "done" for part in self.parts.values()) and (
            self.call.kind not in {kind.within for kind in CALLS.values()}
            or self.call.state == "told"
        )


def responses_faults(heard: list[Heard]) -> Iterator[str]:
    numbers = [each.said.get("sequence_number") for each in heard]
    if numbers != list(range(len(heard))):
        yield f"is numbered {numbers}"
    names = [each.name for each in heard]
    ends = [name for name in names if name in ENDS]
    if len(ends) != 1 or names[-1] != ends[0]:
        yield f"has the last events {ends}, and ends with {names[-1:]}"
        return
    is_failure = ends == ["response.failed"]
    if is_failure and names[-2:-1] != ["error"]:
        yield "fails without an error"
    body = heard[: -2 if is_failure else -1]
    begun = [name for name in names[:3] if name != "response.queued"]
    if (body or not is_failure) and begun[: min(2, len(body))] != TOLD[: len(body)]:
        yield f"begins with {names[:3]}"
    items: list[Item] = []
    for at, each in enumerate(body):
        if each.name not in {*TOLD, "response.queued"}:
            yield from (f"event {at} {fault}" for fault in _event(each, items))
    yield from _whole(heard[-1].said["response"], items, is_failure=is_failure)


def _whole(response: dict[str, Any], items: list[Item], *, is_failure: bool) -> Iterator[str]:
    output = response["output"]
    if is_failure:
        if not response.get("error"):
            yield "fails without saying why"
        if len(output) != len(items):
            yield f"has begun {len(items)} items, and fails with {len(output)}"
        return
    if output != [item.said for item in items]:
        yield f"says in the end {output}"
    if not all(item.is_done for item in items):
        yield "has items that are not done"


def _event(heard: Heard, items: list[Item]) -> Iterator[str]:
    said, index = heard.said, heard.said.get("output_index")
    if heard.name == "response.output_item.added":
        if index != len(items):
            yield f"adds item {index} after {len(items)}"
        items.append(Item(said["item"]))
        return
    if index not in range(len(items)) or items[index].is_done:
        yield f"is {heard.name} of item {index}, which is not open"
        return
    item = items[index]
    if heard.name == "response.output_item.done":
        if not item.is_told or said["item"].get("id") != item.said.get("id"):
            yield f"ends an item that has open parts, or is another: {said['item']}"
        item.said, item.is_done = said["item"], True
        return
    if said.get("item_id") != item.said.get("id"):
        yield f"is of item {said.get('item_id')!r}, not {item.said.get('id')!r}"
    yield from _within(heard.name, said, item)


def _within(name: str, said: dict[str, Any], item: Item) -> Iterator[str]:
    stem, _, what = name.rpartition(".")
    if stem in PLACES:
        yield from _part(stem, what, said, item)
    elif stem in CALLS:
        yield from _text(CALLS[stem], what, said, item.call)
    elif stem in PARTS or name == NOTE:
        place = "summary" if "summary" in stem else "content"
        part = item.parts.get((place, said[f"{place}_index"]))
        if part is None or part.state != "open":
            yield f"is {name} outside a part"
        elif name != NOTE:
            yield from _text(PARTS[stem], what, said, part)
    else:
        yield f"is {name}"


def _part(stem: str, what: str, said: dict[str, Any], item: Item) -> Iterator[str]:
    index, place = PLACES[stem]
    key = place, said[index]
    if what == "added":
        if key in item.parts or said[index] != len(item.parts):
            yield f"adds part {key} after {len(item.parts)}"
        item.parts[key] = Part(said["part"]["type"])
    elif key not in item.parts or item.parts[key].state != "told":
        yield f"ends part {key}, whose text is not told"
    else:
        item.parts[key].state = "done"


def _text(kind: Kind, what: str, said: dict[str, Any], part: Part) -> Iterator[str]:
    if part.kind != kind.within or part.state != "open":
        yield f"tells of {kind.within} within {part.kind}, which is {part.state}"
    if what == "delta":
        part.text += said["delta"]
    elif what == "done":
        part.state = "told"
        if said[kind.key] != part.text:
            yield f"says in the end {said[kind.key]!r} instead of {part.text!r}"
