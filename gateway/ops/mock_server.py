"""`switchyard mock`: the mock provider over HTTP/1.1 on loopback, for tests and benchmarks.

Laws: it answers whoever reaches it, without a key, and nobody reaches it from another machine; an
answer that nobody waits for any more ends at once.
"""

import asyncio
import math
import re
import signal
from argparse import Namespace
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Final

from accounts.ids import new_id
from gateway.ops.configuration import Configuration
from gateway.ops.outcome import Exit
from gateway.ops.output import write
from gateway.ops.ports import LOOPBACK, require_free
from providers.adapters.mock.answers import Answer
from providers.adapters.mock.memory import Memory
from providers.adapters.mock.serving import Call, respond

CHUNK_SIZE: Final = re.compile(rb"[0-9A-Fa-f]{1,8}")
READ_BYTES: Final = 65_536
MOST_HEAD_BYTES: Final = 65_536
MOST_BODY_BYTES: Final = 67_108_864
END_OF_HEAD: Final = b"\r\n\r\n"
KNOWN: Final = frozenset(status.value for status in HTTPStatus)
LAST_CHUNK: Final = b"0\r\n\r\n"


def run(arguments: Namespace, _: Configuration) -> int:
    port: int = arguments.mock_port
    require_free(host=LOOPBACK, port=port)
    asyncio.run(_serve(port))
    return Exit.OK


async def _serve(port: int) -> None:
    memory = Memory()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await asyncio.start_server(partial(handle, memory=memory), LOOPBACK, port)
    write(f"The mock provider listens on http://{LOOPBACK}:{port}.")
    await stopped.wait()
    server.close()


class Gone(Exception):
    """The client left, or speaks no HTTP: nobody is there to be answered."""


async def handle(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, memory: Memory | None = None
) -> None:
    """`memory` is what all connections share."""
    connection = Connection(reader, writer, memory=memory or Memory())
    try:
        while await connection.answer_one():
            pass
    except (Gone, ConnectionError, asyncio.CancelledError):
        pass  # whoever is gone hears nothing
    finally:
        writer.close()


class Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, memory: Memory
    ) -> None:
        self._memory = memory
        self._reader = reader
        self._writer = writer
        self._ahead = b""  # arrived, not read yet

    async def answer_one(self) -> bool:
        """Whether another request may follow."""
        head = await self._head()
        if head is None:
            return False
        method, path, headers = head
        if headers.get("expect", "").lower() == "100-continue":
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await self._body(headers)
        call = Call(
            method=method,
            path=path.partition("?")[0],
            headers=headers,
            body=body,
            id=new_id().hex,
            created=int(datetime.now(UTC).timestamp()),
            memory=self._memory,
        )
        await self._unless_gone(respond(call))
        return headers.get("connection", "").lower() != "close"

    async def _head(self) -> tuple[str, str, dict[str, str]] | None:
        while END_OF_HEAD not in self._ahead:
            if len(self._ahead) > MOST_HEAD_BYTES or not await self._more():
                return None
        head, _, self._ahead = self._ahead.partition(END_OF_HEAD)
        first, *lines = head.decode("latin-1").split("\r\n")
        try:
            method, path, _ = first.split(" ")
            pairs = [line.split(":", 1) for line in lines]
            return method, path, {name.lower(): value.strip() for name, value in pairs}
        except ValueError:
            raise Gone(first) from None

    async def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return await self._chunks()
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BODY_BYTES:
            raise Gone(length)
        return await self._exactly(int(length))

    async def _chunks(self) -> bytes:
        body = b""
        while True:
            line = await self._line()
            if not CHUNK_SIZE.fullmatch(line) or len(body) + int(line, 16) > MOST_BODY_BYTES:
                raise Gone("no chunk")
            size = int(line, 16)
            body += await self._exactly(size)
            await self._line()
            if size == 0:
                return body

    async def _line(self) -> bytes:
        while b"\r\n" not in self._ahead:
            if not await self._more():
                raise Gone("ended within a line")
        line, _, self._ahead = self._ahead.partition(b"\r\n")
        return line

    async def _exactly(self, size: int) -> bytes:
        held = [self._ahead]
        missing = size - len(self._ahead)
        while missing > 0:
            data = await self._reader.read(READ_BYTES)
            if not data:
                raise Gone("ended within a body")
            held.append(data)
            missing -= len(data)
        whole = b"".join(held)
        self._ahead = whole[size:]
        return whole[:size]

    async def _more(self) -> bool:
        data = await self._reader.read(READ_BYTES)
        self._ahead += data
        return bool(data)

    async def _unless_gone(self, answer: Answer) -> None:
        """Answers while it watches whether the client is still there."""
        answering = asyncio.ensure_future(self._write(answer))
        watching = asyncio.ensure_future(self._more())
        try:
            while not answering.done():
                await asyncio.wait({answering, watching}, return_when=asyncio.FIRST_COMPLETED)
                if not watching.done():
                    break
                if not watching.result():
                    raise Gone("left")
                watching = asyncio.ensure_future(self._more())
            await answering
        finally:
            for task in (answering, watching):
                task.cancel()
                with suppress(asyncio.CancelledError, ConnectionError):
                    await task

    async def _write(self, answer: Answer) -> None:
        await _pause(answer.wait_s)
        reason = HTTPStatus(answer.status).phrase if answer.status in KNOWN else "Mock"
        head = [f"HTTP/1.1 {answer.status} {reason}"]
        head += [f"{name}: {value}" for name, value in answer.headers]
        if answer.stream:
            head.append("transfer-encoding: chunked")
            self._writer.write("\r\n".join([*head, "\r\n"]).encode("latin-1"))
            for delay_s, data in answer.pieces:
                await _pause(delay_s)
                self._writer.write(b"%x\r\n%b\r\n" % (len(data), data))
                await self._writer.drain()
            self._writer.write(LAST_CHUNK)
        else:
            body = b"".join(data for _, data in answer.pieces)
            head.append(f"content-length: {len(body)}")
            self._writer.write("\r\n".join([*head, "\r\n"]).encode("latin-1") + body)
        await self._writer.drain()


async def _pause(seconds: float) -> None:
    if seconds == math.inf:
        await asyncio.Event().wait()
    elif seconds > 0:
        await asyncio.sleep(seconds)
