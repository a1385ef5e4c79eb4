"""The compiled rows in PostgreSQL, read by the data plane without an ORM.

Laws: reading needs one connection, opened again when it was lost; every question has a deadline;
versions are given out under a lock, so who has read up to one has missed none before it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any, Final

import msgspec
import psycopg

from gateway.snapshot.rows import Row

PAGE_ROWS: Final = 500
ANSWER_S: Final = 2.0
# Without statistics of a table just filled, the first page may cost a sort of all of it.
PAGE_S: Final = 10.0
CONNECT_S: Final = 1.0
PLATFORM: Final = "SELECT set_config('app.platform', 'on', true)"
HEAD: Final = """
SELECT version, extract(epoch FROM clock_timestamp())::float8 FROM config_versions
"""
NEWER: Final = """
SELECT kind, object_id, name, version, payload FROM compiled_specs
WHERE version > %s ORDER BY version
"""
# What reading may raise while PostgreSQL is out or has not been migrated yet.
UNREADABLE: Final = (psycopg.Error, OSError, TimeoutError)


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The newest version, and when the server said so; the moments are monotonic."""

    version: int
    server_s: float
    asked_at: float
    answered_at: float


class Source:
    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None

    async def head(self) -> Head:
        connection = await self._connected()
        asked_at = time.monotonic()
        async with asyncio.timeout(ANSWER_S):
            cursor = await connection.execute(HEAD)
            version, server_s = await cursor.fetchone() or (0, 0.0)
        return Head(
            version=version,
            server_s=server_s,
            asked_at=asked_at,
            answered_at=time.monotonic(),
        )

    async def newer(self, version: int) -> AsyncGenerator[list[Row], None]:
        """The rows after it in the order of their versions, page by page, as of one moment."""
        connection = await self._connected()
        async with connection.transaction():
            async with asyncio.timeout(ANSWER_S):
                await connection.execute(PLATFORM)
            async with connection.cursor(name="newer", binary=True) as cursor:
                async with asyncio.timeout(PAGE_S):
                    await cursor.execute(NEWER, [version])
                full = True
                while full:
                    async with asyncio.timeout(PAGE_S):
                        records = await cursor.fetchmany(PAGE_ROWS)
                    yield [Row(*record) for record in records]
                    full = len(records) == PAGE_ROWS

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connected(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        if self._connection is None:
            async with asyncio.timeout(CONNECT_S):
                # Statements are few and short; a pooler between us and the server keeps no names.
                self._connection = await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, prepare_threshold=None
                )
        return self._connection
