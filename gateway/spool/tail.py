"""The segments of one writer, read from the first byte to the last.

Laws: a writer is dead when its lock can be had, and what it wrote is read to the end only after
that; what was delivered is never given out again by the same reader; what is no frame is passed
over when it is kept elsewhere, and until then nothing behind it is read; a segment goes only after
those before it, when all of it is delivered, none will follow in it and no open attempt began in
it.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

from gateway.spool.attempts import Interrupted, OpenAttempts
from gateway.spool.frames import Frame
from gateway.spool.paths import delivered_bytes, is_lock, offset_path, parse_segment, segments
from gateway.spool.reading import Passed, Whole, pieces

# Keeps the bytes of a segment that are no frame; whether it could.
Pass: TypeAlias = Callable[[Path, Passed, bytes], bool]

READ_BYTES: Final = 1 << 20
MODE: Final = 0o600
BESIDE: Final = frozenset({".offset", ".tmp"})  # what is called as a segment, and this behind it
NEW_S: Final = 60.0


class Segment:
    def __init__(self, path: Path, *, seq: int) -> None:
        self.path = path
        self.seq = seq
        self.read_to = 0
        self.known_to = delivered_bytes(path)  # before us
        self._recorded = self.known_to
        self.stuck = False  # before something that can neither be read nor kept
        self._exhausted: tuple[int, bool] | None = None  # its size and whether it was final

    def size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:  # nothing was ever written to it
            return self.read_to

    def frames(self, *, ended: bool, passed: Pass) -> Iterator[Frame]:
        self.stuck = False
        while (size := self.size()) > self.read_to and self._exhausted != (size, ended):
            with self.path.open("rb") as stream:
                base = stream.seek(self.read_to)
                data = stream.read(READ_BYTES)
            for piece in pieces(data, ended=ended and base + len(data) >= size):
                if isinstance(piece, Whole):
                    self.read_to = base + piece.end
                    yield piece.frame
                elif passed(self.path, piece, data[piece.start : piece.end]):
                    self.read_to = base + piece.end
                else:
                    self.stuck = True
                    return
            if self.read_to == base:
                self._exhausted = (size, ended)

    def record(self) -> None:
        """On disk, how far it is delivered; where that fails it is tried again next time."""
        if self.read_to <= self._recorded:
            return
        path = offset_path(self.path)
        beside = path.with_suffix(".tmp")
        # A full disk must not keep us from emptying it; what is not noted is delivered again.
        with suppress(OSError):
            beside.write_bytes(b"%d" % self.read_to)
            beside.replace(path)
            self._recorded = self.read_to

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        offset_path(self.path).unlink(missing_ok=True)


def tidy(folder: Path, *, now: float) -> None:
    """Away with what a death in the middle of removing has left; to be called by who is alone."""
    written = {path.name for path in segments(folder)}
    writers = {name.lock for name in map(parse_segment, written) if name is not None}
    for path in folder.iterdir():
        if path.suffix in BESIDE:
            if parse_segment(path.stem) is not None and path.stem not in written:
                path.unlink()
        elif is_lock(path.name) and path.name not in writers and not _is_taken(path, now=now):
            path.unlink()


def _is_taken(lock: Path, *, now: float) -> bool:
    if now - lock.stat().st_mtime < NEW_S:
        return True  # or about to be
    descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class Tail:
    def __init__(self, lock: Path, *, passed: Pass) -> None:
        self._lock = lock
        self._passed = passed
        self._held = -1  # the writer's lock, once it is dead
        self._segments: list[Segment] = []
        self._highest = 0
        self._open = OpenAttempts()
        self.buried = False  # its open attempts have their rows

    @property
    def dead(self) -> bool:
        return self._held >= 0

    @property
    def stuck(self) -> bool:
        return any(segment.stuck for segment in self._segments)

    def add(self, path: Path) -> None:
        """To be called in the order of segments; one that is known is passed over."""
        name = parse_segment(path.name)
        if name is not None and name.seq > self._highest:
            self._segments.append(Segment(path, seq=name.seq))
            self._highest = name.seq

    def ask_whether_dead(self) -> None:
        if self._held >= 0:
            return
        # One that has none left was removed by a shipper before us, with the last of its segments.
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            self._held = descriptor

    def frames(self) -> Iterator[Frame]:
        """What has not been delivered, as far as it has been written."""
        for index, segment in enumerate(self._segments):
            ended = self.dead or index + 1 < len(self._segments)
            for frame in segment.frames(ended=ended, passed=self._passed):
                self._open.observe(frame, seq=segment.seq)
                if segment.read_to > segment.known_to:
                    yield frame
            if segment.stuck:
                return

    def oldest_us(self) -> int | None:
        return self._open.oldest_us()

    def interrupted(self) -> Iterator[Interrupted]:
        return self._open.interrupted()

    def delivered(self) -> None:
        """All that was given out is in PostgreSQL."""
        held_by = self._open.first_segment()
        while len(self._segments) > 1 and (held_by is None or self._segments[0].seq < held_by):
            segment = self._segments[0]
            if segment.read_to < segment.size():
                break
            segment.remove()
            del self._segments[0]
        for segment in self._segments:
            segment.record()

    def remove(self) -> None:
        """Of a dead writer whose attempts all have their rows."""
        # First: segments without a lock are a dead writer's; a lock alone tells nobody anything.
        self._lock.unlink(missing_ok=True)
        for segment in self._segments:
            segment.remove()
        self.close()

    def close(self) -> None:
        if self._held >= 0:
            os.close(self._held)
            self._held = -1
