"""The mock provider in process: calls below `mock:` never leave it, all others go their way.

Laws: what a socket would do to a caller is done here too, in its time: headers late or never, every
piece by itself, deadlines, an end at once when the caller gives up; nothing else waits meanwhile.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from accounts.ids import new_id
from gateway.edge.egress.upstream import Deadlines, Disconnected, TimedOut, Upstream, UpstreamAnswer
from providers.adapters.base import UpstreamCall
from providers.adapters.mock.memory import Memory
from providers.adapters.mock.playing import Piece
from providers.adapters.mock.serving import Call, respond

SCHEME: Final = "mock:"


class MockTransport:
    def __init__(self, vendors: Upstream) -> None:
        self._vendors = vendors
        self._memory = Memory()

    async def send(
        self,
        call: UpstreamCall,
        *,
        origin: str,
        proxy_url: str = "",
        deadlines: Deadlines,
    ) -> UpstreamAnswer:
        if not call.url.startswith(SCHEME):
            return await self._vendors.send(
                call, origin=origin, proxy_url=proxy_url, deadlines=deadlines
            )
        said = respond(
            Call(
                method=call.method,
                path=call.url.removeprefix(SCHEME).partition("?")[0],
                headers=dict(call.headers),
                body=call.body,
                id=new_id().hex,
                created=int(datetime.now(UTC).timestamp()),
                memory=self._memory,
            )
        )
        left_s = min(deadlines.headers_s, deadlines.total_at - monotonic())
        if said.wait_s > left_s:
            await asyncio.sleep(max(0.0, left_s))
            raise TimedOut("headers" if left_s == deadlines.headers_s else "total", sent=True)
        if said.wait_s > 0:
            await asyncio.sleep(said.wait_s)
        return MockAnswer(said.status, dict(said.headers), iter(said.pieces), deadlines)

    async def close(self) -> None:
        await self._vendors.close()


class MockAnswer:
    __slots__ = ("_deadlines", "_gone", "_pieces", "headers", "status")

    def __init__(
        self, status: int, headers: dict[str, str], pieces: Iterator[Piece], deadlines: Deadlines
    ) -> None:
        self.status = status
        self.headers: Mapping[str, str] = headers
        self._pieces = pieces
        self._deadlines = deadlines
        self._gone = asyncio.Event()

    async def read(self) -> bytes:
        piece = next(self._pieces, None)
        if piece is None:
            return b""
        delay_s, data = piece
        await self._wait(delay_s)
        return data

    async def whole(self) -> bytes:
        body = b""
        while data := await self.read():
            body += data
        return body

    def abort(self) -> None:
        self._gone.set()

    async def _wait(self, delay_s: float) -> None:
        left_s = self._deadlines.total_at - monotonic()
        idle_s = self._deadlines.idle_s
        waited_s = max(0.0, min(delay_s, left_s, idle_s))
        if waited_s == 0.0:
            await asyncio.sleep(0)  # a socket would let others have their turn too
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(waited_s):
                    await self._gone.wait()
        if self._gone.is_set():
            raise Disconnected("given up by the caller", sent=True)
        if waited_s < delay_s:
            raise TimedOut("body" if idle_s <= left_s else "total", sent=True)
