"""Which attempts of one writer have begun and not ended. Pure."""

from collections.abc import Iterator

from msgspec import Struct

from gateway.spool.frames import Checkpoint, End, Frame, Start


class Open(Struct):
    start: Start
    seq: int  # of the segment that holds the frame
    checkpoint: Checkpoint | None = None


class Interrupted(Struct, frozen=True, kw_only=True):
    """An attempt whose writer died."""

    start: Start
    checkpoint: Checkpoint | None
    final: bool  # no other row tells how the exchange ended


class OpenAttempts:
    def __init__(self) -> None:
        self._open: dict[str, dict[int, Open]] = {}
        self._finished: set[str] = set()  # exchanges of these that have their final END

    def observe(self, frame: Frame, *, seq: int) -> None:
        match frame:
            case Start():
                attempts = self._open.setdefault(frame.request_id, {})
                attempts.setdefault(frame.attempt, Open(frame, seq))
            case Checkpoint():
                found = self._open.get(frame.request_id, {}).get(frame.attempt)
                if found is not None:
                    found.checkpoint = frame
            case End():
                self._end(frame)

    def _end(self, end: End) -> None:
        attempts = self._open.get(end.request_id)
        if attempts is None:
            return
        attempts.pop(end.attempt, None)
        if end.outcome.final:
            self._finished.add(end.request_id)
        if not attempts:
            del self._open[end.request_id]
            self._finished.discard(end.request_id)

    def oldest_us(self) -> int | None:
        """When the exchange was admitted that has been open longest."""
        return min((one.start.started_us for one in self._all()), default=None)

    def first_segment(self) -> int | None:
        return min((one.seq for one in self._all()), default=None)

    def interrupted(self) -> Iterator[Interrupted]:
        """All of them: whoever asks knows that nothing more comes."""
        for request_id, attempts in self._open.items():
            last = max(attempts)
            for attempt, one in sorted(attempts.items()):
                yield Interrupted(
                    start=one.start,
                    checkpoint=one.checkpoint,
                    final=attempt == last and request_id not in self._finished,
                )

    def _all(self) -> Iterator[Open]:
        for attempts in self._open.values():
            yield from attempts.values()
