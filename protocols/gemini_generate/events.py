"""A stream of chunks, written: calls and media are whole, the last chunk has stop and usage."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.errors import Problem, kind_named
from protocols.gemini_generate.errors import error_object
from protocols.gemini_generate.logprobs import logprobs_object
from protocols.gemini_generate.parts import DIALECT
from protocols.gemini_generate.reading import noted
from protocols.gemini_generate.response import beside, note_losses
from protocols.gemini_generate.usage import usage_object
from protocols.gemini_generate.wire import finish_word, part_object, with_extra
from protocols.ir import Event, Extra
from protocols.losses import Losses


class _Block:
    """As far as it has come."""

    __slots__ = ("block", "choice", "citations", "pieces", "seal")

    def __init__(self, started: ir.BlockStarted) -> None:
        self.block = started.block
        self.choice = started.choice
        self.pieces: list[str] = []
        self.citations: list[ir.Citation] = []
        self.seal: ir.Seal | None = None


class GenerateEventEncoder:
    """Blocks the dialect has no words for are dropped, each once among `losses`."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._blocks: dict[int, _Block] = {}
        self._cited: dict[int, list[ir.Text]] = {}  # choice -> the texts that cite
        self._losses = Losses()
        self.losses = self._losses.found

    def feed(self, event: Event) -> bytes:
        match event:
            case ir.Started():
                self._head = {"modelVersion": event.model, "responseId": event.id}
                return b""
            case ir.BlockStarted():
                return self._begin(event)
            case ir.UsageUpdated():
                return b""
            case ir.AlternativeEnded():
                return self._last(event.choice, event.stop)
            case ir.Finished():
                return self._finish(event)
            case ir.Failed():
                problem = Problem(kind=kind_named(event.kind), message=event.message)
                return b"data: " + error_object(problem) + b"\n\n"
            case ir.Foreign():
                return b"data: %b\n\n" % bytes(event.raw) if event.dialect == DIALECT else b""
            case _:
                return self._take(event, self._blocks[event.index])

    def close(self) -> bytes:
        return b""

    def _begin(self, event: ir.BlockStarted) -> bytes:
        known = self._blocks[event.index] = _Block(event)
        block = event.block
        if isinstance(block, ir.ToolCall):
            return b""  # told when it is whole
        note_losses(block, f"blocks[{event.index}]", self._losses)
        if isinstance(block, ir.Media):
            return b""
        if isinstance(block, ir.Text | ir.Thinking | ir.Refusal):
            extra = None if isinstance(block, ir.Refusal) else block.extra
            known.pieces.append(block.text)
            return self._part(known, part_object(block)) if block.text or extra else b""
        return self._part(known, part_object(block))

    def _take(self, event: Event, known: _Block) -> bytes:
        match event:
            case ir.TextDelta():
                known.pieces.append(event.text)
                return self._text(event, known)
            case ir.ArgumentsDelta(text=text) | ir.MediaDelta(data=text):
                known.pieces.append(text)
            case ir.CitationAdded():
                known.citations.append(event.citation)
            case ir.Sealed():
                known.seal = event.seal
            case _:
                return self._end(known)
        return b""

    def _text(self, event: ir.TextDelta, known: _Block) -> bytes:
        part = part_object(_with_text(known.block, event.text))
        if event.logprobs:
            return self._part(known, part, logprobsResult=logprobs_object(event.logprobs))
        return self._part(known, part) if event.text else b""

    def _end(self, known: _Block) -> bytes:
        block, text = known.block, "".join(known.pieces)
        match block:
            case ir.ToolCall():
                seal = known.seal or block.seal
                whole = replace(block, arguments=block.arguments + text, seal=seal)
                note_losses(whole, "calls", self._losses)
                return self._part(known, part_object(whole))
            case ir.Media(source=ir.Inline(data=data)):
                source = ir.Inline(data=data + text)
                whole_media = replace(block, source=source, seal=known.seal or block.seal)
                return self._part(known, part_object(whole_media))
            case ir.Media():
                return self._part(known, part_object(block))
            case ir.Text() if known.citations:
                said = replace(block, text=text, citations=tuple(known.citations))
                self._cited.setdefault(known.choice, []).append(said)
        if known.seal is not None:
            return self._part(known, part_object(_with_text(block, "", known.seal)))
        return b""

    def _finish(self, event: ir.Finished) -> bytes:
        usage = usage_object(event.usage)
        said = {} if usage is None else {"usageMetadata": usage}
        if noted(event.stop.extra, "blocked") is not None:
            return self._write(said, event.extra)
        return self._last(0, event.stop, said, event.extra)

    def _last(
        self,
        choice: int,
        stop: ir.Stop,
        said: Mapping[str, Any] | None = None,
        extra: Extra | None = None,
    ) -> bytes:
        candidate: dict[str, Any] = {"content": {"role": "model"}}
        if choice:
            candidate["index"] = choice
        word = finish_word(stop)
        if word is not None:
            candidate["finishReason"] = word
        candidate |= beside(self._cited.get(choice, ()), stop, self._losses)
        candidates = [with_extra(candidate, stop.extra)]
        return self._write({"candidates": candidates, **(said or {})}, extra)

    def _part(self, known: _Block, part: dict[str, Any] | Raw | None, **said: Any) -> bytes:
        if part is None:
            return b""
        candidate = {"content": {"role": "model", "parts": [part]}, **said}
        if known.choice:
            candidate["index"] = known.choice
        return self._write({"candidates": [candidate]})

    def _write(self, said: Mapping[str, Any], extra: Extra | None = None) -> bytes:
        chunk = with_extra({**said, **self._head}, extra)
        return b"data: " + msgspec.json.encode(chunk) + b"\n\n"


def _with_text(block: ir.Content, text: str, seal: ir.Seal | None = None) -> ir.Content:
    """So much of the block and no more."""
    match block:
        case ir.Text() | ir.Thinking():
            return type(block)(text=text, seal=seal)
        case _:
            return ir.Text(text=text, seal=seal)
