"""A stream of Converse messages, read.

Law 1: whatever comes, what leaves keeps to the grammar of `protocols.ir`. Law 2: collected, it is
the answer that is not streamed. Law 3: an event nobody knows goes through as it is.

Texts and thoughts begin with their first word; only calls, results and images are told to begin.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.bedrock_converse.blocks import (
    DIALECT,
    VENDOR,
    read_redacted,
    read_result,
    take_executor,
    take_status,
)
from protocols.bedrock_converse.citations import read_citation
from protocols.bedrock_converse.media import image_start
from protocols.bedrock_converse.native import failure_of
from protocols.bedrock_converse.rests import OBJECTS
from protocols.bedrock_converse.upstream_response import asked_stop, named_as_asked
from protocols.bedrock_converse.usage import read_tier, read_usage
from protocols.bedrock_converse.wire import read_stop
from protocols.codec import Frame, Memo
from protocols.custom_tools import InputReader
from protocols.errors import DecodeError
from protocols.fields import Fields
from protocols.framing.aws import PING
from protocols.ir import Content, Event, Extra
from protocols.lenient import an_object, as_object, read, readable, whole, words
from protocols.stream import Sequencer

PADDING: Final = "p"
PLACE: Final = "contentBlockIndex"
# Of each event what is read, or says nothing; of the objects within them too.
KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "messageStart": frozenset({"role", PADDING}),
    "contentBlockStart": frozenset({"start", PLACE, PADDING}),
    "start": frozenset({"image", "toolResult", "toolUse"}),
    "contentBlockDelta": frozenset({"delta", PLACE, PADDING}),
    "delta": frozenset({"citation", "image", "reasoningContent", "text", "toolResult", "toolUse"}),
    "reasoningContent": frozenset({"redactedContent", "signature", "text"}),
    "toolUse": frozenset({"input"}),
    "contentBlockStop": frozenset({PLACE, PADDING}),
    "messageStop": frozenset({"stopReason", PADDING}),
    "metadata": frozenset({"usage", "serviceTier", PADDING}),
}


class Open:
    """A block that has begun."""

    __slots__ = ("arguments", "block", "index", "parts", "reader", "seal")

    def __init__(self, index: int, block: Content) -> None:
        self.index = index
        self.block = block
        self.arguments = False  # any were said
        self.reader: InputReader | None = None
        self.seal = ""  # told as the block ends
        self.parts: list[Any] = []  # of a result


class ConverseEventDecoder:
    def __init__(self, memo: Memo) -> None:
        self._memo = memo
        self._sequencer = Sequencer()
        self._open: dict[int | None, Open] = {}
        self._called: list[Content] = []
        self._extra: Extra = {}
        self._stop: ir.Stop | None = None
        self._usage: ir.Usage | None = None
        self._tier: str | None = None
        self._has_metadata = False
        self._started = False
        self._over = False

    def feed(self, frame: Frame) -> Sequence[Event]:
        if self._over or (frame.event == PING and not frame.exception):
            return ()
        return [*self._begun(), *self._read(readable(frame))]

    def close(self) -> Sequence[Event]:
        """Without its last event a stream has ended well if it said why it stopped."""
        if self._over:
            return ()
        if self._stop is None:
            self._over = True
            why = "the provider ended its stream before its answer was complete"
            return (ir.Failed(kind="upstream_error", message=why, usage=self._usage),)
        return [*self._finish()]

    def _begun(self) -> Iterator[Event]:
        if not self._started:
            self._started = True
            yield ir.Started(id="", model="")

    def _read(self, frame: Frame) -> Iterator[Event]:
        if frame.exception:
            self._over = True
            problem = failure_of(frame)
            yield ir.Failed(
                kind=problem.kind, message=problem.message, raw=_kept(frame), usage=self._usage
            )
            return
        said = an_object(frame.data)
        place = whole(said.get(PLACE))
        if said.keys() - KNOWN.get(frame.event or "", said.keys()):
            raws = read(OBJECTS, frame.data)
            self._keep(frame.event or "", raws or {})
        match frame.event:
            case "messageStart":
                pass
            case "contentBlockStart":
                yield from self._start(place, said)
            case "contentBlockDelta":
                yield from self._delta(place, said)
            case "contentBlockStop":
                yield from self._end(place)
            case "messageStop":
                self._stop = read_stop(words(said.get("stopReason")))
                if self._has_metadata:
                    yield from self._finish()
            case "metadata":
                self._has_metadata = True
                self._usage = read_usage(as_object(said.get("usage"))) or self._usage
                self._tier = read_tier(said)
                if self._stop is not None:
                    yield from self._finish()
            case kind:
                yield ir.Foreign(dialect=DIALECT, event=kind or "", raw=_kept(frame))

    def _keep(self, kind: str, said: Mapping[str, Any]) -> None:
        """What of it nobody reads: it is told as the answer ends."""
        for key in said.keys() - KNOWN[kind]:
            value = said[key]
            is_raw = isinstance(value, Raw)
            self._extra[key] = value.copy() if is_raw else Raw(msgspec.json.encode(value))

    def _finish(self) -> Iterator[Event]:
        assert self._stop is not None  # noqa: S101 - who finishes has seen it
        self._over = True
        yield from self._end_all()
        yield ir.Finished(
            stop=asked_stop(self._stop, self._memo, blocks=self._called),
            usage=self._usage or ir.Usage(),
            service_tier=self._tier,
            extra=self._extra or None,
        )

    def _start(self, place: int | None, said: dict[str, Any]) -> Iterator[Event]:
        yield from self._end(place)
        begun = as_object(said.get("start"))
        self._keep("start", begun)
        start = Fields(Raw(msgspec.json.encode(begun)), "start")
        try:
            block = self._begin(start)
        except DecodeError:
            block = None
        if block is not None:
            yield self._open_block(place, block)

    def _begin(self, start: Fields) -> Content | None:
        call, result = start.object("toolUse"), start.object("toolResult")
        image = start.object("image")
        if call is not None:
            return ir.ToolCall(
                id=call.required_text("toolUseId"),
                name=call.required_text("name"),
                arguments="",
                executor=take_executor(call),
                extra=call.rest(),
            )
        if result is not None:
            return ir.ToolResult(
                call_id=result.required_text("toolUseId"),
                is_error=take_status(result),
                extra=result.rest(),
            )
        return None if image is None else image_start(image.required_text("format"))

    def _open_block(self, place: int | None, block: Content) -> Event:
        reader = None
        if isinstance(block, ir.ToolCall):
            if block.name == self._memo.schema_tool:
                block = ir.Text(text="")
            else:
                block = named_as_asked(block, self._memo)
                reader = InputReader() if block.form == "custom" else None
                self._called.append(block)
        event = self._sequencer.begin(place, block)
        opened = self._open[place] = Open(event.index, block)
        opened.reader = reader
        return event

    def _delta(self, place: int | None, said: dict[str, Any]) -> Iterator[Event]:
        delta = as_object(said.get("delta"))
        self._keep("delta", delta)
        reasoning = as_object(delta.get("reasoningContent"))
        if reasoning:
            yield from self._thought(place, reasoning)
        elif isinstance(text := delta.get("text"), str):
            opened, begun = self._opened(place, ir.Text(text=""))
            yield from begun
            if text:
                yield ir.TextDelta(index=opened.index, text=text)
        elif "toolUse" in delta:
            called = as_object(delta["toolUse"])
            self._keep("toolUse", called)
            yield from self._arguments(place, called.get("input"))
        elif "citation" in delta:
            yield from self._citation(place, delta["citation"])
        elif "toolResult" in delta:
            opened, begun = self._opened(place, ir.ToolResult(call_id=""))
            yield from begun
            parts = delta["toolResult"]
            opened.parts.extend(parts if isinstance(parts, list) else ())
        elif "image" in delta:
            image = as_object(as_object(delta["image"]).get("source")).get("bytes")
            opened, begun = self._opened(place, image_start("png"))
            yield from begun
            yield ir.MediaDelta(index=opened.index, data=words(image) or "")

    def _opened(self, place: int | None, block: Content) -> tuple[Open, list[Event]]:
        """The open block of that kind; another one at the same place has ended."""
        opened = self._open.get(place)
        if opened is not None and _is_alike(opened.block, block):
            return opened, []
        events: list[Event] = [*self._end(place), self._open_block(place, block)]
        return self._open[place], events

    def _thought(self, place: int | None, said: dict[str, Any]) -> Iterator[Event]:
        self._keep("reasoningContent", said)
        redacted = words(said.get("redactedContent"))
        opened, begun = self._opened(place, ir.Thinking(redacted=redacted is not None))
        yield from begun
        if redacted is not None:
            opened.seal = _joined(opened.seal, redacted)
        if text := words(said.get("text")):
            yield ir.TextDelta(index=opened.index, text=text)
        if signature := words(said.get("signature")):
            opened.seal += signature

    def _arguments(self, place: int | None, text: object) -> Iterator[Event]:
        opened = self._open.get(place)
        if opened is None or not isinstance(text, str) or not text:
            return
        opened.arguments = True
        if isinstance(opened.block, ir.Text):
            yield ir.TextDelta(index=opened.index, text=text)
        elif isinstance(opened.block, ir.ToolCall):
            told = opened.reader.feed(text) if opened.reader else text
            if told:
                yield ir.ArgumentsDelta(index=opened.index, text=told)

    def _citation(self, place: int | None, said: object) -> Iterator[Event]:
        try:
            citation = read_citation(Fields(Raw(msgspec.json.encode(said)), "citation"))
        except DecodeError:
            return
        opened, begun = self._opened(place, ir.Text(text=""))
        yield from begun
        yield ir.CitationAdded(index=opened.index, citation=citation)

    def _end(self, place: int | None) -> Iterator[Event]:
        opened = self._open.pop(place, None)
        if opened is None:
            return
        block = opened.block
        final: Content | None = None
        if isinstance(block, ir.Thinking) and opened.seal:
            signature = read_redacted(opened.seal) if block.redacted else opened.seal
            seal = ir.Seal(origin=VENDOR, signature=signature)
            yield ir.Sealed(index=opened.index, seal=seal)
        elif isinstance(block, ir.ToolCall):
            rest = opened.reader.close() if opened.reader else ""
            if not opened.arguments and opened.reader is None:
                rest = "{}"
            if rest:
                yield ir.ArgumentsDelta(index=opened.index, text=rest)
        elif isinstance(block, ir.ToolResult):
            final = _result(block, opened.parts)
        for ended in self._sequencer.end(place):
            yield ir.BlockEnded(index=ended.index, block=final)

    def _end_all(self) -> Iterator[Event]:
        for place in tuple(self._open):
            yield from self._end(place)


def _is_alike(one: Content, other: Content) -> bool:
    if isinstance(one, ir.Thinking) and isinstance(other, ir.Thinking):
        return one.redacted == other.redacted
    return type(one) is type(other)


def _joined(before: str, data: str) -> str:
    """Base64 in pieces, each of them whole."""
    try:
        joined = base64.b64decode(before) + base64.b64decode(data)
    except ValueError:  # no base64
        return before + data
    return base64.b64encode(joined).decode() if before else data


def _result(block: ir.ToolResult, parts: Sequence[Any]) -> ir.ToolResult:
    said = {"toolUseId": block.call_id, "content": parts}
    fields = Fields(Raw(msgspec.json.encode(said)), "")
    try:
        content = read_result(fields)
    except DecodeError:
        return block
    return replace(block, content=content.content, structured=content.structured)


def _kept(frame: Frame) -> Raw:
    return Raw(frame.data)
