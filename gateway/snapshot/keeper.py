"""Keeps the copy on disk near what PostgreSQL holds.

Laws: one worker of a node writes, the others stand by; a change is on disk within a second, so that
a start from the copy brings back no key that was revoked before, unless writing all takes longer;
without changes the copy is written again before it grows old; however large the configuration,
writing takes at most a twentieth of one thread's time; the event loop never waits for the disk.
"""

import asyncio
import fcntl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import psycopg
import structlog

from gateway.snapshot.disk import new_header, write_copy
from gateway.snapshot.rows import Row
from gateway.snapshot.source import HEAD, PLATFORM

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.2
AFTER_CHANGE_S: Final = 0.5
ANYWAY_S: Final = 600.0
REST: Final = 20  # times as long as writing took
PAGE_ROWS: Final = 500
CONNECT_S: Final = 5
ALL: Final = """
SELECT kind, object_id, name, version, payload FROM compiled_specs
WHERE payload IS NOT NULL ORDER BY version
"""


class Keeper:
    def __init__(
        self, *, path: Path, database_url: str, kek: Callable[[], tuple[str, bytes]]
    ) -> None:
        self._path = path
        self._database_url = database_url
        self._kek = kek
        self._lock: IO[bytes] | None = None
        self._written_version = -1
        self._ended_at = float("-inf")
        self._rest_s = 0.0
        self._failed = ""
        self._writing: asyncio.Future[None] | None = None

    async def run(self, version: Callable[[], int]) -> None:
        """For ever; `version` is what this worker has."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._is_due(version()):
                self._writing = asyncio.ensure_future(asyncio.to_thread(self.write))
                await asyncio.shield(self._writing)

    async def stop(self) -> None:
        """After `run` has been cancelled: returns when no thread of it writes any more."""
        if self._writing is not None:
            await self._writing
        if self._lock is not None:
            self._lock.close()

    def _is_due(self, version: int) -> bool:
        waited_s = time.monotonic() - self._ended_at
        if version == self._written_version:
            return waited_s >= ANYWAY_S
        return waited_s >= max(AFTER_CHANGE_S, self._rest_s)

    def write(self) -> None:
        """Writes unless another worker of the node does; failures are told once and tried again."""
        began = time.monotonic()
        failed = ""
        try:
            if self._is_mine():
                self._written_version = self._write()
        except (psycopg.Error, OSError) as error:
            failed = str(error)
            if failed != self._failed:
                log.warning("copy_not_written", path=str(self._path), error=failed)
        self._failed = failed
        self._ended_at = time.monotonic()
        self._rest_s = REST * (self._ended_at - began)

    def _is_mine(self) -> bool:
        if self._lock is not None:
            return True
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self._path.with_suffix(".lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def _write(self) -> int:
        with psycopg.connect(self._database_url, connect_timeout=CONNECT_S) as connection:
            # Version and rows as of one moment.
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute(PLATFORM)
            found = connection.execute(HEAD).fetchone()
            version, saved_at = found or (0, 0.0)
            kek_id, kek = self._kek()
            header = new_header(version=version, saved_at=saved_at, kek_id=kek_id)
            write_copy(self._path, header=header, pages=_pages(connection), kek=kek)
        return int(version)


def _pages(connection: psycopg.Connection[Any]) -> Iterator[list[Row]]:
    with connection.cursor(name="all", binary=True) as cursor:
        cursor.execute(ALL)
        while records := cursor.fetchmany(PAGE_ROWS):
            yield [Row(*record) for record in records]
