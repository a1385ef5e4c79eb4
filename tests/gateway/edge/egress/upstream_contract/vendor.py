"""A vendor on loopback that does exactly what a test says, and remembers what it saw.

Law: it knows nothing of the client under test; all it tells is what came over the socket, when.
"""

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final, TypeAlias, cast

RESET: Final = struct.pack("ii", 1, 0)
SMALL_BUFFER_BYTES: Final = 65_536
OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
STREAM: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
LAST_CHUNK: Final = b"0\r\n\r\n"


class Gone(Exception):
    """The client closed the connection."""


class Asked:
    """One request, as it came."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head = head
        self.body = body
        self.line, *rows = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        self.headers = {
            name.lower(): value for name, _, value in (row.partition(": ") for row in rows)
        }


class Link:
    """One connection, seen from the vendor's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._transport = cast("asyncio.Transport", writer.transport)  # which reads, too
        self.asked: list[Asked] = []
        self.sent_bytes = 0
        self.closed = asyncio.Event()
        self.closed_at = 0.0

    async def request(self) -> Asked:
        """The next one, whole; Gone when the client has closed."""
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            asked = Asked(head, b"")
            self.asked.append(asked)
            asked.body = await self._reader.readexactly(
                int(asked.headers.get("content-length", "0"))
            )
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Gone from None
        return asked

    async def send(self, data: bytes) -> None:
        if self._transport.is_closing():
            raise Gone
        try:
            self._writer.write(data)
            await self._writer.drain()
        except ConnectionError:
            raise Gone from None
        if self._transport.is_closing():
            raise Gone
        self.sent_bytes += len(data)

    async def until_gone(self) -> None:
        with contextlib.suppress(ConnectionError):
            while await self._reader.read(65_536):
                pass
        raise Gone

    def close(self) -> None:
        self._writer.close()

    def finish(self) -> None:
        """Says at once, before anything else runs, that nothing more will come."""
        number = self._writer.get_extra_info("socket").fileno()
        with socket.fromfd(number, socket.AF_INET, socket.SOCK_STREAM) as raw:
            raw.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._writer.transport.abort()

    def hold(self) -> None:
        """Reads nothing until told to go on."""
        self._transport.pause_reading()

    def go_on(self) -> None:
        self._transport.resume_reading()

    def small_buffers(self) -> None:
        """So that what the client does not read is soon felt here."""
        raw = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER_BYTES)
        self._writer.transport.set_write_buffer_limits(high=SMALL_BUFFER_BYTES)


Behaviour: TypeAlias = Callable[[Link], Awaitable[None]]


class Vendor:
    def __init__(self, *, scheme: str, port: int = 0, host: str = "127.0.0.1") -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.links: list[Link] = []
        self.open_links = 0
        self.failures: list[BaseException] = []

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def asked(self) -> list[Asked]:
        return [asked for link in self.links for asked in link.asked]

    async def serve(self, link: Link, behaviour: Behaviour) -> None:
        self.links.append(link)
        self.open_links += 1
        try:
            await behaviour(link)
        except Gone:
            pass
        except Exception as error:  # noqa: BLE001 - told by the test that ran into it
            self.failures.append(error)
        finally:
            self.open_links -= 1
            link.closed_at = monotonic()
            link.closed.set()
            link.close()


@asynccontextmanager
async def vendor(
    behaviour: Behaviour,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Vendor]:
    made = Vendor(scheme="https" if tls else "http", host=host)
    serving: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(made.serve(Link(reader, writer), behaviour))
        serving.add(task)
        task.add_done_callback(serving.discard)

    server = await asyncio.start_server(accept, host, port, ssl=tls, limit=1 << 26)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
    assert not made.failures


# --- behaviours ------------------------------------------------------------------------------


async def answers(link: Link) -> None:
    """Every request, plainly, for as long as the client likes."""
    while True:
        await link.request()
        await link.send(OK)


async def is_silent(link: Link) -> None:
    await link.request()
    await link.until_gone()


async def goes_silent(link: Link) -> None:
    """Inside its answer."""
    await link.request()
    await link.send(STREAM + chunk(b"data: 1\n\n"))
    await link.until_gone()


def sends(data: bytes) -> Behaviour:
    """These bytes to every request, then nothing."""

    async def behave(link: Link) -> None:
        while True:
            await link.request()
            await link.send(data)

    return behave


def pours(head: bytes, piece: bytes, *, pieces: int) -> Behaviour:
    """An answer of many pieces, as fast as they are taken."""

    async def behave(link: Link) -> None:
        link.small_buffers()
        await link.request()
        await link.send(head)
        for _ in range(pieces):
            await link.send(piece)
        await link.until_gone()

    return behave


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)
