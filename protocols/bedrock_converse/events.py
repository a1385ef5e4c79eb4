"""A stream of Converse messages, written.

Law: blocks may interleave, each message says of which it is; what a block is told to be is not
repeated in its parts. The seal is the last a block says.
"""

from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.bedrock_converse.blocks import DIALECT, write_redacted
from protocols.bedrock_converse.citations import citation_object
from protocols.bedrock_converse.errors import error_message
from protocols.bedrock_converse.media import media_object
from protocols.bedrock_converse.rests import with_rest
from protocols.bedrock_converse.wire import (
    METRICS,
    NO_METRICS,
    block_object,
    call_head,
    is_broken,
    loss_of_arguments,
    loss_of_seal,
    losses_of,
    result_head,
    stop_word,
    usage_object,
)
from protocols.codec import Loss
from protocols.errors import Problem, kind_named
from protocols.framing.aws import write_event
from protocols.ir import Event
from protocols.lenient import an_object, as_object

SEAL: Final = "seal"
OF_THE_STOP: Final = "additionalModelResponseFields"


TOLD_IN_PARTS: Final = (ir.Text, ir.Refusal, ir.Thinking)


class Open:
    """A block the client has been told of, or will be."""

    __slots__ = ("block", "complete", "data", "index", "place", "seal", "silent")

    def __init__(self, block: ir.Content, place: int, *, index: int) -> None:
        self.block = block
        self.index = index
        self.place = place  # as the client counts
        self.seal = ""
        self.data: list[str] = []  # of an image, or what a tool is called with
        self.silent = True
        self.complete = True  # nothing of it was lost


class ConverseEventEncoder:
    """Blocks the dialect has no words for are dropped, each once among `losses`."""

    def __init__(self) -> None:
        self._open: dict[int, Open] = {}
        self._places = 0
        self.losses: list[Loss] = []

    def feed(self, event: Event) -> bytes:
        match event:
            case ir.Started():
                return _write("messageStart", role="assistant")
            case ir.BlockStarted():
                return self._begin(event)
            case ir.Finished():
                return self._finish(event)
            case ir.Failed():
                problem = Problem(kind=kind_named(event.kind), message=event.message)
                return error_message(problem)
            case ir.Foreign(dialect=dialect) if dialect == DIALECT:
                return write_event(event.event, bytes(event.raw))
            case ir.UsageUpdated() | ir.AlternativeEnded() | ir.Foreign():
                return b""
            case _:
                opened = self._open.get(event.index)
                return b"" if opened is None else self._feed(opened, event)

    def close(self) -> bytes:
        return b""

    def _begin(self, event: ir.BlockStarted) -> bytes:
        if event.choice:
            why = "Converse answers once"
            self.losses.append(Loss(code="n", path="alternatives", why=why, content=True))
            return b""
        losses = losses_of(event.block, f"blocks[{event.index}]")
        if block_object(event.block) is None:
            self.losses.extend(losses)
            return b""
        self.losses.extend(loss for loss in losses if loss.code == SEAL)
        opened = self._open[event.index] = Open(event.block, self._places, index=event.index)
        self._places += 1
        self._without_logprobs(opened, getattr(event.block, "logprobs", ir.NOTHING))
        return self._begun(opened)

    def _begun(self, opened: Open) -> bytes:
        """What a block says already as it begins."""
        block = opened.block
        match block:
            case ir.ToolCall():
                start = with_rest(call_head(block), block.extra)
                begun = _write_at("contentBlockStart", opened, start={"toolUse": start})
                return begun + self._arguments(opened, block.arguments)
            case ir.Text(text=text) | ir.Refusal(text=text) | ir.Thinking(text=text) if text:
                return self._text(opened, text)
            case _:
                return b""

    def _feed(self, opened: Open, event: Event) -> bytes:
        match event:
            case ir.TextDelta(text=text):
                self._without_logprobs(opened, event.logprobs)
                return self._text(opened, text)
            case ir.ArgumentsDelta(text=text):
                return self._arguments(opened, text)
            case ir.MediaDelta(data=data):
                opened.data.append(data)
            case ir.CitationAdded(citation=citation):
                return self._delta(opened, {"citation": citation_object(citation)})
            case ir.Sealed(seal=seal) if isinstance(opened.block, ir.Thinking):
                opened.seal = seal.signature or ""
            case ir.Sealed(seal=seal) if seal.signature is not None:
                self.losses.append(loss_of_seal(f"blocks[{event.index}]"))
            case ir.BlockEnded(index=index, block=block):
                del self._open[index]
                opened.block = block or opened.block
                return self._end(opened)
            case _:
                pass
        return b""

    def _without_logprobs(self, opened: Open, logprobs: Raw) -> None:
        if logprobs and opened.complete:
            opened.complete = False
            path = f"blocks[{opened.place}].logprobs"
            self.losses.append(Loss(code="logprobs", path=path, why="Converse has none"))

    def _text(self, opened: Open, text: str) -> bytes:
        if isinstance(opened.block, ir.Thinking):
            return self._delta(opened, {"reasoningContent": {"text": text}})
        return self._delta(opened, {"text": text})

    def _arguments(self, opened: Open, text: str) -> bytes:
        opened.data.append(text)
        return self._delta(opened, {"toolUse": {"input": text}}) if text else b""

    def _delta(self, opened: Open, delta: Any) -> bytes:
        opened.silent = False
        return _write_at("contentBlockDelta", opened, delta=delta)

    def _end(self, opened: Open) -> bytes:
        said = self._last_words(opened)
        if opened.silent and isinstance(opened.block, TOLD_IN_PARTS):
            said += self._text(opened, "")  # by its parts a client knows what it is
        return said + _write_at("contentBlockStop", opened)

    def _last_words(self, opened: Open) -> bytes:
        """A seal, and what is told only when it is whole."""
        block = opened.block
        match block:
            case ir.ToolCall() if is_broken("".join(opened.data)):
                self.losses.append(loss_of_arguments(f"blocks[{opened.index}]"))
                return b""
            case ir.Thinking():
                seal = opened.seal or (block.seal.signature if block.seal else "") or ""
                if not seal:
                    return b""
                if block.redacted:
                    said = {"redactedContent": write_redacted(seal)}
                else:
                    said = {"signature": seal}
                return self._delta(opened, {"reasoningContent": said})
            case ir.Text(citations=citations):
                cited = ({"citation": citation_object(each)} for each in citations)
                return b"".join(self._delta(opened, each) for each in cited)
            case ir.ToolResult():
                return self._result(opened, block)
            case ir.Media():
                return self._image(opened, block)
            case ir.Opaque():
                return self._opaque(opened, block)
            case _:
                return b""

    def _result(self, opened: Open, block: ir.ToolResult) -> bytes:
        said = as_object(as_object(an_object(_encoded(block))).get("toolResult"))
        start = with_rest(result_head(block), block.extra)
        parts = [part for part in said["content"] if {"text", "json"} & part.keys()]
        begun = _write_at("contentBlockStart", opened, start={"toolResult": start})
        return begun + self._delta(opened, {"toolResult": parts})

    def _image(self, opened: Open, block: ir.Media) -> bytes:
        if isinstance(block.source, ir.Inline):
            source = ir.Inline(data=block.source.data + "".join(opened.data))
            block = msgspec.structs.replace(block, source=source)
        said = (media_object(block) or {}).get("image")
        if said is None:
            why = "a stream of Converse shows images only"
            path = f"blocks[{opened.place}]"
            self.losses.append(Loss(code=block.kind, path=path, why=why, content=True))
            return b""
        start = {"image": {"format": said["format"]}}
        begun = _write_at("contentBlockStart", opened, start=start)
        return begun + self._delta(opened, {"image": {"source": said["source"]}})

    def _opaque(self, opened: Open, block: ir.Opaque) -> bytes:
        if block.text is not None:
            return self._text(opened, block.text)
        return self._delta(opened, block.raw) if block.dialect == DIALECT else b""

    def _finish(self, event: ir.Finished) -> bytes:
        ended = b"".join(map(self._end, self._open.values()))
        self._open.clear()
        extra = dict(event.extra or {})
        stop: dict[str, Any] = {"stopReason": stop_word(event.stop)}
        if OF_THE_STOP in extra:
            stop[OF_THE_STOP] = extra.pop(OF_THE_STOP)
        told: dict[str, Any] = {"usage": usage_object(event.usage)}
        if event.service_tier is not None:
            told["serviceTier"] = {"type": event.service_tier}
        with_rest(told, extra).setdefault(METRICS, NO_METRICS)
        return ended + _write("messageStop", **stop) + _write("metadata", **told)


def _encoded(block: ir.Content) -> Raw:
    return Raw(msgspec.json.encode(block_object(block)))


def _write_at(event: str, opened: Open, **said: Any) -> bytes:
    return _write(event, contentBlockIndex=opened.place, **said)


def _write(event: str, **said: Any) -> bytes:
    return write_event(event, msgspec.json.encode(said))
