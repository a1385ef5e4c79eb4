"""Puts frames on disk before anybody is told of what they say. One writer per worker process.

Laws: after `write` returns nothing is left in memory; frames given together are written by one
call, and what could not be written whole is taken off the file again; only the thread of the
writer syncs and closes files; a frame that must not be lost is kept and tried again until it is
written. `write` and `keep` belong to one event loop.
"""

import asyncio
import errno
import fcntl
import math
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import structlog
from msgspec import Struct

from gateway.spool.frames import Frame, FrameTooLarge, encode
from gateway.spool.paths import (
    AUDIT_MARK,
    backlog_bytes,
    lock_name,
    node_dir,
    node_of,
    segment_name,
    spool_dir,
)

log = structlog.get_logger(__name__)

Sync: TypeAlias = Literal["group", "always", "off"]
OnFull: TypeAlias = Literal["deny", "best_effort"]

SYNC_EACH_S: Final = 0.02
LOOK_EACH_S: Final = 1.0  # at the backlog and the room that is left
RETRY_EACH_S: Final = 0.1
DISTRUST_S: Final = 1.0  # how long a failed write speaks against the next one
# Where nobody is refused while nothing can be written; elsewhere that alone bounds what is kept.
KEPT_AT_MOST: Final = 10_000
KEPT_BYTES_AT_MOST: Final = 33_554_432
BOOT_BYTES: Final = 8
STOPPED: Final = "the writer has stopped"
FLAGS: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
MODE: Final = 0o600
FOLDER_MODE: Final = 0o700


class SpoolConfig(Struct, frozen=True, kw_only=True):
    folder: Path  # of the node
    node: str
    sync: Sync = "group"
    on_full: OnFull = "deny"
    segment_bytes: int = 16_777_216
    max_backlog_bytes: int = 1_073_741_824
    min_free_bytes: int = 268_435_456

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "SpoolConfig":
        node = node_of(values)
        return cls(
            folder=node_dir(spool_dir(values), node),
            node=node,
            sync=values["SPOOL_FSYNC"],
            on_full=values["SPOOL_ON_FULL"],
            segment_bytes=values["SPOOL_SEGMENT_BYTES"],
            max_backlog_bytes=values["SPOOL_MAX_BACKLOG_BYTES"],
            min_free_bytes=values["SPOOL_MIN_FREE_BYTES"],
        )


class SpoolFacts(Struct, frozen=True, kw_only=True):
    backlog_bytes: int
    free_bytes: int


class SpoolUnusable(Exception):
    """Why no frame can be written here, at start."""


class SpoolFull(Exception):
    """The frames are not on disk; the message is the system's."""


class SpoolWriter:
    """Made by `open`, off the event loop."""

    def __init__(
        self, config: SpoolConfig, *, lock: int, boot: str, observe: Callable[[SpoolFacts], None]
    ) -> None:
        self._config = config
        self._lock = lock
        self._boot = boot
        self._observe = observe
        self._seq = 0
        self._listed = 0  # up to which segment the folder has been synced
        self._file = -1
        self._size = 0  # of the current segment, up to the last good frame
        self._torn = False  # there is more behind it, which could not be taken off
        self._written = 0  # bytes by this writer, ever
        self._durable = 0  # of them synced
        self._retired: deque[int] = deque()
        self._dirty = False
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._waiting: deque[tuple[int, asyncio.AbstractEventLoop, asyncio.Future[None]]] = deque()
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._closed = False  # its file descriptors are anybody's
        self._retry: asyncio.TimerHandle | None = None
        self._short = ""  # why there is no room; known by looking
        self._audit_is_behind = False  # likewise
        self._looked_at = -math.inf
        self._broken = ""  # why the last write failed
        self._broken_at = -math.inf
        self._thread = threading.Thread(target=self._run, name="spool-sync", daemon=True)

    @classmethod
    def open(
        cls, config: SpoolConfig, *, observe: Callable[[SpoolFacts], None] = lambda _facts: None
    ) -> "SpoolWriter":
        """Raises SpoolUnusable; `observe` is called from the writer's thread."""
        boot = secrets.token_hex(BOOT_BYTES)
        path = config.folder / lock_name(pid=os.getpid(), boot=boot)
        try:
            config.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            lock = os.open(path, FLAGS, MODE)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            writer = cls(config, lock=lock, boot=boot, observe=observe)
            writer._next_segment()
            writer._look()
        except OSError as error:
            raise SpoolUnusable(
                f"SPOOL_DIR: cannot write to {config.folder}: {error.strerror}."
                " No request is served that cannot be recorded."
            ) from error
        writer._thread.start()
        return writer

    @property
    def node(self) -> str:
        return self._config.node

    @property
    def waits(self) -> bool:
        """Whether what was written is to be awaited before anybody is told."""
        return self._config.sync == "always"

    @property
    def lenient(self) -> bool:
        """Whether requests are served although they cannot be recorded."""
        return self._config.on_full == "best_effort"

    def problem(self) -> str:
        """Why no new exchange should begin; empty when one may."""
        if self._broken and (self._kept or time.monotonic() < self._broken_at + DISTRUST_S):
            return self._broken
        return self._short

    @property
    def audit_is_behind(self) -> bool:
        """Whether the audit log is required and has no room for more."""
        return self._audit_is_behind

    def write(self, *frames: Frame) -> None:
        """All of them, in one call, or none: raises SpoolFull."""
        self._write(_encoded(frames))

    def keep(self, *frames: Frame) -> bool:
        """Writes them as soon as that is possible again; False where they are lost instead."""
        if self._closed:
            log.error("records_lost", frames=len(frames), reason=STOPPED)
        if self._closed or (self.lenient and self._keeps_too_much()):
            return False
        try:
            data = _encoded(frames)
        except SpoolFull:
            return False
        self._kept.append(data)
        self._kept_bytes += len(data)
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_EACH_S, self._again)
        return True

    async def settled(self) -> None:
        """Returns when all that has been written so far would survive a power failure.

        Raises SpoolFull where the disk says that it would not.
        """
        target = self._written
        if self._durable >= target:
            return
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((target, loop, done))
        self._wake.set()
        await done

    async def stop(self) -> None:
        """Returns when all is synced and the lock is free."""
        if self._retry is not None:
            self._retry.cancel()
        self._write_kept()
        if self._kept:
            log.error("records_lost", frames=len(self._kept), reason=self._broken)
        self._closed = True
        await asyncio.to_thread(self._close)

    # --- on the event loop ------------------------------------------------------------------------

    def _keeps_too_much(self) -> bool:
        return len(self._kept) >= KEPT_AT_MOST or self._kept_bytes >= KEPT_BYTES_AT_MOST

    def _write(self, data: bytes) -> None:
        if self._closed:
            raise SpoolFull(STOPPED)
        is_filled = self._size > 0 and self._size + len(data) > self._config.segment_bytes
        if (self._torn or is_filled) and not self._roll() and self._torn:
            raise self._full("no segment can be made")
        try:
            self._append(data)
        except OSError as error:
            # An empty segment is as good as a new one.
            if not self._size or not self._roll():
                raise self._full(str(error.strerror)) from None
            try:
                self._append(data)
            except OSError as again:
                raise self._full(str(again.strerror)) from None
        if self._broken:
            log.info("spool_writable", folder=str(self._config.folder))
            self._broken = ""
        if not self._dirty:
            self._dirty = True
            self._wake.set()

    def _append(self, data: bytes) -> None:
        try:
            done = os.write(self._file, data)
            if done < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            self._cut()
            raise
        self._size += done
        self._written += done

    def _cut(self) -> None:
        """Nothing is ever written behind a torn frame."""
        try:
            os.ftruncate(self._file, self._size)
        except OSError as error:
            log.warning("spool_not_cut", error=error.strerror)
            self._torn = True

    def _roll(self) -> bool:
        """To the next segment; False where none can be made."""
        try:
            self._next_segment()
        except OSError as error:
            log.warning("spool_segment_refused", error=error.strerror)
            return False
        return True

    def _next_segment(self) -> None:
        name = segment_name(pid=os.getpid(), boot=self._boot, seq=self._seq + 1)
        file = os.open(self._config.folder / name, FLAGS, MODE)
        if self._file >= 0:
            # First, so that a sync in between passes over neither.
            self._retired.append(self._file)
        self._file = file
        self._seq += 1
        self._size, self._torn = 0, False

    def _full(self, why: str) -> SpoolFull:
        if not self._broken:
            log.error("spool_not_writable", folder=str(self._config.folder), reason=why)
        self._broken = f"the spool cannot be written: {why}"
        self._broken_at = time.monotonic()
        return SpoolFull(why)

    def _again(self) -> None:
        self._retry = None
        self._write_kept()
        if self._kept:
            self._retry = asyncio.get_running_loop().call_later(RETRY_EACH_S, self._again)

    def _write_kept(self) -> None:
        while self._kept:
            try:
                self._write(self._kept[0])
            except SpoolFull:
                return
            self._kept_bytes -= len(self._kept.popleft())

    # --- in the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._wake.wait(LOOK_EACH_S):
                if self._config.sync == "group":
                    self._stopping.wait(SYNC_EACH_S)
                self._sync()
            if time.monotonic() >= self._looked_at + LOOK_EACH_S:
                self._look_again()
        self._sync()

    def _sync(self) -> None:
        self._wake.clear()
        self._dirty = False
        covered, current = self._written, self._file
        retired = [self._retired.popleft() for _ in range(len(self._retired))]
        fault: OSError | None = None
        try:
            if self._config.sync != "off":
                self._settle({*retired, current})
        except OSError as error:
            log.exception("spool_not_synced", folder=str(self._config.folder))
            fault = error
        for file in retired:
            os.close(file)
        self._durable = covered
        while self._waiting and self._waiting[0][0] <= covered:
            _, loop, done = self._waiting.popleft()
            with suppress(RuntimeError):  # its loop has ended, and with it who waited
                loop.call_soon_threadsafe(_release, done, fault)

    def _settle(self, files: Iterable[int]) -> None:
        for file in files:
            os.fdatasync(file)
        if self._listed < self._seq:
            listed = self._seq
            folder = os.open(self._config.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
            self._listed = listed

    def _look_again(self) -> None:
        try:
            self._look()
        except OSError as error:
            log.warning("spool_not_measured", error=error.strerror)

    def _look(self) -> None:
        config, self._looked_at = self._config, time.monotonic()
        self._audit_is_behind = (config.folder / AUDIT_MARK).exists()
        room = os.statvfs(config.folder)
        facts = SpoolFacts(
            backlog_bytes=backlog_bytes(config.folder), free_bytes=room.f_bavail * room.f_frsize
        )
        short = ""
        if facts.backlog_bytes > config.max_backlog_bytes:
            short = f"{facts.backlog_bytes} bytes of records wait for the shipper"
        elif facts.free_bytes < config.min_free_bytes:
            short = f"{facts.free_bytes} bytes are free for records"
        if bool(short) != bool(self._short):
            log.warning("spool_room", folder=str(config.folder), short=short)
        self._short = short
        self._observe(facts)

    def _close(self) -> None:
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        file, self._file = self._file, -1
        os.close(file)
        folder, name = self._config.folder, lock_name(pid=os.getpid(), boot=self._boot)
        if self._seq == 1 and not self._size:
            # Nothing was ever recorded here: there is nothing for the shipper to clean up.
            folder.joinpath(segment_name(pid=os.getpid(), boot=self._boot, seq=1)).unlink()
            folder.joinpath(name).unlink()
        os.close(self._lock)


def _encoded(frames: tuple[Frame, ...]) -> bytes:
    try:
        return encode(frames[0]) if len(frames) == 1 else b"".join(map(encode, frames))
    except FrameTooLarge as error:
        log.exception("frame_too_large")
        raise SpoolFull(str(error)) from error


def _release(done: asyncio.Future[None], fault: OSError | None) -> None:
    if done.done():
        return
    if fault is None:
        done.set_result(None)
    else:
        done.set_exception(SpoolFull(fault.strerror))
