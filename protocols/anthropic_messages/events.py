"""A stream of Messages events, written.

Law: one block is open at a time; what comes for another waits until it may open. The seal is the
last a block says. Usage is cumulative.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.anthropic_messages.citations import citation_object
from protocols.anthropic_messages.errors import error_object
from protocols.anthropic_messages.wire import (
    block_object,
    call_head,
    is_broken,
    is_of_others,
    loss_of_arguments,
    loss_of_citation,
    loss_of_logprobs,
    loss_of_seal,
    losses_of,
    stop_object,
    usage_object,
    with_rest,
)
from protocols.codec import Loss
from protocols.errors import Problem, kind_named
from protocols.ir import Event

BlockEvent: TypeAlias = (
    ir.BlockStarted
    | ir.TextDelta
    | ir.ArgumentsDelta
    | ir.MediaDelta
    | ir.CitationAdded
    | ir.Sealed
    | ir.BlockEnded
)


class MessagesEventEncoder:
    """Blocks the dialect has no words for are dropped, each once among `losses`."""

    def __init__(self) -> None:
        self._open: ir.BlockStarted | None = None
        self._place = -1  # of the open block, as the client counts
        self._signature = ""  # of the open block, told when it ends
        self._arguments: list[str] = []  # of the open block
        self._unsaid = b""  # the beginning of a thought that has said nothing yet
        self._redacted: ir.Thinking | None = None  # nothing but its seal, told when it is known
        self._waiting: dict[int, list[BlockEvent]] = {}
        self.losses: list[Loss] = []

    def feed(self, event: Event) -> bytes:
        match event:
            case ir.Started():
                return self._start(event)
            case ir.UsageUpdated() | ir.AlternativeEnded():
                return b""
            case ir.Finished():
                return self._finish(event)
            case ir.Failed():
                problem = Problem(kind=kind_named(event.kind), message=event.message)
                return b"event: error\ndata: " + error_object(problem) + b"\n\n"
            case ir.Foreign():
                return _foreign(event)
            case _:
                return self._take(event) + self._let_in()

    def close(self) -> bytes:
        return b""

    def _start(self, event: ir.Started) -> bytes:
        message: dict[str, Any] = {
            "id": event.id,
            "type": "message",
            "role": "assistant",
            "model": event.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": usage_object(event.usage or ir.Usage()),
        }
        with_rest(message, event.extra)
        return _write("message_start", message=message)

    def _take(self, event: BlockEvent) -> bytes:
        if self._open is not None and event.index == self._open.index:
            if isinstance(event, ir.BlockEnded):
                return self._end()
            return self._delta(event, self._open.block)
        if isinstance(event, ir.BlockStarted):
            if self._open is None:
                return self._begin(event)
            self._waiting[event.index] = [event]
        elif event.index in self._waiting:
            self._waiting[event.index].append(event)
        return b""

    def _begin(self, event: ir.BlockStarted) -> bytes:
        if event.choice:
            losses = [
                Loss(code="n", path="alternatives", why="Messages answers once", content=True)
            ]
        else:
            losses = losses_of(_uncalled(event.block), f"blocks[{event.index}]")
        self.losses.extend(losses)
        head = None if event.choice else _head(event.block)
        if head is None:
            return b""
        self._open = event
        self._place += 1
        if isinstance(event.block, ir.Thinking) and event.block.redacted:
            self._redacted = event.block
            return b""
        written = self._write("content_block_start", content_block=head)
        if isinstance(event.block, ir.Thinking):
            # Some vendors think and tell nothing of it: no thought is better than an empty one.
            self._unsaid = written
            return self._begun(event)
        return written if isinstance(head, Raw) else written + self._begun(event)

    def _begun(self, event: ir.BlockStarted) -> bytes:
        """What a block says already as it begins."""
        match event.block:
            case ir.ToolCall(arguments=text) if text:
                return self._delta(ir.ArgumentsDelta(index=event.index, text=text), event.block)
            case (
                ir.Text(text=text)
                | ir.Thinking(text=text)
                | ir.Refusal(text=text)
                | ir.Opaque(text=str() as text)
            ) if text:
                return self._delta(ir.TextDelta(index=event.index, text=text), event.block)
            case _:
                return b""

    def _delta(self, event: BlockEvent, block: ir.Content) -> bytes:
        match event:
            case ir.TextDelta(text=text):
                if event.logprobs and not any(loss.code == "logprobs" for loss in self.losses):
                    self.losses.append(loss_of_logprobs(f"blocks[{event.index}]"))
                key = "thinking" if isinstance(block, ir.Thinking) else "text"
                delta = with_rest({"type": f"{key}_delta", key: text}, event.extra)
                return self._tell(delta)
            case ir.ArgumentsDelta(text=text):
                self._arguments.append(text)
                delta = {"type": "input_json_delta", "partial_json": text}
                return self._tell(delta)
            case ir.CitationAdded(citation=citation):
                cited = citation_object(citation)
                if cited is not None:
                    return self._tell({"type": "citations_delta", "citation": cited})
                self.losses.append(loss_of_citation(f"blocks[{event.index}]"))
            case ir.Sealed(seal=seal) if self._redacted is not None:
                self._redacted = replace(self._redacted, seal=seal)
            case ir.Sealed(seal=seal) if isinstance(block, ir.Thinking):
                self._signature = seal.signature or ""
            case ir.Sealed(seal=seal) if seal.signature is not None:
                self.losses.append(loss_of_seal(f"blocks[{event.index}]"))
            case _:
                pass
        return b""

    def _end(self) -> bytes:
        said = self._last_words()
        if self._open is not None and is_broken("".join(self._arguments)):
            self.losses.append(loss_of_arguments(f"blocks[{self._open.index}]"))
        self._arguments.clear()
        is_empty = not said and (bool(self._unsaid) or self._redacted is not None)
        self._open, self._signature, self._unsaid, self._redacted = None, "", b"", None
        if is_empty:
            self._place -= 1
            return b""
        return said + self._write("content_block_stop")

    def _last_words(self) -> bytes:
        redacted = self._redacted
        if redacted is None:
            sealed = {"type": "signature_delta", "signature": self._signature}
            return self._tell(sealed) if self._signature else b""
        if redacted.seal is None or not redacted.seal.signature:
            return b""
        return self._write("content_block_start", content_block=block_object(redacted))

    def _tell(self, delta: Mapping[str, Any]) -> bytes:
        unsaid, self._unsaid = self._unsaid, b""
        return unsaid + self._write("content_block_delta", delta=delta)

    def _let_in(self) -> bytes:
        """The blocks that waited, until one of them stays open."""
        written = b""
        while self._open is None and self._waiting:
            index = next(iter(self._waiting))
            written += b"".join(map(self._take, self._waiting.pop(index)))
        return written

    def _finish(self, event: ir.Finished) -> bytes:
        written = self._let_in()
        while self._open is not None:
            written += self._end() + self._let_in()
        counted = with_rest({"usage": usage_object(event.usage)}, event.extra)
        delta = _write("message_delta", delta=stop_object(event.stop), **counted)
        return written + delta + _write("message_stop")

    def _write(self, kind: str, **said: Any) -> bytes:
        return _write(kind, index=self._place, **said)


def _uncalled(block: ir.Content) -> ir.Content:
    """What a tool is called with is judged when all of it is there."""
    return replace(block, arguments="") if isinstance(block, ir.ToolCall) else block


def _head(block: ir.Content) -> dict[str, Any] | Raw | None:
    """The block as it begins, empty."""
    match block:
        case ir.Thinking(redacted=False):
            return with_rest({"type": "thinking", "thinking": "", "signature": ""}, block.extra)
        case ir.ToolCall():
            return None if is_of_others(block) else call_head(block)
        case _:
            said = block_object(block)
            return {**said, "text": ""} if isinstance(said, dict) and "text" in said else said


def _foreign(event: ir.Foreign) -> bytes:
    if event.dialect != "anthropic.messages":
        return b""
    return b"event: %b\ndata: %b\n\n" % (event.event.encode(), bytes(event.raw))


def _write(kind: str, **said: Any) -> bytes:
    body = msgspec.json.encode({"type": kind, **said})
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), body)
