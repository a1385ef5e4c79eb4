"""An item of a vendor's output, read: whole, or bit by bit and then whole once more.

Law 1: what is said whole in the end is told only where it was not told bit by bit. Law 2: the
signature of a thought is on the last of its parts, so that one stays open until the item is done.
Law 3: an item that we do not model is kept as it was in the end.
"""

from collections.abc import Container, Iterator
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Raw

from protocols import custom_tools, ir
from protocols.codec import Memo
from protocols.ir import NOTHING, Content, Event, Extra, Seal
from protocols.naming import minted_id
from protocols.openai_responses.answers import Said, citation_of, filled
from protocols.openai_responses.wire import CALLS, DIALECT, VENDOR, image_of, unusual
from protocols.stream import Sequencer

Place: TypeAlias = tuple[str, int]  # list of the item, index in it
REFUSAL: Final = "refusal"
SUMMARY: Final = "summary_text"
LISTS: Final = ("summary", "content")
OF_ITEMS: Final = ("call_id", "id", "name", "role", "status", "type", *LISTS)
OF_PARTS: Final = ("text", REFUSAL, "annotations", "logprobs")
FORMS: Final[dict[str, Literal["function", "custom"]]] = {
    "function_call": "function",
    "custom_tool_call": "custom",
}


class Answer:
    """What the items of an answer share."""

    __slots__ = ("_ids", "beside", "has_calls", "has_refused", "memo", "sequencer")

    def __init__(self, memo: Memo) -> None:
        self.memo = memo
        self.sequencer = Sequencer()
        self.has_calls = False
        self.has_refused = False
        self.beside: Extra = {}  # what was said too late to be told with its block
        self._ids: set[str] = set()

    def call_id(self, id_: str) -> str:
        """No two calls of an answer have one id."""
        if not id_ or id_ in self._ids:
            id_ = minted_id(self.memo.seed, len(self._ids))
        self._ids.add(id_)
        return id_

    def late(self, rest: Extra | None, known: Container[str]) -> None:
        self.beside.update((key, raw) for key, raw in (rest or {}).items() if key not in known)


class _Part:
    __slots__ = ("cited", "index", "known", "told")

    def __init__(self, index: int, known: Container[str]) -> None:
        self.index = index
        self.known = known  # the names of all that was said as it began
        self.told: list[str] = []
        self.cited = 0


class PartsReader:
    """A message, or reasoning."""

    __slots__ = ("_answer", "_id", "_is_reasoning", "_key", "_known", "_parts", "_rest")

    def __init__(self, answer: Answer, key: object, said: Said) -> None:
        self._answer = answer
        self._key = key
        self._is_reasoning = said.text("type") == "reasoning"
        self._id = said.text("id") or None
        self._rest: Extra | None = _rest_of_item(said)  # until its first block begins
        self._known = frozenset(self._rest or ())
        self._parts: dict[Place, _Part] = {}

    def begin(self, place: Place, part: Said) -> Iterator[Event]:
        if place in self._parts:
            return
        answer = self._answer
        if self._is_reasoning:
            yield from answer.sequencer.end(*self._keys())
        known = frozenset(part.left)
        begun = answer.sequencer.begin((self._key, place), self._block(place, part))
        self._parts[place] = _Part(begun.index, known)
        yield begun

    def delta(self, place: Place, kind: str, delta: Said) -> Iterator[Event]:
        if place not in self._parts:
            yield from self.begin(place, Said({"type": Raw(msgspec.json.encode(kind))}))
        part = self._parts[place]
        text, logprobs = delta.text("delta"), filled(delta.raw("logprobs"))
        if self._is_open(place) and (text or logprobs):
            part.told.append(text)
            extra = delta.rest() or None
            yield ir.TextDelta(index=part.index, text=text, logprobs=logprobs, extra=extra)

    def cite(self, place: Place, annotation: Said) -> Iterator[Event]:
        part = self._parts.get(place)
        if part is not None and self._is_open(place):
            part.cited += 1
            yield ir.CitationAdded(index=part.index, citation=citation_of(annotation))

    def settle(self, place: Place, said: Said) -> Iterator[Event]:
        """All that a part says, of which some was told."""
        if place not in self._parts:
            yield from self.begin(place, Said(said.left))
        part = self._parts[place]
        self._answer.late(said.rest(but=("type", *OF_PARTS)), part.known)
        if not self._is_open(place):
            return
        kind = said.text("type")
        text = _untold(said.text(REFUSAL if kind == REFUSAL else "text"), part.told)
        if text:
            logprobs = NOTHING if part.told else filled(said.raw("logprobs"))
            part.told.append(text)
            yield ir.TextDelta(index=part.index, text=text, logprobs=logprobs)
        for annotation in said.each("annotations")[part.cited :]:
            yield from self.cite(place, annotation)

    def end(self, place: Place) -> Iterator[Event]:
        if not self._is_reasoning:
            yield from self._answer.sequencer.end((self._key, place))

    def done(self, raw: Raw) -> Iterator[Event]:
        said = Said(raw)
        signature = said.text("encrypted_content") or None
        for name in LISTS:
            # Some vendors count the parts of all items.
            begun = [place for place in self._parts if place[0] == name]
            for number, part in enumerate(said.each(name)):
                place = begun[number] if number < len(begun) else (name, ~number)
                yield from self.settle(place, part)
                yield from self.end(place)
        if self._is_reasoning and not self._parts:
            yield from self.begin((LISTS[1], 0), Said({}))
        last = next((part.index for at, part in self._parts.items() if self._is_open(at)), None)
        if signature is not None and last is not None:
            seal = Seal(origin=VENDOR, id=self._id, signature=signature)
            yield ir.Sealed(index=last, seal=seal)
        self._answer.late(said.rest(but=OF_ITEMS), self._known)
        yield from self._answer.sequencer.end(*self._keys())

    def _block(self, place: Place, part: Said) -> Content:
        kind = part.text("type")
        extra, self._rest = dict(self._rest or {}), None
        rest = part.rest(but=OF_PARTS)
        if rest:
            extra[place[0]] = Raw(msgspec.json.encode(rest))
        seal = None if self._id is None else Seal(origin=VENDOR, id=self._id)
        if self._is_reasoning:
            return ir.Thinking(summary=kind == SUMMARY, seal=seal, extra=extra or None)
        if kind == REFUSAL:
            self._answer.has_refused = True
            return ir.Refusal(text="")
        return ir.Text(text="", seal=seal, extra=extra or None)

    def _keys(self) -> list[tuple[object, Place]]:
        return [(self._key, place) for place in self._parts]

    def _is_open(self, place: Place) -> bool:
        return self._answer.sequencer.index((self._key, place)) is not None


class CallReader:
    """A call of a tool that the client runs. It begins once its name is known."""

    __slots__ = (
        "_answer", "_form", "_held", "_index", "_key", "_known", "_reader", "_schema", "_told",
    )  # fmt: skip

    def __init__(self, answer: Answer, key: object, form: Literal["function", "custom"]) -> None:
        self._answer = answer
        self._key = key
        self._form = form
        self._index: int | None = None
        self._held = ""  # said before anything was told
        self._told: list[str] = []
        self._reader: custom_tools.InputReader | None = None
        self._known: Container[str] = ()  # the names of all that was said as it began
        self._schema = False  # it stands for the form of the answer

    def start(self, said: Said) -> Iterator[Event]:
        self._held = said.text(CALLS[self._form].key) or self._held
        if Said(said.left).text("name"):
            yield self._begin(said)

    def called(self, text: str, *, whole: bool) -> Iterator[Event]:
        """A piece of what the tool is called with, or all of it."""
        if self._index is None or whole:
            self._held = text if whole else self._held + text
        elif text:
            yield from self._tell(self._index, text)

    def done(self, raw: Raw) -> Iterator[Event]:
        said = Said(raw)
        text = said.text(CALLS[self._form].key) or self._held
        index = self._index
        if index is None:
            begun = self._begin(said)
            index = begun.index
            yield begun
        yield from self._tell(index, _untold(text, self._told))
        if self._reader is not None and (rest := self._reader.close()):
            yield ir.ArgumentsDelta(index=index, text=rest)
        self._answer.late(said.rest(but=OF_ITEMS), self._known)
        yield from self._answer.sequencer.end(self._key)

    def _begin(self, said: Said) -> ir.BlockStarted:
        self._known = frozenset(said.left)
        name, memo = said.text("name"), self._answer.memo
        block: Content = ir.Text(text="")
        self._schema = bool(name) and name == memo.schema_tool
        if not self._schema:
            self._answer.has_calls = True
            block = self._call(memo.names.get(name, name), said)
        begun = self._answer.sequencer.begin(self._key, block)
        self._index = begun.index
        return begun

    def _call(self, name: str, said: Said) -> ir.ToolCall:
        form, id_ = self._form, said.text("id") or None
        if name in self._answer.memo.custom and form == "function":
            self._reader = custom_tools.InputReader()
            form = "custom"
        said.text("type")
        return ir.ToolCall(
            id=self._answer.call_id(said.text("call_id") or id_ or ""),
            name=name,
            arguments="",
            form=form,
            seal=None if id_ is None else Seal(origin=VENDOR, id=id_),
            extra=unusual(said.left),
        )

    def _tell(self, index: int, piece: str) -> Iterator[Event]:
        self._told.append(piece)
        text = piece if self._reader is None else self._reader.feed(piece)
        if text and self._schema:
            yield ir.TextDelta(index=index, text=text)
        elif text:
            yield ir.ArgumentsDelta(index=index, text=text)


class WholeReader:
    """What we do not model, or comes at once."""

    __slots__ = ("_answer", "_index", "_key")

    def __init__(self, answer: Answer, key: object) -> None:
        self._answer = answer
        self._key = key
        self._index = -1

    def start(self, raw: Raw) -> Iterator[Event]:
        begun = self._answer.sequencer.begin(self._key, opaque(raw))
        self._index = begun.index
        yield begun

    def done(self, raw: Raw) -> Iterator[Event]:
        self._answer.sequencer.end(self._key)
        yield ir.BlockEnded(index=self._index, block=opaque(raw))


class ImageReader:
    """A picture that the model makes; it comes with the end of its item."""

    __slots__ = ("_answer", "_index", "_key")

    def __init__(self, answer: Answer, key: object) -> None:
        self._answer = answer
        self._key = key
        self._index = -1

    def start(self, raw: Raw) -> Iterator[Event]:
        said = Said(raw)
        said.raw("status")
        begun = self._answer.sequencer.begin(self._key, _image(said))
        self._index = begun.index
        yield begun

    def done(self, raw: Raw) -> Iterator[Event]:
        self._answer.sequencer.end(self._key)
        said = Said(raw)
        if data := said.text("result"):
            yield ir.MediaDelta(index=self._index, data=data)
        yield ir.BlockEnded(index=self._index, block=_image(said))


def _image(said: Said) -> ir.Media:
    id_, form = said.text("id") or None, said.text("output_format")
    seal = None if id_ is None else Seal(origin=VENDOR, id=id_)
    for name in ("type", "result"):
        said.raw(name)
    return image_of("", form=form, seal=seal, extra=unusual(said.left))


def _untold(text: str, told: list[str]) -> str:
    """The rest of a text of which some was told; none of one that was told otherwise."""
    known = "".join(told)
    return text[len(known) :] if text.startswith(known) else ""


def opaque(raw: Raw) -> ir.Opaque:
    return ir.Opaque(dialect=DIALECT, kind=Said(raw).text("type"), raw=raw.copy())


def _rest_of_item(said: Said) -> Extra | None:
    return unusual(said.rest(but=("role", "encrypted_content", *LISTS)))
