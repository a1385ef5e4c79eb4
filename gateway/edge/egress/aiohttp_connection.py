"""One connection to a vendor, and what comes back on it; aiohttp's parser reads the HTTP/1.1.

Laws: one request at a time; nothing is decoded; what has arrived is handed out before the fault
that came after it; reading stops while nobody takes what was read; one timer watches all phases;
a connection that is given up is closed at once.
"""

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol, cast

from aiohttp.http import HttpResponseParser, HttpVersion10, HttpVersion11, RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.streams import StreamReader

from gateway.edge.egress.upstream import (
    BadAnswer,
    ConnectFailed,
    Deadlines,
    Disconnected,
    TimedOut,
    TooLarge,
    UpstreamFault,
)

if TYPE_CHECKING:
    from aiohttp.base_protocol import BaseProtocol

HEADERS_MAX_BYTES: Final = 65_536
HEADERS_MAX_LINES: Final = 200
BODY_MAX_BYTES: Final = 67_108_864
# Framing may take as much again; who sends more than that sends nothing but framing.
WIRE_MAX_BYTES: Final = 2 * BODY_MAX_BYTES
# Reading stops at twice this much unread, and goes on below it.
READ_AHEAD_BYTES: Final = 65_536
# A body up to this size goes out with the head in one write.
JOINED_BODY_BYTES: Final = 65_536
SHORTEST_WAIT_S: Final = 0.001
LOOK_EACH_S: Final = 5.0  # a nearer deadline than the one waited for needs no timer of its own
PLAIN: Final = frozenset({"", "identity"})
VERSIONS: Final = frozenset({HttpVersion10, HttpVersion11})
BODILESS: Final = frozenset({204, 205})


class Lane(Protocol):
    """Whoever lends connections out."""

    def back(self, connection: "VendorConnection") -> None:
        """It may serve another request."""
        ...

    def lost(self, connection: "VendorConnection") -> None:
        """It is closed, or about to be; may be said twice."""
        ...


class VendorConnection(asyncio.Protocol):
    __slots__ = (
        "_deadlines", "_fault", "_headers_at", "_lane", "_loop", "_message", "_parser", "_paused",
        "_payload", "_received", "_surplus", "_taken", "_timer", "_timer_at", "_transport",
        "_waiter", "_waiting_since",
    )  # fmt: skip

    def __init__(self, *, loop: asyncio.AbstractEventLoop, lane: Lane) -> None:
        self._loop = loop
        self._lane = lane
        self._transport: asyncio.Transport | None = None
        self._parser: HttpResponseParser | None = None
        self._message: RawResponseMessage | None = None
        self._payload: StreamReader | None = None
        self._fault: UpstreamFault | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._paused = False

    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def fileno(self) -> int:
        """Of its socket; only of an open one."""
        number: int = cast("asyncio.Transport", self._transport).get_extra_info("socket").fileno()
        return number

    async def exchange(self, head: bytes, body: bytes, *, deadlines: Deadlines) -> "VendorAnswer":
        """Sends the request and waits for the headers of its answer; however it fails, the
        connection is closed."""
        try:
            self._begin(deadlines)
            self._write(head, body)
            while self._message is None:
                if self._fault is not None:
                    raise self._fault
                await self.arrival()
            return self._answer(self._message, cast("StreamReader", self._payload))
        except BaseException:
            self.abort()
            raise

    def abort(self) -> None:
        self.fail(Disconnected("the answer was given up", sent=True))
        self._parser = self._payload = None
        self._lane.lost(self)

    def fail(self, fault: UpstreamFault) -> None:
        """Closes the socket; what has arrived can still be read, then the fault is raised."""
        if self._fault is None:
            self._fault = fault
        self._unwatch()
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    # --- one exchange ----------------------------------------------------------------------

    def _begin(self, deadlines: Deadlines) -> None:
        self._message = self._payload = self._fault = None
        self._paused = self._surplus = False
        self._received = self._taken = 0
        self._parser = HttpResponseParser(
            cast("BaseProtocol", self),
            self._loop,
            READ_AHEAD_BYTES,
            max_field_size=HEADERS_MAX_BYTES,
            max_headers=HEADERS_MAX_LINES,
            read_until_eof=True,
            auto_decompress=False,
        )
        self._deadlines = deadlines
        now = monotonic()
        self._headers_at = now + deadlines.headers_s
        self._watch(min(self._headers_at, deadlines.total_at), now)

    def _write(self, head: bytes, body: bytes) -> None:
        transport = self._transport
        if transport is None:
            raise ConnectFailed("the vendor closed the connection as it was made")
        if len(body) <= JOINED_BODY_BYTES:
            transport.write(head + body)
        else:
            transport.write(head)
            transport.write(body)

    def _answer(self, message: RawResponseMessage, payload: StreamReader) -> "VendorAnswer":
        now = monotonic()
        idle_at = now + self._deadlines.idle_s
        if idle_at < self._timer_at:
            self._unwatch()
            self._watch(idle_at, now)
        headers: dict[str, str] = {}
        # Most heads come in few bytes; where more has come, they are counted.
        if self._received > HEADERS_MAX_BYTES:
            _refuse_large(message)
        for raw_name, raw_value in message.raw_headers:
            name, value = raw_name.lower().decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        _refuse(message, headers)
        return VendorAnswer(self, payload, status=message.code, headers=headers)

    def take(self, payload: StreamReader) -> bytes | None:
        """What has come and was not taken yet; b"" at the end, None when there is nothing yet."""
        if payload.total_bytes > BODY_MAX_BYTES:
            self.fail(TooLarge("the answer", limit_bytes=BODY_MAX_BYTES))
        elif payload.total_bytes > self._taken:
            data = payload.read_nowait()
            self._taken += len(data)
            return data
        elif payload.is_eof():
            self._end()
            return b""
        if self._fault is not None:
            raise self._fault
        self._waiting_since = monotonic()
        return None

    def arrival(self) -> asyncio.Future[None]:
        """Done when anything has come or happened; one waits at a time."""
        waiter = self._waiter = self._loop.create_future()
        return waiter

    def _end(self) -> None:
        """The answer has been read whole: the connection goes back, if it is as new."""
        self._unwatch()
        parser, self._parser, self._payload = self._parser, None, None
        message = self._message
        if (
            parser is None
            or message is None
            or message.should_close
            or self._surplus
            or self._transport is None
            or self._transport.is_closing()
            or self._transport.get_write_buffer_size()
            or _holds_more(parser)
        ):
            self.abort()
        else:
            self._lane.back(self)

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # --- deadlines -------------------------------------------------------------------------

    def _watch(self, due: float, now: float) -> None:
        self._timer_at = due = min(due, now + LOOK_EACH_S)
        self._timer = self._loop.call_later(max(due - now, SHORTEST_WAIT_S), self._look)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """A deadline may be over: which one, or when to look again."""
        now = monotonic()
        if now >= self._deadlines.total_at:
            return self.fail(TimedOut("total", sent=True))
        if self._message is None:
            due = self._headers_at
        elif self._waiter is None:
            # Nobody waits for the vendor; it has sent what it could.
            due = now + self._deadlines.idle_s
        else:
            due = self._waiting_since + self._deadlines.idle_s
        if now >= due:
            return self.fail(TimedOut("headers" if self._message is None else "body", sent=True))
        return self._watch(min(due, self._deadlines.total_at), now)

    # --- what the event loop calls ---------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            # Nothing was asked, or what was asked has been given up.
            return self.abort()
        self._received += len(data)
        self._feed(self._parser, data)
        if self._message is None and self._received > HEADERS_MAX_BYTES:
            self.fail(TooLarge("the headers", limit_bytes=HEADERS_MAX_BYTES))
        elif self._received > WIRE_MAX_BYTES:
            self.fail(TooLarge("the framing of the answer", limit_bytes=WIRE_MAX_BYTES))
        return self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._unwatch()
        if self._fault is None and self._parser is not None:
            self._fault = self._ending(self._parser, cleanly=exc is None)
        self._wake()
        self._lane.lost(self)

    # --- what the parser calls -------------------------------------------------------------

    def pause_reading(self) -> None:
        if self._paused or self._parser is None:
            return
        self._paused = True
        self._parser.pause_reading()
        if self.is_open():
            cast("asyncio.Transport", self._transport).pause_reading()

    def resume_reading(self, resume_parser: bool = True) -> None:  # noqa: FBT001, FBT002 - its call
        if not self._paused:
            return
        self._paused = False
        if resume_parser and self._parser is not None:
            self._feed(self._parser, b"")
        if not self._paused and self.is_open():
            cast("asyncio.Transport", self._transport).resume_reading()

    def _feed(self, parser: HttpResponseParser, data: bytes) -> None:
        try:
            messages, _, _ = parser.feed_data(data)
        except LineTooLong:
            return self.fail(TooLarge("a line of the headers", limit_bytes=HEADERS_MAX_BYTES))
        except HttpProcessingError as error:
            # Its message quotes the vendor, who may have quoted the credential.
            return self.fail(BadAnswer(f"the answer is not HTTP/1.1: {type(error).__name__}"))
        for message, payload in messages:
            if self._message is not None:
                self._surplus = True
                break
            self._message, self._payload = message, payload
        return None

    def _ending(self, parser: HttpResponseParser, *, cleanly: bool) -> UpstreamFault | None:
        if self._message is None or self._payload is None:
            return Disconnected("the vendor closed the connection before it answered", sent=True)
        if self._payload.is_eof():
            return None
        try:
            parser.feed_eof()
        except HttpProcessingError:
            cleanly = False
        if cleanly:
            return None
        return Disconnected("the vendor closed the connection inside its answer", sent=True)


class VendorAnswer:
    __slots__ = ("_connection", "_fault", "_payload", "headers", "status")

    def __init__(
        self,
        connection: VendorConnection,
        payload: StreamReader,
        *,
        status: int,
        headers: Mapping[str, str],
    ) -> None:
        self.status = status
        self.headers = headers
        self._connection: VendorConnection | None = connection
        self._payload = payload
        self._fault: UpstreamFault | None = None

    async def read(self) -> bytes:
        connection = self._connection
        if connection is None:
            if self._fault is not None:
                raise self._fault
            return b""
        try:
            while (data := connection.take(self._payload)) is None:
                await connection.arrival()
        except UpstreamFault as fault:
            self._fault = fault
            self.abort()
            raise
        except asyncio.CancelledError:
            self.abort()
            raise
        if not data:
            self._connection = None
        return data

    async def whole(self) -> bytes:
        pieces = []
        while piece := await self.read():
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def abort(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._fault = self._fault or Disconnected("the answer was given up", sent=True)
            connection.abort()


def _refuse_large(message: RawResponseMessage) -> None:
    if sum(len(name) + len(value) + 4 for name, value in message.raw_headers) > HEADERS_MAX_BYTES:
        raise TooLarge("the headers", limit_bytes=HEADERS_MAX_BYTES)


def _refuse(message: RawResponseMessage, headers: Mapping[str, str]) -> None:
    status = message.code
    if message.version not in VERSIONS:
        raise BadAnswer("the answer is not HTTP/1.1")
    if status < 200 or status in BODILESS:
        raise BadAnswer(f"status {status} answers no call")
    if 300 <= status < 400:
        raise BadAnswer(f"status {status} is a redirect, which is never followed")
    if headers.get("content-encoding", "").strip().lower() not in PLAIN:
        raise BadAnswer("the answer is compressed, though identity was asked for")
    if headers.get("transfer-encoding", "chunked").strip().lower() != "chunked":
        raise BadAnswer("the answer has a transfer encoding other than chunked")
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > BODY_MAX_BYTES:
        raise TooLarge("the answer", limit_bytes=BODY_MAX_BYTES)


def _holds_more(parser: HttpResponseParser) -> bool:
    """Whether bytes beyond the end of the answer have come: they would begin the next one."""
    try:
        return parser.feed_eof() is not None
    except HttpProcessingError:
        return True
