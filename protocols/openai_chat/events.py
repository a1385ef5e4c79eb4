"""A stream of Chat chunks, written: role, deltas, finish, usage if asked for, [DONE]."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from protocols import ir, openai_errors
from protocols.codec import Loss
from protocols.errors import Problem, kind_named
from protocols.ir import NOTHING, Event, Request
from protocols.lenient import an_object
from protocols.openai_chat.response import losses_of
from protocols.openai_chat.wire import annotations, finish, tool_call, usage_object

KEYS: Final[Mapping[type, str]] = {
    ir.Text: "content",
    ir.Thinking: "reasoning_content",
    ir.Refusal: "refusal",
    ir.Opaque: "content",
}
DONE: Final = b"data: [DONE]\n\n"


class ChatEventEncoder:
    """Deltas of blocks the dialect has no words for are dropped, each block once among `losses`."""

    def __init__(self, request: Request) -> None:
        options = (request.extra or {}).get("stream_options", NOTHING)
        self._wants_usage = an_object(options).get("include_usage") is True
        self._head: dict[str, Any] = {
            "id": "",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": request.model,
        }
        self._choices: dict[int, int] = {}  # block -> choice
        self._keys: dict[int, str] = {}  # block -> where its text goes
        self._calls: dict[int, tuple[int, str]] = {}  # block -> place among the calls, form
        self._finished = False
        self.losses: list[Loss] = []

    def feed(self, event: Event) -> bytes:
        match event:
            case ir.Started():
                return self._start(event)
            case ir.BlockStarted():
                return self._begin(event)
            case ir.TextDelta() if event.index in self._keys:
                return self._text(event)
            case ir.ArgumentsDelta() if event.index in self._calls:
                return self._arguments(event)
            case ir.CitationAdded():
                cited = annotations([event.citation])
                return self._delta(event.index, {"annotations": cited}) if cited else b""
            case ir.Sealed():
                return self._seal(event)
            case ir.AlternativeEnded():
                return self._chunk(event.choice, {}, **finish(event.stop))
            case ir.Finished():
                self._finished = True
                return self._chunk(0, {}, **finish(event.stop)) + self._usage(event.usage)
            case ir.Failed():
                problem = Problem(kind=kind_named(event.kind), message=event.message)
                return b"data: " + openai_errors.error_object(problem) + b"\n\n"
            case _:
                return b""

    def close(self) -> bytes:
        return DONE if self._finished else b""

    def _start(self, event: ir.Started) -> bytes:
        self._head |= {"id": event.id, "created": event.created or 0, "model": event.model}
        return self._chunk(0, {"role": "assistant", "content": ""})

    def _begin(self, event: ir.BlockStarted) -> bytes:
        index, block = event.index, event.block
        self._choices[index] = event.choice
        self.losses.extend(losses_of(block, f"blocks[{index}]"))
        if isinstance(block, ir.ToolCall) and block.executor == "client":
            place = sum(self._choices[other] == event.choice for other in self._calls)
            self._calls[index] = place, block.form
            call = {"index": place, **tool_call(block, arguments=block.arguments)}
            return self._delta(index, {"tool_calls": [call]})
        if isinstance(block, ir.Text | ir.Thinking | ir.Refusal | ir.Opaque):
            self._keys[index] = KEYS[type(block)]
            return self._delta(index, {self._keys[index]: block.text}) if block.text else b""
        return b""

    def _text(self, event: ir.TextDelta) -> bytes:
        delta = {self._keys[event.index]: event.text}
        if event.logprobs:
            return self._delta(event.index, delta, logprobs={"content": event.logprobs})
        return self._delta(event.index, delta)

    def _arguments(self, event: ir.ArgumentsDelta) -> bytes:
        place, form = self._calls[event.index]
        inner = {"input" if form == "custom" else "arguments": event.text}
        return self._delta(event.index, {"tool_calls": [{"index": place, form: inner}]})

    def _seal(self, event: ir.Sealed) -> bytes:
        path = f"blocks[{event.index}]"
        self.losses.append(Loss(code="seal", path=path, why="Chat has no field for it"))
        return b""

    def _delta(self, index: int, delta: dict[str, Any], **beside: Any) -> bytes:
        return self._chunk(self._choices[index], delta, **beside)

    def _chunk(self, choice: int, delta: dict[str, Any], **beside: Any) -> bytes:
        said = {"index": choice, "delta": delta, "finish_reason": None, **beside}
        return self._write([said])

    def _usage(self, usage: ir.Usage) -> bytes:
        said = usage_object(usage) if self._wants_usage else None
        return b"" if said is None else self._write([], usage=said)

    def _write(self, choices: list[dict[str, Any]], **beside: Any) -> bytes:
        said = {**self._head, "choices": choices, **beside}
        return b"data: " + msgspec.json.encode(said) + b"\n\n"
