"""A stream of Chat chunks, written: role, deltas, finish, usage if asked for, [DONE]."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from protocols import ir, openai_errors
from protocols.codec import Loss
from protocols.errors import Problem, kind_named
from protocols.ir import NOTHING, Event, Extra, Request
from protocols.lenient import an_object, read
from protocols.openai_chat.response import is_sayable, losses_of
from protocols.openai_chat.wire import (
    GOOGLE,
    OBJECTS,
    add_rest,
    annotations,
    finish,
    image_part,
    is_legacy,
    is_old_call,
    is_thinking_part,
    signature_object,
    thinking_part,
    thought_key,
    tool_call,
    usage_object,
)

KEYS: Final[Mapping[type, str]] = {
    ir.Text: "content",
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
        self._places: dict[int, int] = {}  # choice -> how many calls it has
        self._parts: dict[int, ir.Thinking] = {}
        self._spoken: set[int] = set()  # blocks of audio
        self._is_legacy = is_legacy(request)
        self._legacy: set[int] = set()  # blocks of calls told as in the time before tools
        self._finished = False
        self._uncited: set[int] = set()  # blocks that cite what Chat cannot
        self.losses: list[Loss] = []

    def feed(self, event: Event) -> bytes:
        match event:
            case ir.TextDelta():
                return self._text(event)
            case ir.ArgumentsDelta() if event.index in self._calls:
                return self._arguments(event)
            case ir.Started():
                return self._start(event)
            case ir.BlockStarted():
                return self._begin(event)
            case ir.MediaDelta() if event.index in self._spoken:
                return self._speak(event)
            case ir.CitationAdded():
                return self._cite(event)
            case ir.Sealed():
                return self._seal(event)
            case ir.AlternativeEnded():
                return self._finish(event.choice, event.stop)
            case ir.Finished():
                return self._end(event)
            case ir.Failed():
                problem = Problem(kind=kind_named(event.kind), message=event.message)
                return b"data: " + openai_errors.error_object(problem) + b"\n\n"
            case ir.Foreign(dialect="openai.chat"):
                said = {**self._head, "choices": []}
                return _event(said | (read(OBJECTS, event.raw) or {}))
            case _:
                return b""

    def close(self) -> bytes:
        return DONE if self._finished else b""

    def _start(self, event: ir.Started) -> bytes:
        self._head |= {"id": event.id, "created": event.created or 0, "model": event.model}
        return self._chunk(0, {"role": "assistant", "content": ""}, extra=event.extra)

    def _begin(self, event: ir.BlockStarted) -> bytes:
        index, block = event.index, event.block
        self._choices[index] = event.choice
        self.losses.extend(losses_of(block, f"blocks[{index}]"))
        match block:
            case ir.ToolCall(executor="client"):
                place = self._places.get(event.choice, 0)
                self._places[event.choice] = place + 1
                self._calls[index] = place, block.form
                call = {**tool_call(block, arguments=block.arguments), "index": place}
                # Whoever looks for it there knows one call only.
                if place == 0 and is_old_call(block, legacy=self._is_legacy):
                    self._legacy.add(index)
                    return self._delta(index, {"function_call": call["function"]})
                return self._delta(index, {"tool_calls": [call]})
            case ir.Media() if is_sayable(block):
                return self._show(index, block)
            case ir.Opaque(dialect="openai.chat", text=None):
                return self._delta(index, {"content": [block.raw]})
            case ir.Thinking() if is_thinking_part(block):
                self._parts[index] = block
                return b""
            case ir.Text() | ir.Thinking() | ir.Refusal() | ir.Opaque(text=str()):
                self._keys[index] = key = _key(block)
                return self._delta(index, {key: block.text}) if block.text else b""
            case _:
                return b""

    def _text(self, event: ir.TextDelta) -> bytes:
        index = event.index
        if index in self._parts:
            part = thinking_part(self._parts[index], event.text)
            return self._delta(index, {"content": [part]})
        if index not in self._keys:
            return b""
        delta = {self._keys[index]: event.text}
        if event.logprobs:
            return self._delta(index, delta, logprobs={"content": event.logprobs})
        return self._delta(index, delta)

    def _arguments(self, event: ir.ArgumentsDelta) -> bytes:
        if event.index in self._legacy:
            return self._delta(event.index, {"function_call": {"arguments": event.text}})
        place, form = self._calls[event.index]
        inner = {"input" if form == "custom" else "arguments": event.text}
        return self._delta(event.index, {"tool_calls": [{"index": place, form: inner}]})

    def _show(self, index: int, media: ir.Media) -> bytes:
        if media.kind == "image":
            return self._delta(index, {"images": [image_part(media)]})
        self._spoken.add(index)
        said: dict[str, Any] = {}
        if isinstance(media.source, ir.Inline) and media.source.data:
            said["data"] = media.source.data
        if media.context is not None:
            said["transcript"] = media.context
        add_rest(said, media.extra)
        return self._delta(index, {"audio": said}) if said else b""

    def _speak(self, event: ir.MediaDelta) -> bytes:
        said = {"data": event.data} if event.data else {}
        if event.transcript is not None:
            said["transcript"] = event.transcript
        return self._delta(event.index, {"audio": said})

    def _cite(self, event: ir.CitationAdded) -> bytes:
        cited = annotations([event.citation])
        if cited:
            return self._delta(event.index, {"annotations": cited})
        if event.index not in self._uncited:
            self._uncited.add(event.index)
            path = f"blocks[{event.index}]"
            self.losses.append(Loss(code="citations", path=path, why="Chat cites the web only"))
        return b""

    def _seal(self, event: ir.Sealed) -> bytes:
        call = self._calls.get(event.index)
        if call is not None and event.seal.origin in GOOGLE:
            sealed = {"index": call[0], "extra_content": signature_object(event.seal)}
            return self._delta(event.index, {"tool_calls": [sealed]})
        if event.seal.signature is not None:
            path = f"blocks[{event.index}]"
            self.losses.append(Loss(code="seal", path=path, why="Chat has no field for it"))
        return b""

    def _end(self, event: ir.Finished) -> bytes:
        self._finished = True
        tier = {} if event.service_tier is None else {"service_tier": event.service_tier}
        usage = usage_object(event.usage) if self._wants_usage else None
        told = self._finish(0, event.stop, extra=event.extra, **tier)
        if usage is None:
            return told
        return told + _event({**self._head, "choices": [], "usage": usage})

    def _finish(
        self, choice: int, stop: ir.Stop, *, extra: Extra | None = None, **beside: Any
    ) -> bytes:
        said = {"index": choice, "delta": {}, **finish(stop, legacy=self._is_legacy)}
        rest = dict(stop.extra or {})
        message = rest.pop("message", None)
        if message is not None:  # a whole answer that is told as a stream
            rest["delta"] = message
        add_rest(said, rest)
        chunk = {**self._head, "choices": [said], **beside}
        add_rest(chunk, extra)
        return _event(chunk)

    def _delta(self, index: int, delta: dict[str, Any], **beside: Any) -> bytes:
        return self._chunk(self._choices[index], delta, **beside)

    def _chunk(
        self, choice: int, delta: dict[str, Any], *, extra: Extra | None = None, **beside: Any
    ) -> bytes:
        said = {"index": choice, "delta": delta, "finish_reason": None, **beside}
        chunk = {**self._head, "choices": [said]}
        add_rest(chunk, extra)
        return _event(chunk)


def _key(block: ir.Text | ir.Thinking | ir.Refusal | ir.Opaque) -> str:
    return thought_key(block) if isinstance(block, ir.Thinking) else KEYS[type(block)]


def _event(said: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(said) + b"\n\n"
