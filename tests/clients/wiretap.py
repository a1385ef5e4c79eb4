"""A way to a gateway on this machine that writes down what passes: who sees nothing but a client's
SDK sees no keep-alive, and counts no attempts.
"""

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, NamedTuple

from tests.faults.evil_server import parse

PIECE_BYTES: Final = 65_536
CLOSED_WITHIN_S: Final = 10


class Exchange(NamedTuple):
    path: str
    asked: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: float  # when its first byte was sent, on the monotonic clock
    is_whole: bool  # the answer has come to its end


class Link:
    """One connection: what was said in each direction, and when it began to be."""

    def __init__(self) -> None:
        self.sent = bytearray()
        self.received = bytearray()
        self.moments: list[tuple[int, float]] = []  # offset in `sent`, when

    def exchanges(self) -> Iterator[Exchange]:
        sent, received = bytes(self.sent), bytes(self.received)
        while (asked := parse(sent)) is not None:
            _, path, _, question, rest = asked
            offset = len(self.sent) - len(sent)
            at = next(when for start, when in reversed(self.moments) if start <= offset)
            sent = rest
            answer = _answer(received)
            if answer is None:
                return
            status, headers, body, received, is_whole = answer
            yield Exchange(path, question, status, headers, body, at, is_whole)


class Wiretap:
    def __init__(self, port: int) -> None:
        self._port = port
        self._links: list[Link] = []
        self.url = ""

    def exchanges(self) -> list[Exchange]:
        """In the order in which they were asked, the last of a connection as far as it came: who
        has heard enough does not wait for the end.
        """
        found = [each for link in self._links for each in link.exchanges()]
        return sorted(found, key=lambda each: each.at)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = Link()
        self._links.append(link)
        answers, questions = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await asyncio.gather(
                self._carry(reader, questions, link.sent, link.moments),
                self._carry(answers, writer, link.received, []),
            )
        except asyncio.CancelledError:
            pass  # asyncio's own callback would tell of it as of an error
        finally:
            for each in (writer, questions):
                each.close()

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        said: bytearray,
        moments: list[tuple[int, float]],
    ) -> None:
        try:
            while data := await reader.read(PIECE_BYTES):
                moments.append((len(said), time.monotonic()))
                said += data
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        # Who has nothing more to say, has left.
        writer.close()


@contextmanager
def tapped(port: int) -> Iterator[Wiretap]:
    tap = Wiretap(port)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(tap.serve, "127.0.0.1", 0))
    tap.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield tap
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server), loop).result(CLOSED_WITHIN_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(CLOSED_WITHIN_S)
        loop.close()


async def _closed(server: asyncio.Server) -> None:
    server.close()
    links = asyncio.all_tasks() - {asyncio.current_task()}
    for link in links:
        link.cancel()
    await asyncio.gather(*links, return_exceptions=True)


def _answer(received: bytes) -> tuple[int, dict[str, str], bytes, bytes, bool] | None:
    """Status, headers, body, what follows, and whether it is whole; None if it says nothing yet."""
    first, _, rest = received.partition(b"\r\n")
    words = first.split(b" ", 2)
    if len(words) < 2 or b"\r\n\r\n" not in received:
        return None
    # An answer is framed as a question is.
    read = parse(b"ANSWER / HTTP/1.1\r\n" + rest)
    is_whole = read is not None
    if read is None and b"transfer-encoding: chunked" in rest.lower():
        read = parse(b"ANSWER / HTTP/1.1\r\n" + _completed(rest))
    if read is None:
        return None
    _, _, headers, body, following = read
    return int(words[1]), headers, body, following, is_whole


def _completed(answer: bytes) -> bytes:
    """With an end to its last chunk, and to itself."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    whole = b""
    while b"\r\n" in rest:
        size, _, rest = rest.partition(b"\r\n")
        chunk, rest = rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        whole += b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b""
    return head + b"\r\n\r\n" + whole + b"0\r\n\r\n"
