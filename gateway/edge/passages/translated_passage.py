"""A vendor's stream on its way to a client who speaks another dialect. Holds no socket.

Laws: what is billed, when it begins and when it ends are read from the vendor's frames as in the
native lane; what the client sees is made of the events; nothing of the last event goes out before
the stream is over.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from gateway.edge.egress.upstream import TooLarge
from gateway.edge.exchange import Exchange
from gateway.edge.passages.naming import Naming
from gateway.edge.passages.passage import Passage, failed_stop, is_whole_event
from protocols import ir
from protocols.codec import Encoded, EventDecoder, EventEncoder, Loss
from protocols.continuing import Continuation, Part
from protocols.errors import DecodeError, Problem, ProtocolError, kind_named
from protocols.ir import Dialect
from protocols.native import FAILED_STOPS, NativeDialect
from protocols.stream import Grammar

if TYPE_CHECKING:
    from gateway.edge.memory.steps import Step
    from gateway.edge.passages.keeping import Keeping

# Whose events are numbered: only the stream itself knows what comes next.
NUMBERED: Final[frozenset[Dialect]] = frozenset({"openai.responses"})


# Eight times what the longest answers hold. Some dialects say all of it once more at the end.
TOLD_CAP_CHARS: Final = 4_194_304


class ModelFailed(ProtocolError):
    """A whole answer of which nothing can be used."""

    def __init__(self, word: str) -> None:
        self.problem = failed_stop(word)
        super().__init__(self.problem.message)


class TranslatedPassage(Passage):
    __slots__ = (
        "_client",
        "_decoder",
        "_encoder",
        "_ended",
        "_events",
        "_foreign",
        "_grammar",
        "_naming",
        "_on_pause",
        "_part",
        "_step",
        "_text_bytes",
        "_told_chars",
        "_waiting",
        "_whole",
        "pauses",
    )

    def __init__(
        self,
        native: NativeDialect,
        *,
        client: NativeDialect,
        decoder: EventDecoder,
        encoder: EventEncoder,
        naming: Naming,
        cap: int,
    ) -> None:
        super().__init__(native, hide_usage=False, cap=cap)
        self._step: Step | None = None
        self._whole: Continuation | None = None
        self._part: Part | None = None
        self._on_pause: Callable[[ir.Finished], Encoded] | None = None
        self.pauses = False
        self._client = client
        self._decoder = decoder
        self._encoder = encoder
        self._naming = naming
        self._grammar = Grammar()
        self._foreign = 0  # events that nobody here knows, and that the client is not told
        self._ended: bytes | None = None  # what the client will see of the last event
        self._events = 0  # that said something, and were not counted yet
        self._text_bytes = 0
        self._told_chars = 0
        # What is not written yet: who goes on with a stream writes nothing that may not be sent.
        self._waiting: list[ir.Event] | None = None

    def keep_in(self, keeping: "Keeping") -> None:
        """What is said from now on, as far as the next turn needs it."""
        self.keeping, self._step = keeping, keeping.step

    def may_pause(self, whole: Continuation, end: Callable[[ir.Finished], Encoded]) -> None:
        """`end` tells the client that this was all, where the vendor does not go on."""
        self._whole, self._part, self._on_pause = whole, whole.part(), end
        self._waiting = None if whole.encoder is None else []

    @property
    def losses(self) -> list[Loss]:
        return [*self._encoder.losses, *self._naming.losses]

    @property
    def faults(self) -> int:
        return len(self._grammar.faults) + self._foreign

    def note(self, exchange: Exchange, data: bytes) -> None:
        exchange.events += self._events
        exchange.text_bytes += self._text_bytes
        self._events = self._text_bytes = 0

    def error_event(self, problem: Problem, request_id: str) -> bytes:
        if self._client.dialect not in NUMBERED:
            return self._client.error_event(problem, request_id)
        failed = ir.Failed(kind=problem.kind, message=problem.message)
        return self._encoder.feed(failed) + self._encoder.close()

    def _kept(self, frames: list[bytes]) -> list[bytes]:
        kept: list[bytes] = []
        observer, native = self.observer, self._native
        for raw in frames:
            self._observe(raw)
            if not self.meaningful:
                self.meaningful = native.is_meaningful(raw)
            if self.failure is None:
                self._tell(self._decoded(raw), kept)
            if self._told_chars > TOLD_CAP_CHARS:
                raise TooLarge("what the answer says", limit_bytes=TOLD_CAP_CHARS)
            if self.failure is not None:
                self.over = True
                return kept
            if observer.terminal:
                self.over = True
                self._end(kept)
                return kept
        return kept

    def close(self, *, broke_off: bool = False) -> bytes | None:
        observer, kept = self.observer, self._held
        is_whole = observer.stopped or self._ended is not None
        rest = self._splitter.close()
        frame = self._native.completed(rest) if is_whole_event(rest) else b""
        if frame and (self.open or is_whole):
            self._observe(frame)
            if self.failure is None and not broke_off:
                self._tell(self._decoded(frame), kept)
        if self.failure is not None or not (is_whole or (self.open and observer.terminal)):
            return None
        if not self._end(kept):
            return None
        self.open = True
        return b"".join(kept)

    def _observe(self, raw: bytes) -> None:
        self.observer.feed(raw)
        self.failure = self.observer.failure

    def _decoded(self, raw: bytes) -> Iterable[ir.Event]:
        try:
            return self._decoder.feed(self._native.frame(raw))
        except DecodeError as error:
            return (
                ir.Failed(kind="upstream_error", message=f"The stream cannot be read: {error}"),
            )

    def _tell(self, events: Iterable[ir.Event], kept: list[bytes]) -> None:
        step = self._step
        for event in events:
            self._grammar.feed(event)
            self._foreign += isinstance(event, ir.Foreign) and event.dialect != self._client.dialect
            if self._ended is not None:
                continue
            if self._part is not None:
                heard = self._heard(event, self._part)
                if heard is None:
                    continue
                event = heard  # noqa: PLW2901 - under the number it has in the whole
            match event:
                case ir.Failed():
                    self.failure = Problem(kind=kind_named(event.kind), message=event.message)
                    return
                case ir.Finished() if event.stop.reason in FAILED_STOPS:
                    word = event.stop.raw or event.stop.reason
                    self.failure, self.counts = failed_stop(word), False
                    return
                case ir.Finished():
                    self._ended = self._flushed() + self._encoder.feed(self._naming.event(event))
                    continue
                case ir.TextDelta() | ir.ArgumentsDelta():
                    self._events += 1
                    self._text_bytes += len(event.text)
                    self._told_chars += len(event.text)
                    if step is not None and event.index in step.thoughts:
                        step.think(event.index, event.text)
                case ir.BlockStarted() | ir.Sealed() if step is not None:
                    step.feed(event)
                case _:
                    pass
            waits = self._waiting is not None
            told = self._put_off(event) if waits else self._encoder.feed(self._naming.event(event))
            if told:
                kept.append(told)

    def _put_off(self, event: ir.Event) -> bytes:
        assert self._waiting is not None  # noqa: S101 - that is why
        self._waiting.append(self._naming.event(event))
        return self._flushed() if self.observer.content else b""

    def _flushed(self) -> bytes:
        waiting, self._waiting = self._waiting, None
        return b"".join(map(self._encoder.feed, waiting or ()))

    def _heard(self, event: ir.Event, part: Part) -> ir.Event | None:
        heard, whole, end = part.heard(event), self._whole, self._on_pause
        assert whole is not None and end is not None  # noqa: S101, PT018 - they come together
        if not isinstance(event, ir.Finished) or not whole.may_pause(event.stop, event.usage):
            return heard
        self.pauses, self._ended = True, self._flushed()
        said = part.pause()
        whole.encoder = self._encoder
        whole.end = partial(end, replace(event, usage=whole.paused(said).usage))
        return None

    def _end(self, kept: list[bytes]) -> bool:
        """The vendor has said its last: so have we. Whether it ended well."""
        if self._ended is None:
            self._tell(self._decoder.close(), kept)
        self._grammar.close()
        if self.pauses:
            kept.append(self._ended or b"")
            return True
        if self._ended is not None:
            kept += (self._ended, self._encoder.close())
        elif self.failure is None:
            message = "The stream ended without its last event."
            self.failure = Problem(kind="upstream_error", message=message)
        return self._ended is not None
