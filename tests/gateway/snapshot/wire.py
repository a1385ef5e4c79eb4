"""A line to PostgreSQL that can be cut and frozen."""

import asyncio
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit, urlunsplit

CHUNK: Final = 65_536


class Wire:
    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._running: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()

    @property
    def url(self) -> str:
        login = f"{self._parts.username}:{self._parts.password}"
        return urlunsplit(self._parts._replace(netloc=f"{login}@127.0.0.1:{self._port}"))

    async def join(self) -> None:
        """Also after it was cut, at the same port."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Everything open is closed, nothing new is taken."""
        assert self._server is not None
        self._server.close()
        self.thaw()
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._server.wait_closed()

    def freeze(self) -> None:
        """Everything is taken, nothing is answered."""
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    async def _connect(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        far, forth = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        try:
            with suppress(ConnectionError):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(near, forth))
                    group.create_task(self._pump(far, back))
        except* ConnectionError:
            pass
        finally:
            forth.close()
            back.close()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(CHUNK):
            await self._flows.wait()
            sink.write(data)
            await sink.drain()
        sink.close()
