"""An HTTP/1.1 server that can be wrong on purpose, and keeps a book about it.

Law: what is written down is what this side of the socket saw, on the clock all processes of a
machine share (monotonic).
"""

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import msgspec

LINGER_NOT: Final = struct.pack("ii", 1, 0)


class Seen(msgspec.Struct, kw_only=True):
    """One request and what became of its answer."""

    number: int
    path: str
    credential: str
    headers: dict[str, str]
    body: bytes
    began_at: float
    model: str = ""
    stream: bool = False
    status: int = 0
    sent_bytes: int = 0
    events: int = 0  # of content
    finished_at: float | None = None  # the whole answer was written
    gone_at: float | None = None  # the caller left, or we made it so
    gone_how: str = ""  # fin, rst or ours


class Gone(Exception):
    """The caller has left."""


class Answer:
    """The way back to one caller."""

    def __init__(self, connection: "Connection", seen: Seen) -> None:
        self._connection = connection
        self.seen = seen
        self.chunked = False

    @property
    def asked(self) -> dict[str, Any]:
        try:
            asked = msgspec.json.decode(self.seen.body)
        except msgspec.DecodeError:
            return {}
        return asked if isinstance(asked, dict) else {}

    async def raw(self, data: bytes) -> None:
        await self._connection.write(data)
        self.seen.sent_bytes += len(data)

    async def head(self, status: int, *headers: tuple[str, str], length: int | None = None) -> None:
        """Without a length the body is chunked."""
        self.seen.status = status
        self.chunked = length is None
        framing = (
            ("transfer-encoding", "chunked") if length is None else ("content-length", str(length))
        )
        lines = [f"HTTP/1.1 {status} Evil", *(f"{k}: {v}" for k, v in (*headers, framing)), "", ""]
        await self.raw("\r\n".join(lines).encode("latin-1"))

    async def body(self, data: bytes) -> None:
        await self.raw(b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    async def end(self) -> None:
        if self.chunked:
            await self.raw(b"0\r\n\r\n")

    async def whole(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        await self.head(status, *headers, length=len(body))
        await self.body(body)

    async def event(self, data: bytes) -> None:
        await self.body(data)
        self.seen.events += 1

    async def silence(self) -> None:
        """Until the caller leaves."""
        await self._connection.left
        raise Gone

    def reset(self) -> None:
        self._connection.leave(hard=True)
        raise Gone

    def close(self) -> None:
        self._connection.leave(hard=False)
        raise Gone

    def close_after(self) -> None:
        """A keep-alive connection that ends without a word, once the answer is out."""
        self._connection.closes_after_answer = True


Responder = Callable[[Answer], Awaitable[None]]


class Connection(asyncio.Protocol):
    def __init__(self, server: "EvilServer") -> None:
        self._server = server
        self._received = b""
        self._seen: Seen | None = None
        self._task: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport | None = None
        self.left: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closes_after_answer = False

    @property
    def is_busy(self) -> bool:
        """It owes somebody an answer."""
        return self._seen is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._next()

    def eof_received(self) -> bool:
        self._note_gone("fin")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._note_gone("ours" if exc is None else "rst")

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    async def write(self, data: bytes) -> None:
        if self.left.done() or self._transport is None or self._transport.is_closing():
            raise Gone
        self._transport.write(data)
        await self._writable.wait()
        if self.left.done():
            raise Gone

    def leave(self, *, hard: bool) -> None:
        if self._transport is None or self.left.done():
            return
        self._note_gone("ours")
        if hard:
            sock = self._transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
            self._transport.abort()
        else:
            self._transport.close()

    def _note_gone(self, how: str) -> None:
        if self.left.done():
            return
        if self._seen is not None and self._seen.finished_at is None:
            self._seen.gone_at, self._seen.gone_how = time.monotonic(), how
        self.left.set_result(None)
        self._writable.set()

    def _next(self) -> None:
        if self._task is not None or self.left.done():
            return
        found = parse(self._received)
        if found is None:
            return
        method, path, headers, body, self._received = found
        if path.startswith(self._server.control_prefix):
            self._task = asyncio.ensure_future(self._control(method, path))
        else:
            self._seen = self._server.write_down(path=path, headers=headers, body=body)
            self._task = asyncio.ensure_future(self._answer(Answer(self, self._seen)))

    async def _answer(self, answer: Answer) -> None:
        try:
            await self._server.respond(answer)
        except Gone:
            return
        answer.seen.finished_at = time.monotonic()
        self._done()
        if self.closes_after_answer:
            self.leave(hard=False)

    async def _control(self, method: str, path: str) -> None:
        body = msgspec.json.encode(
            self._server.control(method, path.removeprefix(self._server.control_prefix))
        )
        await self.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        self._done()

    def _done(self) -> None:
        self._task = self._seen = None
        self._next()


def parse(
    received: bytes,
) -> tuple[str, str, dict[str, str], bytes, bytes] | None:
    """Method, path, headers, body and what follows; None while something is missing."""
    head, found, rest = received.partition(b"\r\n\r\n")
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    if "chunked" in headers.get("transfer-encoding", ""):
        unchunked = _unchunked(rest)
        return None if unchunked is None else (method, path, headers, *unchunked)
    length = int(headers.get("content-length", "0"))
    if len(rest) < length:
        return None
    return method, path, headers, rest[:length], rest[length:]


def _unchunked(rest: bytes) -> tuple[bytes, bytes] | None:
    body = b""
    while True:
        line, found, after = rest.partition(b"\r\n")
        if not found:
            return None
        size = int(line.split(b";")[0], 16)
        if len(after) < size + 2:
            return None
        body, rest = body + after[:size], after[size + 2 :]
        if size == 0:
            return body, rest


class EvilServer:
    control_prefix: Final = "/_referee/"

    def __init__(self, respond: Callable[[Answer], Coroutine[Any, Any, None]]) -> None:
        self.respond = respond
        self.connections: set[Connection] = set()
        self._book: list[Seen] = []
        self._numbers = 0

    def write_down(self, *, path: str, headers: dict[str, str], body: bytes) -> Seen:
        self._numbers += 1
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        seen = Seen(
            number=self._numbers,
            path=path,
            credential=headers.get("x-api-key") or headers.get("x-goog-api-key") or bearer,
            headers=headers,
            body=body,
            began_at=time.monotonic(),
        )
        self._book.append(seen)
        return seen

    def control(self, method: str, word: str) -> object:
        if word == "requests" and method == "DELETE":
            self._book.clear()
        if word == "requests":
            return self._book
        # The one that asks does not count.
        busy = sum(connection.is_busy for connection in self.connections)
        return {"connections": len(self.connections) - 1, "busy": busy}

    async def listen(self, port: int) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: Connection(self), "127.0.0.1", port, backlog=4096)
