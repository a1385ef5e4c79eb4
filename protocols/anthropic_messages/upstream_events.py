"""A stream of Messages events, read.

Law 1: whatever comes, what leaves keeps to the grammar of `protocols.ir`. Law 2: collected, it is
the answer that is not streamed. Law 3: an event nobody knows goes through as it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols import ir
from protocols.anthropic_messages.blocks import DIALECT
from protocols.anthropic_messages.upstream_open_block import OpenBlock
from protocols.anthropic_messages.upstream_response import read_extra, read_stop, read_text
from protocols.anthropic_messages.usage import merge_usage, read_tier, read_usage
from protocols.codec import Frame, Memo
from protocols.fields import NULL
from protocols.ir import NOTHING, Event, Extra
from protocols.lenient import UNREADABLE, an_object, read, readable, words
from protocols.stream import Sequencer
from protocols.vendor_errors import problem_of

OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])


class Said(Struct):
    """Of any event; nothing is looked into that is not asked for."""

    type: Any = None
    index: Any = None
    delta: Raw = NOTHING
    content_block: Raw = NOTHING
    message: Raw = NOTHING
    usage: Raw = NOTHING


class WholeSaid(Said, forbid_unknown_fields=True):
    """Without fields nobody has a word for, as most are; it is read once."""


SAID: Final = msgspec.json.Decoder(Said)
WHOLE_SAID: Final = msgspec.json.Decoder(WholeSaid)
MODELLED: Final = frozenset(Said.__struct_fields__)
# What goes through as it is says itself what is beside.
KINDS: Final = frozenset(
    {
        "content_block_delta", "content_block_start", "content_block_stop", "message_delta",
        "message_start", "message_stop",
    }
)  # fmt: skip


class MessagesEventDecoder:
    __slots__ = (
        "_begun_blocks",
        "_extra",
        "_has_calls",
        "_is_over",
        "_is_started",
        "_memo",
        "_open",
        "_sequencer",
        "_stop",
        "_usage",
    )

    def __init__(self, memo: Memo) -> None:
        self._memo = memo
        self._sequencer = Sequencer()
        self._open: dict[object, OpenBlock] = {}
        self._usage: dict[str, Any] = {}  # all that was said of it
        self._stop: dict[str, Raw] = {}  # and of the end
        self._extra: Extra = {}
        self._begun_blocks = 0
        self._has_calls = False
        self._is_started = False
        self._is_over = False

    def feed(self, frame: Frame) -> Sequence[Event]:
        frame = readable(frame)
        said = None if self._is_over else self._said(frame)
        kind = None if said is None else words(said.type) or frame.event
        if said is None or kind in {None, "ping"}:
            return ()
        if kind == "error":
            return self._fail(frame.data)
        if not isinstance(said, WholeSaid) and kind in KINDS:
            beside = read(OBJECTS, frame.data)
            self._keep(beside or {}, but=MODELLED)
        begun = () if self._is_started else self._start(said.message)
        if kind == "message_start":
            return begun
        return [*begun, *self._continue(kind or "", said, frame)]

    def _continue(self, kind: str, said: Said, frame: Frame) -> Sequence[Event]:
        match kind:
            case "content_block_delta":
                return self._delta(said, frame)
            case "content_block_start":
                return self._begin(_key(said), said.content_block or OpenBlock.raw_of(NOTHING))
            case "content_block_stop":
                return self._end(_key(said))
            case "message_delta":
                return self._update(said)
            case "message_stop":
                return self._finish()
            case _:
                return [_foreign(kind, frame)]

    def close(self) -> Sequence[Event]:
        """Of streams that end without their last event: an answer, if its end had been told."""
        if self._is_over:
            return ()
        if "stop_reason" in self._stop:
            return self._finish()
        self._is_over = True
        usage = read_usage(self._usage)
        return [ir.Failed(kind="upstream_error", message="the stream broke off", usage=usage)]

    def _start(self, raw: Raw) -> Sequence[Event]:
        self._is_started = True
        message = read(OBJECTS, raw) or {}
        self._usage = an_object(message.get("usage", NULL))
        return [
            ir.Started(
                id=read_text(message, "id"),
                model=read_text(message, "model"),
                usage=read_usage(self._usage),
                extra=read_extra(message),
            )
        ]

    def _begin(self, key: object, raw: Raw) -> Sequence[Event]:
        ended = self._end(key)
        block = OpenBlock(raw, self._memo, self._begun_blocks)
        self._begun_blocks += 1
        self._has_calls = self._has_calls or block.is_call
        begun = self._sequencer.begin(key, block.head)
        self._open[key] = block
        return [*ended, begun, *block.begun(begun.index)]

    def _delta(self, said: Said, frame: Frame) -> Sequence[Event]:
        key = _key(said)
        block = self._open.get(key)
        begun: Sequence[Event] = ()
        if block is None:
            begun = self._begin(key, OpenBlock.raw_of(said.delta))
            block = self._open[key]
        index = self._sequencer.index(key) or 0
        told = block.delta(said.delta, index)
        self._keep(block.beside)
        return [*begun, *([_foreign("content_block_delta", frame)] if told is None else told)]

    def _end(self, key: object) -> Sequence[Event]:
        block = self._open.pop(key, None)
        if block is None:
            return ()
        index = self._sequencer.index(key) or 0
        (ended,) = self._sequencer.end(key)
        return [*block.rest(index), ir.BlockEnded(index=ended.index, block=block.final())]

    def _said(self, frame: Frame) -> Said | None:
        try:
            return WHOLE_SAID.decode(frame.data)
        except UNREADABLE:
            return read(SAID, frame.data)

    def _keep(self, beside: Mapping[str, Raw], *, but: frozenset[str] = frozenset()) -> None:
        """What stands beside what we model: it is told as the answer ends."""
        self._extra.update(
            (key, raw.copy()) for key, raw in beside.items() if key not in but and raw != NULL
        )

    def _update(self, said: Said) -> Sequence[Event]:
        delta = read(OBJECTS, said.delta) if said.delta else None
        self._stop.update((key, raw.copy()) for key, raw in (delta or {}).items() if raw != NULL)
        counted = an_object(said.usage)
        if not counted:
            return ()
        self._usage = merge_usage(self._usage, counted)
        usage = read_usage(self._usage)
        return () if usage is None else [ir.UsageUpdated(usage=usage)]

    def _finish(self) -> Sequence[Event]:
        self._is_over = True
        ended = [event for key in [*self._open] for event in self._end(key)]
        said = self._stop
        stop = read_stop(said, self._memo, has_calls=self._has_calls, beside=said)
        return [
            *ended,
            ir.Finished(
                stop=stop,
                usage=read_usage(self._usage) or ir.Usage(),
                service_tier=read_tier(self._usage),
                extra=self._extra or None,
            ),
        ]

    def _fail(self, data: bytes) -> Sequence[Event]:
        self._is_over = True
        problem = problem_of(0, data, None)
        return [
            ir.Failed(
                kind=problem.kind,
                message=problem.message,
                raw=Raw(data),
                usage=read_usage(self._usage),
            )
        ]


def _key(said: Said) -> object:
    """Of an event that does not say of which block it speaks: of the first."""
    return said.index if isinstance(said.index, int) else 0


def _foreign(kind: str, frame: Frame) -> ir.Foreign:
    return ir.Foreign(dialect=DIALECT, event=kind, raw=Raw(frame.data))
