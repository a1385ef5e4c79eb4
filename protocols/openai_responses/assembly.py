"""An answer's output, item by item: events of the IR in, events of the dialect out.

Laws: no delta before its item and its part were added; an item is done once, and then says all;
blocks of one `Seal.id` are one item, and so are texts that follow each other.
"""

from hashlib import sha256
from typing import Final

from protocols import ir
from protocols.codec import Loss
from protocols.ir import Event
from protocols.openai_responses.wire import IMAGE, call_object, rest_within
from protocols.openai_responses.writing import (
    FIELDS,
    REASONING,
    REFUSAL,
    SUMMARY,
    TEXT,
    BlockWriter,
    CallWriter,
    OutputItem,
    PartForm,
    PartWriter,
    Said,
    WholeWriter,
)

UNSAID: Final = -1  # the index of a block that nobody began
ID_CHARS: Final = 32
ID_PREFIXES: Final = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "custom_tool_call": "ctc",
    IMAGE: "ig",
}


class Assembly:
    def __init__(self, response_id: str, losses: list[Loss]) -> None:
        self._response_id = response_id
        self._writers: dict[int, BlockWriter] = {}
        self._items: list[OutputItem] = []
        self._losses = losses
        self._has_refused = False

    @property
    def output(self) -> list[Said]:
        return [item.said for item in self._items]

    def feed(self, event: Event) -> list[Said]:
        if isinstance(event, ir.BlockStarted):
            return self._begin(event)
        index = getattr(event, "index", -1)
        writer = self._writers.get(index)
        if writer is None:
            return []
        if isinstance(event, ir.BlockEnded):
            return self._end(index, writer, event.block)
        if isinstance(event, ir.Sealed):
            self._seal(index, writer.item, event.seal)
        elif isinstance(event, ir.CitationAdded) and _is_elsewhere(event.citation):
            self._lose("citations", index, "Responses cites the web only")
        return writer.feed(event)

    def finish(self, stop: ir.Stop) -> list[Said]:
        """Whoever refused without a word for it is understood by an empty one."""
        told: list[Said] = []
        if stop.reason == "refusal" and not self._has_refused:
            told = self._begin_part(UNSAID, ir.Refusal(text=""))
            told += self._end(UNSAID, self._writers[UNSAID], None)
        return [*told, *self._close()]

    def broken(self) -> list[Said]:
        """The output of an answer that ends here, as far as it has come."""
        for index, writer in self._writers.items():
            if index in writer.item.open:
                writer.end(None)
        for item in self._items:
            if item.said.get("status") == "in_progress":
                item.said["status"] = "incomplete"
        return self.output

    def _close(self) -> list[Said]:
        """Nothing is added to the last item."""
        if not self._items:
            return []
        self._items[-1].is_full = True
        return self._items[-1].done()

    def _begin(self, event: ir.BlockStarted) -> list[Said]:
        index, block = event.index, event.block
        if event.choice:
            self._lose("n", index, "Responses answers once", content=True)
            return []
        match block:
            case ir.Text() | ir.Refusal() | ir.Thinking():
                return self._begin_part(index, block)
            case ir.ToolCall(executor="client"):
                return self._begin_call(index, block)
            case ir.Opaque(dialect="openai.responses"):
                item, told = self._new(dict(FIELDS.decode(block.raw)))
            case ir.Opaque(text=str() as text):
                return self._begin_part(index, ir.Text(text=text))
            case ir.Media(kind="image", source=ir.Inline(data=data)):
                item, told = self._new(self._image(block, data))
                item.add(block.extra)
            case _:
                self._lose_block(index, block)
                return []
        item.open.add(index)
        self._writers[index] = WholeWriter(item)
        return [*told, item.added()]

    def _begin_call(self, index: int, call: ir.ToolCall) -> list[Said]:
        head = call_object(call, arguments="")
        id_ = self._id(head["type"], call.seal)
        item, told = self._new({"id": id_, "status": "in_progress", **head})
        item.add(call.extra)
        item.open.add(index)
        writer = self._writers[index] = CallWriter(item, call)
        if call.seal is not None:
            self._seal(index, item, call.seal)
        first = ir.ArgumentsDelta(index=index, text=call.arguments)
        return [*told, item.added(), *(writer.feed(first) if call.arguments else ())]

    def _begin_part(self, index: int, block: ir.Text | ir.Refusal | ir.Thinking) -> list[Said]:
        form = _form(block)
        self._has_refused = self._has_refused or form is REFUSAL
        seal = None if isinstance(block, ir.Refusal) else block.seal
        extra = None if isinstance(block, ir.Refusal) else block.extra
        item = self._joined(form, seal, joins=isinstance(block, ir.Refusal))
        told: list[Said] = []
        if item is None:
            item, told = self._new(self._head(form, seal), form=form, seal=seal)
            item.add(extra, but=("content", "summary"))
            told.append(item.added())
        else:
            item.add(extra, but=("content", "summary"))
        item.open.add(index)
        rest = rest_within(extra, form.parts)
        writer = self._writers[index] = PartWriter(item, form, rest)
        if seal is not None:
            self._seal(index, item, seal)
        # A thought that is withheld has no part.
        if form is not REASONING or rest:
            told += writer.begin()
        first = ir.TextDelta(index=index, text=block.text)
        return [*told, *(writer.feed(first) if block.text else ())]

    def _joined(self, form: PartForm, seal: ir.Seal | None, *, joins: bool) -> OutputItem | None:
        """The last item, if the block belongs to it; what has no id belongs to any."""
        last = self._items[-1] if self._items else None
        if last is None or last.is_full or last.said["type"] != form.item:
            return None
        is_same = last.seal_id == (seal.id if seal else None)
        return last if joins or is_same else None

    def _new(
        self, said: Said, *, form: PartForm | None = None, seal: ir.Seal | None = None
    ) -> tuple[OutputItem, list[Said]]:
        told = self._close()
        seal_id = seal.id if seal else None
        item = OutputItem(len(self._items), said, seal_id=seal_id, is_full=form is None)
        self._items.append(item)
        return item, told

    def _head(self, form: PartForm, seal: ir.Seal | None) -> Said:
        said: Said = {"id": self._id(form.item, seal), "type": form.item}
        if form.item == "reasoning":
            return {**said, "summary": []}
        return {**said, "status": "in_progress", "role": "assistant", "content": []}

    def _image(self, image: ir.Media, data: str) -> Said:
        said = {"id": self._id(IMAGE, image.seal), "type": IMAGE, "status": "in_progress"}
        form = (image.mime or "").partition("/")[2]
        return {**said, **({"output_format": form} if form else {}), "result": data}

    def _id(self, kind: str, seal: ir.Seal | None) -> str:
        if seal is not None and seal.id is not None:
            return seal.id
        told = f"{self._response_id}\0{len(self._items)}"
        return f"{ID_PREFIXES[kind]}_{sha256(told.encode(errors='replace')).hexdigest()[:ID_CHARS]}"

    def _end(self, index: int, writer: BlockWriter, block: ir.Content | None) -> list[Said]:
        item = writer.item
        if not isinstance(block, ir.Opaque):
            item.add(getattr(block, "extra", None), but=("content", "summary"))
        told = writer.end(block)
        item.open.discard(index)
        return [*told, *item.done()]

    def _seal(self, index: int, item: OutputItem, seal: ir.Seal) -> None:
        if seal.signature is None:
            return
        if item.said["type"] != "reasoning":
            self._lose("seal", index, "only reasoning has a field for it")
            return
        item.said["encrypted_content"] = seal.signature
        item.is_full = True

    def _lose_block(self, index: int, block: ir.Content) -> None:
        match block:
            case ir.Media():
                why = "an answer in Responses holds no such media"
                self._lose(block.kind, index, why, content=True)
            case ir.Opaque():
                why = f"Responses has no words for {block.kind}"
                self._lose("opaque", index, why, content=True)
            case _:
                self._lose("provider_tool", index, "another vendor runs this tool")

    def _lose(self, code: str, index: int, why: str, *, content: bool = False) -> None:
        self._losses.append(Loss(code=code, path=f"content[{index}]", why=why, content=content))


def _form(block: ir.Text | ir.Refusal | ir.Thinking) -> PartForm:
    if isinstance(block, ir.Thinking):
        return SUMMARY if block.summary else REASONING
    return TEXT if isinstance(block, ir.Text) else REFUSAL


def _is_elsewhere(citation: ir.Citation) -> bool:
    return citation.url is None and "type" not in (citation.extra or {})
