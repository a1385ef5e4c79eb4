"""Carries what the workers of a node have written into PostgreSQL. One per node.

Laws: rows are committed, then followers are told, then the offset is noted, so that a death between
any two of them repeats and loses nothing; what was delivered twice is one row; a writer that died
gets a row for every attempt it left open; nobody waits for the shipper but disk space. What can
neither be delivered nor kept in quarantine stays in its segment until it can.
"""

import fcntl
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import structlog
from msgspec import Struct

from gateway.spool.attempts import Interrupted
from gateway.spool.delivery import Delivery, Progress, Stopped
from gateway.spool.frames import End, Start, encode
from gateway.spool.interrupted import Terms, end_of
from gateway.spool.paths import parse_segment, segments
from gateway.spool.quarantine import Quarantine
from gateway.spool.reading import Passed
from gateway.spool.shipment import Follower, Landed, Shipment
from gateway.spool.stopping import Stopping
from gateway.spool.tail import Tail, tidy

BATCH_ROWS: Final = 500
BATCH_STARTS: Final = 2_000
IDLE_S: Final = 0.05
PROGRESS_EACH_S: Final = 1.0
# From the moment that a request is said to have begun until its START is on disk, and some.
SETTLING_S: Final = 1.0
NEVER_S: Final = 10.0 * 365 * 86_400
LOCK: Final = "shipper.lock"
LOCK_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
NO_TERMS: Final = Terms(prices={}, not_charged=frozenset())

log = structlog.get_logger(__name__)


class Meter(Protocol):
    """Counts what happens; must not block."""

    def landed(self, landed: Sequence[Landed], *, seconds: float) -> None: ...

    def torn(self) -> None: ...

    def quarantined(self) -> None: ...

    def behind(self, seconds: float) -> None: ...


class Batch(Struct, frozen=True, kw_only=True):
    starts: list[Start]
    ends: list[End]
    is_all: bool  # nothing more is waiting


class Refusal(Struct, frozen=True, kw_only=True):
    """A row that no database takes."""

    tail: str
    request_id: str
    attempt: int
    data: bytes
    why: str


class Shipper:
    def __init__(
        self,
        *,
        folder: Path,
        node: str,
        url: str,
        followers: Sequence[Follower],
        meter: Meter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`folder`: of the node."""
        self._folder = folder
        self._node = node
        self._followers = followers
        self._meter = meter
        self._clock = clock
        self._stopping = Stopping()
        self._quarantine = Quarantine(folder)
        self._delivery = Delivery(url, stopping=self._stopping, refused=self._refused)
        self._tails: dict[str, Tail] = {}  # by the name of the writer's lock
        self._tail_of: dict[tuple[str, int], str] = {}  # whose attempts are being delivered
        self._refusals: deque[Refusal] = deque()  # that the disk did not take
        self._disk_refuses = False
        self._whole_at: float | None = None  # when all that had been written was delivered
        self._told_at: float | None = None

    def stop(self) -> None:
        """Delivers what is there, then `run` returns; safe in a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        try:
            with self._alone():
                with suppress(OSError):  # next time
                    tidy(self._folder, now=datetime.now(UTC).timestamp())
                while not self._stopping:
                    if not self.round():
                        self._stopping.wait(IDLE_S)
                while self.round():
                    pass
        except Stopped:
            log.warning("shipper_stopped_early", folder=str(self._folder))
        finally:
            self._delivery.close()
            for tail in self._tails.values():
                tail.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        descriptor = os.open(self._folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, LOCK_MODE)
        try:
            told_at = self._clock() + PROGRESS_EACH_S
            while not _locked(descriptor):
                if self._clock() >= told_at:
                    log.warning("another_shipper_works_here", folder=str(self._folder))
                    told_at = math.inf
                if self._stopping.wait(IDLE_S):
                    raise Stopped
            os.ftruncate(descriptor, 0)
            os.write(descriptor, b"%d\n" % os.getpid())
            yield
        finally:
            os.close(descriptor)

    def round(self) -> bool:
        """One batch; whether there may be more. Raises Stopped."""
        began = self._clock()
        self._look()
        batch = self._read()
        if batch.starts or batch.ends:
            self._deliver(batch.ends, starts=batch.starts)
        while self._refusals and self._keep(self._refusals[0]):
            self._refusals.popleft()
        for key, tail in self._tails.items():
            if not self._holds(key):
                tail.delivered()
        if batch.is_all:
            self._bury_the_dead()
            if not any(tail.stuck for tail in self._tails.values()):
                self._whole_at = began
        if self._told_at is None or began - self._told_at >= PROGRESS_EACH_S:
            self._told_at = began
            self._tell_progress()
        return not batch.is_all

    def _look(self) -> None:
        # Who is found dead has written its last segment before that is listed.
        for tail in self._tails.values():
            tail.ask_whether_dead()
        named = ((parse_segment(path.name), path) for path in segments(self._folder))
        for name, path in sorted((name, path) for name, path in named if name is not None):
            if name.lock not in self._tails:
                lock = self._folder / name.lock
                self._tails[name.lock] = Tail(lock, passed=self._passed)
            self._tails[name.lock].add(path)

    def _read(self) -> Batch:
        starts: list[Start] = []
        ends: list[End] = []
        self._tail_of.clear()
        for key, tail in list(self._tails.items()):
            for frame in tail.frames():
                if isinstance(frame, End):
                    ends.append(frame)
                    self._tail_of[frame.request_id, frame.attempt] = key
                elif isinstance(frame, Start):
                    starts.append(frame)
                if len(ends) >= BATCH_ROWS or len(starts) >= BATCH_STARTS:
                    # Next time others come first.
                    self._tails[key] = self._tails.pop(key)
                    return Batch(starts=starts, ends=ends, is_all=False)
        return Batch(starts=starts, ends=ends, is_all=True)

    def _deliver(self, ends: Sequence[End], *, starts: Sequence[Start] = ()) -> None:
        began = self._clock()
        landed = self._delivery.land(ends)
        self._meter.landed(landed, seconds=self._clock() - began)
        self._tell(Shipment(starts=tuple(starts), landed=tuple(landed)))

    def _tell(self, shipment: Shipment) -> None:
        for follower in self._followers:
            try:
                follower.follow(shipment)
            except Exception:  # the books go on whatever is wrong with who reads along
                log.exception("follower_failed", follower=type(follower).__name__)

    def _bury_the_dead(self) -> None:
        for key, tail in list(self._tails.items()):
            # Who has just been met may be alive.
            if not tail.dead or tail.stuck:
                continue
            if not tail.buried:
                self._deliver_interrupted(list(tail.interrupted()), key=key)
                tail.buried = True
            if not self._holds(key):
                tail.remove()
                del self._tails[key]

    def _deliver_interrupted(self, left: Sequence[Interrupted], *, key: str) -> None:
        if not left:
            return
        terms = self._delivery.terms(
            prices={
                price
                for one in left
                for price in (one.start.tariff.price_id, one.start.tariff.charge_price_id)
                if price is not None
            },
            tenants={one.start.subject.tenant_id for one in left},
        )
        ends = [_rated_end(one, terms=terms) for one in left]
        self._tail_of = {(end.request_id, end.attempt): key for end in ends}
        for first in range(0, len(ends), BATCH_ROWS):
            self._deliver(ends[first : first + BATCH_ROWS])
        log.warning("attempts_interrupted", count=len(left))

    def _holds(self, key: str) -> bool:
        """Whether something of this writer is only in memory."""
        return any(one.tail == key for one in self._refusals) or any(
            follower.holds for follower in self._followers
        )

    def _tell_progress(self) -> None:
        # Followers have something to do also while nothing happens.
        self._tell(Shipment())
        self._delivery.tell_progress(self._node, self._progress)
        self._meter.behind(0.0 if self._whole_at is None else self._clock() - self._whole_at)

    def _progress(self) -> Progress:
        behind_s = NEVER_S if self._whole_at is None else self._clock() - self._whole_at
        opened = (tail.oldest_us() for tail in self._tails.values())
        return Progress(
            behind_s=behind_s + SETTLING_S,
            oldest_us=min((at for at in opened if at is not None), default=None),
            is_whole=self._whole_at is not None,
        )

    def _passed(self, segment: Path, passed: Passed, data: bytes) -> bool:
        if passed.why == "torn":
            log.warning("spool_torn", segment=segment.name, bytes=len(data))
            self._meter.torn()
            return True
        is_new = self._in_quarantine(data, name=f"{segment.stem}.{passed.why}")
        if is_new:
            log.error("spool_quarantined", segment=segment.name, why=passed.why, bytes=len(data))
            self._meter.quarantined()
        return is_new is not None

    def _refused(self, end: End, why: str) -> None:
        refusal = Refusal(
            tail=self._tail_of[end.request_id, end.attempt],
            request_id=end.request_id,
            attempt=end.attempt,
            data=_told(end),
            why=why.strip(),
        )
        if not self._keep(refusal):
            self._refusals.append(refusal)

    def _keep(self, one: Refusal) -> bool:
        is_new = self._in_quarantine(one.data, name="refused")
        if is_new:
            log.error(
                "record_refused", request_id=one.request_id, attempt=one.attempt, error=one.why
            )
            self._meter.quarantined()
        return is_new is not None

    def _in_quarantine(self, data: bytes, *, name: str) -> bool | None:
        """Whether it is new there; None: the disk does not take it."""
        try:
            is_new = self._quarantine.keep(data, name=name)
        except OSError as error:
            if not self._disk_refuses:
                log.error("quarantine_not_written", name=name, error=error.strerror)
            self._disk_refuses = True
            return None
        self._disk_refuses = False
        return is_new


def _rated_end(one: Interrupted, *, terms: Terms) -> End:
    try:
        return end_of(one, terms=terms)
    except Exception:  # whatever the frame says, the attempt gets its row
        log.exception("interrupted_not_rated", request_id=one.start.request_id)
        return end_of(one, terms=NO_TERMS)


def _told(end: End) -> bytes:
    try:
        return encode(end)
    except Exception:  # then in words
        log.exception("refused_not_encoded", request_id=end.request_id)
        return repr(end).encode(errors="backslashreplace")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
