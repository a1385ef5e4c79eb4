"""httpx as one finds it in the wild, behind the interface: what the contract is there to refuse."""

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

import httpx

from gateway.edge.egress.upstream import Deadlines, Disconnected, TimedOut, UpstreamAnswer
from providers.adapters.base import UpstreamCall

if TYPE_CHECKING:
    from collections.abc import Mapping


class NaiveAnswer:
    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._chunks = response.aiter_bytes()
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    async def read(self) -> bytes:
        try:
            return await anext(self._chunks, b"")
        except httpx.TimeoutException:
            raise TimedOut("body", sent=True) from None
        except httpx.TransportError as error:
            raise Disconnected(str(error), sent=True) from error

    async def whole(self) -> bytes:
        try:
            return await self._response.aread()
        except httpx.TransportError as error:
            raise Disconnected(str(error), sent=True) from error

    def abort(self) -> None:
        self._closing = asyncio.ensure_future(self._response.aclose())


class Naive:
    def __init__(self, *, limit: int) -> None:
        self._client = httpx.AsyncClient(
            follow_redirects=True, limits=httpx.Limits(max_connections=limit)
        )

    async def send(
        self, call: UpstreamCall, *, origin: str, proxy_url: str = "", deadlines: Deadlines
    ) -> UpstreamAnswer:
        del origin, proxy_url
        silence_s = min(deadlines.headers_s, deadlines.total_at - monotonic())
        request = self._client.build_request(
            call.method,
            call.url,
            headers=list(call.headers),
            content=call.body,
            timeout=httpx.Timeout(silence_s, connect=deadlines.connect_s, pool=deadlines.pool_s),
        )
        try:
            return NaiveAnswer(await self._client.send(request, stream=True))
        except httpx.TimeoutException:
            raise TimedOut("headers", sent=True) from None
        except httpx.TransportError as error:
            raise Disconnected(str(error), sent=True) from error

    async def close(self) -> None:
        await self._client.aclose()
