"""The audit log of requests: one line of JSON per finished exchange.

Laws: ten fields first, always the same and in this order; never a body, a secret or an address of a
person; a line is whole or not there; what cannot be written waits in memory up to MAX_BEHIND_BYTES
and is tried again, and beyond that it is dropped and counted, or, where the log is required, kept
while a mark tells the workers to refuse. What still waits when the shipper ends is dropped and
counted too, or, where the log is required, told again by the spool, which has kept it.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from prometheus_client import Counter

from billing.money import usd
from billing.request_facts import shown_id, tokens_in, tokens_out
from gateway.spool.frames import End
from gateway.spool.shipment import Shipment

CURRENT: Final = "audit.jsonl"
ROTATED: Final = "audit-*-*.jsonl"
FILE_MODE: Final = 0o640
FOLDER_MODE: Final = 0o750
MEGABYTE: Final = 1_000_000
MAX_BEHIND_BYTES: Final = 256 << 20
LONGEST_LINE: Final = 65_536
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

DROPPED: Final = Counter(
    "switchyard_audit_log_dropped_total",
    "Lines of the request audit log that were lost because it could not be written.",
)

log = structlog.get_logger(__name__)


class NotWritable(Exception):
    """The folder of the audit log takes no file; the message names it and says why."""


_ENCODER: Final = msgspec.json.Encoder()


def line_of(end: End) -> bytes:
    errand, outcome, cost = end.errand, end.outcome, end.money.cost_nano
    ended_at = EPOCH + timedelta(microseconds=end.started_us, milliseconds=outcome.latency_ms)
    told = {
        "timestamp": f"{ended_at:%Y-%m-%dT%H:%M:%SZ}",
        "request_id": shown_id(end.request_id),
        "api_key_id": end.subject.key_id,
        "model": errand.requested_model,
        "backend": errand.provider or None,
        "backend_key": errand.credential or None,
        "input_tokens": tokens_in(end.tokens),
        "output_tokens": tokens_out(end.tokens),
        "latency_ms": outcome.latency_ms,
        "status": outcome.http_status,
        "tenant": end.subject.tenant,
        "user_id": end.subject.user_id,
        "dialect": errand.dialect,
        "served_model": errand.served_model,
        "ttft_ms": outcome.ttft_ms,
        "cost_usd": None if cost is None else usd(cost),
        "cached_tokens": end.tokens.in_cache_read,
        "attempts": outcome.attempts,
        "terminated": outcome.terminated,
        "error_code": outcome.error_code or None,
        "cache": errand.cache_state,
        "degraded": errand.degraded,
    }
    return _ENCODER.encode(told) + b"\n"


class AuditLog:
    """A follower of the shipper; one per node."""

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        max_files: int,
        refuse_mark: Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`refuse_mark`: where workers look whether to refuse; None where the log may lose lines.

        Raises NotWritable.
        """
        self._folder = folder
        self._path = folder / CURRENT
        self._max_bytes = max_bytes
        self._kept_files = max(0, max_files - 1)  # beside the current one
        self._refuse_mark = refuse_mark
        self._clock = clock
        self._waiting: deque[bytes] = deque()
        self._behind_bytes = 0
        self._in_trouble = False
        self._refusing = False
        self._fd = -1
        try:
            self._reach_file()
        except OSError as error:
            raise NotWritable(f"AUDIT_LOG_DIR={str(folder)!r}: {error.strerror}") from error

    @classmethod
    def from_values(cls, values: Mapping[str, Any], *, mark: Path) -> "AuditLog | None":
        """By the settings; None where they switch it off. Raises NotWritable.

        `mark`: where workers look whether to refuse.
        """
        mark.unlink(missing_ok=True)  # left by who was killed, or by other settings
        if not values["AUDIT_LOG_ENABLED"]:
            return None
        return cls(
            Path(values["AUDIT_LOG_DIR"]).resolve(),
            max_bytes=max(1, values["AUDIT_LOG_MAX_SIZE_MB"]) * MEGABYTE,
            max_files=values["AUDIT_LOG_MAX_FILES"],
            refuse_mark=mark if values["AUDIT_LOG_REQUIRED"] else None,
        )

    def follow(self, shipment: Shipment) -> None:
        for landed in shipment.landed:
            if landed.kind == "usage" and landed.end.outcome.final:
                self._wait(line_of(landed.end))
        self.tend()

    def tend(self) -> None:
        """Writes what waits and begins the new day's file; to be called about once a second."""
        try:
            self._write()
            self._let_workers_serve()
        except OSError as error:
            self._close()
            if not self._in_trouble:
                log.error("audit_log_not_written", folder=str(self._folder), error=error.strerror)
            self._in_trouble = True
            return
        if self._in_trouble:
            log.warning("audit_log_written_again", folder=str(self._folder))
        self._in_trouble = False

    @property
    def holds(self) -> bool:
        """Whether the spool must keep what this log was told: it is required, and behind."""
        return self._refuse_mark is not None and bool(self._waiting)

    def close(self) -> None:
        self.tend()
        self._close()
        if not self._waiting:
            return
        if self.holds:
            log.warning("audit_log_left_behind", lines=len(self._waiting))
            return
        DROPPED.inc(len(self._waiting))
        log.error("audit_log_lines_lost", folder=str(self._folder), lines=len(self._waiting))

    def _wait(self, line: bytes) -> None:
        if self._behind_bytes + len(line) > MAX_BEHIND_BYTES:
            if self._refuse_mark is None:
                DROPPED.inc()
                return
            self._make_workers_refuse(self._refuse_mark)
        self._waiting.append(line)
        self._behind_bytes += len(line)

    def _write(self) -> None:
        self._reach_file()
        if self._size and self._day != self._clock().date():
            self._rotate()
        while self._waiting:
            room = self._max_bytes - self._size
            if self._size and len(self._waiting[0]) > room:
                self._rotate()
                continue
            taken = list(_as_many_as_fit(self._waiting, room))
            self._append(b"".join(taken))
            for line in taken:
                self._waiting.popleft()
                self._behind_bytes -= len(line)

    def _append(self, text: bytes) -> None:
        written = os.write(self._fd, text)
        if written < len(text):
            os.ftruncate(self._fd, self._size)
            raise OSError(0, "the disk took only a part")
        self._size += written
        self._day = self._clock().date()

    def _reach_file(self) -> None:
        """Opens the current file, again where somebody took it away."""
        if self._fd >= 0:
            if _same_file(self._fd, self._path):
                return
            self._close()
        self._folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._fd = os.open(self._path, flags, FILE_MODE)
        os.fchmod(self._fd, FILE_MODE)  # also what the umask took, and where it was there already
        self._size = _without_torn_line(self._fd)
        self._day = _day_of(self._fd) if self._size else self._clock().date()

    def _rotate(self) -> None:
        stem = f"audit-{self._clock():%Y%m%dT%H%M%SZ}"
        number = 0
        while (target := self._folder / f"{stem}-{number:03}.jsonl").exists():
            number += 1
        self._path.rename(target)
        self._close()
        self._reach_file()
        rotated = sorted(self._folder.glob(ROTATED))
        for oldest in rotated[: max(0, len(rotated) - self._kept_files)]:
            oldest.unlink()

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _make_workers_refuse(self, mark: Path) -> None:
        # Where even that fails it is tried again with the next line; the trouble is told already.
        with suppress(OSError):
            mark.touch()
        self._refusing = True

    def _let_workers_serve(self) -> None:
        if self._refusing and self._refuse_mark is not None:
            self._refuse_mark.unlink(missing_ok=True)
        self._refusing = False


def _as_many_as_fit(lines: deque[bytes], room: int) -> Iterator[bytes]:
    """At least one: a line that no file has room for gets one of its own."""
    for position, line in enumerate(lines):
        room -= len(line)
        if room < 0 and position:
            return
        yield line


def _same_file(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False


def _without_torn_line(fd: int) -> int:
    """The size, after cutting off what a crash left of a line; its frame is told again."""
    size = os.fstat(fd).st_size
    start = max(0, size - LONGEST_LINE)
    tail = os.pread(fd, size - start, start)
    whole = start + tail.rfind(b"\n") + 1
    if whole < size:
        os.ftruncate(fd, whole)
    return whole


def _day_of(fd: int) -> date:
    return datetime.fromtimestamp(os.fstat(fd).st_mtime, UTC).date()
