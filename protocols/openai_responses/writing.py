"""An item of an answer while it is written, and what its blocks add to it.

Each method returns the events to tell, without their sequence numbers.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.ir import Event, Extra
from protocols.lenient import read
from protocols.openai_responses.wire import CALLS, annotation, restored

Said: TypeAlias = dict[str, Any]
TOKENS: Final = msgspec.json.Decoder(list[Raw])
FIELDS: Final = msgspec.json.Decoder(dict[str, Raw])


class PartForm(NamedTuple):
    """The names of what a part of an item is told with."""

    kind: str
    item: str
    parts: str  # of the item, that holds them
    place: str  # how events name the place among them
    key: str  # of the text
    part: str  # event of the part, as far as all of them have it in common
    text: str  # event of the text


TEXT: Final = PartForm(
    kind="output_text",
    item="message",
    parts="content",
    place="content_index",
    key="text",
    part="response.content_part",
    text="response.output_text",
)
REFUSAL: Final = TEXT._replace(kind="refusal", key="refusal", text="response.refusal")
REASONING: Final = TEXT._replace(
    kind="reasoning_text", item="reasoning", text="response.reasoning_text"
)
SUMMARY: Final = PartForm(
    kind="summary_text",
    item="reasoning",
    parts="summary",
    place="summary_index",
    key="text",
    part="response.reasoning_summary_part",
    text="response.reasoning_summary_text",
)


class OutputItem:
    """An item of the output as far as it has come."""

    __slots__ = ("_is_done", "_status", "index", "is_full", "open", "said", "seal_id")

    def __init__(self, index: int, said: Said, *, seal_id: str | None, is_full: bool) -> None:
        self.index = index
        self.said = said
        self.seal_id = seal_id
        self.is_full = is_full  # what comes next is another item
        self.open: set[int] = set()  # its blocks
        self._status: Raw | str = "completed"  # once it is
        self._is_done = False

    def add(self, extra: Extra | None, *, but: Sequence[str] = ()) -> None:
        for key, raw in restored(extra).items():
            if key == "status":
                self._status = raw
            elif key not in but:
                self.said[key] = raw

    def added(self) -> Said:
        # As it is now: the parts to come are told by themselves.
        item = {key: [] if isinstance(value, list) else value for key, value in self.said.items()}
        return {"type": "response.output_item.added", "output_index": self.index, "item": item}

    def done(self) -> list[Said]:
        """Told once, when nothing can be added to it."""
        if self._is_done or self.open or not self.is_full:
            return []
        self._is_done = True
        if self.said.get("status") == "in_progress":
            self.said["status"] = self._status
        kind = "response.output_item.done"
        return [{"type": kind, "output_index": self.index, "item": self.said}]

    def event(self, kind: str, **beside: Any) -> Said:
        item_id = self.said.get("id")
        return {"type": kind, "item_id": item_id, "output_index": self.index, **beside}


class BlockWriter(Protocol):
    item: OutputItem

    def feed(self, event: Event) -> list[Said]: ...
    def end(self, block: ir.Content | None) -> list[Said]: ...


class PartWriter:
    """A block that is a part of an item."""

    __slots__ = ("_form", "_length", "_part", "_place", "_rest", "_texts", "item")

    def __init__(self, item: OutputItem, form: PartForm, rest: Extra) -> None:
        self.item = item
        self._form = form
        self._rest = rest
        self._part: Said = {}  # empty: not told yet
        self._place = 0
        self._texts: list[str] = []
        self._length = 0

    def begin(self) -> list[Said]:
        form = self._form
        self._part = {"type": form.kind, form.key: ""}
        if form is TEXT:
            self._part |= {"annotations": [], "logprobs": []}
        self._part |= self._rest
        parts = self.item.said.setdefault(form.parts, [])
        self._place = len(parts)
        parts.append(self._part)
        part = {key: [] if isinstance(value, list) else value for key, value in self._part.items()}
        return [self._event(f"{form.part}.added", part=part)]

    def feed(self, event: Event) -> list[Said]:
        match event:
            case ir.TextDelta():
                begun = [] if self._part else self.begin()
                return [*begun, self._delta(event)]
            case ir.CitationAdded(citation=citation):
                return self._cite(citation)
            case _:
                return []

    def end(self, block: ir.Content | None) -> list[Said]:
        if not self._part:
            return []
        form, text = self._form, "".join(self._texts)
        self._part[form.key] = text
        beside = {"logprobs": self._part["logprobs"]} if form is TEXT else {}
        return [
            self._event(f"{form.text}.done", **{form.key: text}, **beside),
            self._event(f"{form.part}.done", part=self._part),
        ]

    def _delta(self, event: ir.TextDelta) -> Said:
        self._texts.append(event.text)
        self._length += len(event.text)
        beside: Said = {}
        if self._form is TEXT:
            beside["logprobs"] = read(TOKENS, event.logprobs) or [] if event.logprobs else []
            self._part["logprobs"] += beside["logprobs"]
        said = self._event(f"{self._form.text}.delta", delta=event.text, **beside)
        # Nothing that is not known may stand for what is.
        return said | {key: raw for key, raw in (event.extra or {}).items() if key not in said}

    def _cite(self, citation: ir.Citation) -> list[Said]:
        said = annotation(citation, end=self._length)
        if said is None or self._form is not TEXT:
            return []
        annotations: list[Said] = self._part["annotations"]
        annotations.append(said)
        kind = "response.output_text.annotation.added"
        place = len(annotations) - 1
        return [self._event(kind, annotation_index=place, annotation=said)]

    def _event(self, kind: str, **beside: Any) -> Said:
        return self.item.event(kind, **{self._form.place: self._place}, **beside)


class CallWriter:
    """A call of a tool that the client runs: it is an item of its own."""

    __slots__ = ("_form", "_texts", "item")

    def __init__(self, item: OutputItem, call: ir.ToolCall) -> None:
        self.item = item
        self._form = CALLS[call.form]
        self._texts: list[str] = []

    def feed(self, event: Event) -> list[Said]:
        if not isinstance(event, ir.ArgumentsDelta):
            return []
        self._texts.append(event.text)
        return [self.item.event(f"{self._form.event}.delta", delta=event.text)]

    def end(self, block: ir.Content | None) -> list[Said]:
        key = self._form.key
        arguments = self.item.said[key] = "".join(self._texts)
        return [self.item.event(f"{self._form.event}.done", **{key: arguments})]


class WholeWriter:
    """An item that comes whole, or whose own events we do not model."""

    __slots__ = ("item",)

    def __init__(self, item: OutputItem) -> None:
        self.item = item

    def feed(self, event: Event) -> list[Said]:
        if isinstance(event, ir.MediaDelta):
            self.item.said["result"] += event.data
        return []

    def end(self, block: ir.Content | None) -> list[Said]:
        """What it is in the end may be all new."""
        if isinstance(block, ir.Opaque):
            self.item.said = dict(FIELDS.decode(block.raw))
        return []
