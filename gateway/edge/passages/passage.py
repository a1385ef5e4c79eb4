"""A vendor's stream on its way to a client who speaks its dialect. Holds no socket.

Laws: whole frames only, byte for byte; nothing goes on before the first content; after the last
frame, or one in which the vendor says that it failed, nothing goes on at all.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from gateway.edge.accounting.counting import note_event
from gateway.edge.egress.upstream import TooLarge
from gateway.edge.exchange import Exchange
from protocols.codec import Loss
from protocols.errors import Problem
from protocols.ir import Dialect
from protocols.native import NativeDialect

if TYPE_CHECKING:
    from gateway.edge.passages.keeping import Keeping

EVENT_CAP_BYTES: Final = 1_048_576
MEDIA_EVENT_CAP_BYTES: Final = 16_777_216  # a whole picture may be one event
STREAM_CAP_BYTES: Final = 67_108_864
DONE: Final = b"[DONE]"
# Whose clients do not hear an error where no failed answer follows it.
HARD_OF_HEARING: Final[frozenset[Dialect]] = frozenset({"openai.responses"})
JSON: Final = msgspec.json.Decoder()


class Passage:
    """What of a vendor's stream may go on, and when."""

    __slots__ = (
        "_bytes_in",
        "_cap",
        "_held",
        "_held_bytes",
        "_native",
        "_splitter",
        "counts",
        "failing",
        "failure",
        "keeping",
        "meaningful",
        "observer",
        "open",
        "over",
    )

    enclosed = False  # whether what it gives is in the client's envelope already
    # Counts what `feed` has given.
    note: Callable[[Exchange, bytes], None] = staticmethod(note_event)

    pauses = False  # its vendor has paused, and is asked to go on
    tells = True  # what went wrong can be said in the midst of it

    def __init__(
        self, native: NativeDialect, *, hide_usage: bool, cap: int = EVENT_CAP_BYTES
    ) -> None:
        """`native` is the vendor's dialect."""
        self._native = native
        self.observer = native.observer(hide_usage=hide_usage)
        self._splitter = native.splitter(cap=cap)
        self._cap = cap
        self._bytes_in = 0
        self._held: list[bytes] = []
        self._held_bytes = 0
        self.open = False  # content has come: from here on there is no way back
        self.over = False  # the last event has come
        self.meaningful = False  # the last chunk completed more than pings
        self.failure: Problem | None = None  # the vendor says that it failed
        self.keeping: Keeping | None = None
        self.counts = True  # whether that speaks against the vendor
        self.failing = b""  # the event in which it says so, where it may go on

    @property
    def losses(self) -> list[Loss]:
        """What of the answer the client's dialect could not say."""
        return []

    @property
    def faults(self) -> int:
        """How often the events did not come in their order."""
        return 0

    def feed(self, chunk: bytes) -> bytes:
        """What may be sent on now; raises TooLarge and FrameTooLarge."""
        self._bytes_in += len(chunk)
        if self._bytes_in > STREAM_CAP_BYTES:
            raise TooLarge("the stream", limit_bytes=STREAM_CAP_BYTES)
        self.meaningful = False
        kept = self._kept(self._splitter.feed(chunk))
        if self.open:
            return kept[0] if len(kept) == 1 else b"".join(kept)
        self._held += kept
        observer = self.observer
        if (observer.content or (observer.terminal and self.failure is None)) and (
            observer.failed_stop is None
        ):
            self.open = True
            released = b"".join(self._held)
            self._held.clear()
            return released
        self._held_bytes += sum(map(len, kept))
        if self._held_bytes > self._cap:
            raise TooLarge("what came before any content", limit_bytes=self._cap)
        return b""

    def error_event(self, problem: Problem, request_id: str) -> bytes:
        """The one last event, where this stream is broken off."""
        return self._native.error_event(problem, request_id)

    def _kept(self, frames: list[bytes]) -> list[bytes]:
        kept: list[bytes] = []
        observer, native = self.observer, self._native
        for frame in frames:
            # Of an answer that has failed only usage is still of interest.
            if observer.feed(frame) and observer.failed_stop is None:
                kept.append(frame)
            if not self.meaningful:
                self.meaningful = native.is_meaningful(frame)
            if observer.failure is not None:
                self.failure, self.over = observer.failure, True
                if observer.terminal or native.dialect not in HARD_OF_HEARING:
                    self.failing = frame
                return kept[:-1] if kept and kept[-1] is frame else kept
            if observer.terminal:
                self.over = True
                if observer.failed_stop is not None:
                    self._give_up(observer.failed_stop)
                return kept
        return kept

    def _give_up(self, word: str) -> None:
        self.failure, self.counts = failed_stop(word), False

    def close(self, *, broke_off: bool = False) -> bytes | None:
        """No more will come: what is still to be sent; None where its answer broke off."""
        observer, held = self.observer, self._held
        is_whole = observer.stopped
        rest = self._splitter.close()
        # Of a part of an event nothing is believed, not even its name.
        whole = self._native.completed(rest) if is_whole_event(rest) else b""
        if whole and (self.open or is_whole):
            # What it says of usage counts, whether or not it goes on.
            shown = observer.feed(whole)
            self.failure = observer.failure
            if shown and not broke_off:
                held.append(rest if observer.terminal else whole)
        if self.failure is None and observer.failed_stop is not None:
            self._give_up(observer.failed_stop)
        if self.failure is None and (is_whole or (self.open and observer.terminal)):
            self.open = True
            # Some vendors just close, and some clients wait for the end that their dialect has.
            has_ended = observer.terminal and not broke_off
            return b"".join(held) + (b"" if has_ended else self._native.last_event)
        return None


def failed_stop(word: str) -> Problem:
    """The vendor has not failed, its model has: clients can bring any model there."""
    return Problem(kind="upstream_error", message=f"The model stopped with {word!r}.")


def is_whole_event(rest: bytes) -> bool:
    """Whether what came without an empty line behind it is an event all the same."""
    _, found, data = rest.rpartition(b"data:")
    data = data.strip()
    if not found or data == DONE:
        return bool(found)
    try:
        JSON.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
