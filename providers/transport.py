"""The control plane's way to a vendor: httpx above the address policy.

Laws: a connection goes to an address that was judged, by the certificate of the name, and serves
one request; nothing is followed, decoded, taken from the environment or read beyond its cap; calls
below `mock:` never leave the process.

    RefusedAddress            where the call would go (providers.addresses)
    httpx.TransportError
    └── RefusedAnswer         a redirect, an encoding, a size
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import httpx
from django.conf import settings

from accounts.ids import new_id
from providers.adapters.base import UpstreamCall
from providers.adapters.bound import Answer
from providers.adapters.mock.answers import Answer as MockSaid
from providers.adapters.mock.serving import Call, respond
from providers.addresses import Address, Place, RefusedAddress, place_of
from providers.proxies import Proxy, proxy_of
from providers.resolver import Resolver, tls_context

HEADERS_MAX_BYTES: Final = 65_536
BODY_MAX_BYTES: Final = 67_108_864
CALL_S: Final = 60.0  # silence of a vendor; whoever calls has a deadline of its own
PLAIN: Final = frozenset({"", "identity"})
MOCK: Final = "mock:"


class RefusedAnswer(httpx.TransportError):
    """An answer that no caller may use; the message says what is wrong with it."""


class SafeTransport(httpx.AsyncBaseTransport):
    """Judges where each request goes, and what comes back."""

    def __init__(
        self,
        resolver: Resolver,
        *,
        tls: ssl.SSLContext,
        proxy: Proxy | None = None,
        body_max_bytes: int = BODY_MAX_BYTES,
    ) -> None:
        self._resolver = resolver
        self._tls = tls
        self._proxy = proxy
        self._body_max_bytes = body_max_bytes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        place = self._resolver.policy.check_url(str(request.url))
        addresses = await self._addresses(place, request)
        request.headers["Host"] = place.authority
        request.headers["Accept-Encoding"] = "identity"
        if self._proxy is None:
            response = await self._direct(request, place, addresses)
        else:
            response = await self._through(self._proxy, request)
        try:
            _refuse(response)
        except RefusedAnswer:
            await response.aclose()
            raise
        response.stream = _Capped(response, self._body_max_bytes)
        return response

    async def _direct(
        self, request: httpx.Request, place: Place, addresses: tuple[Address, ...]
    ) -> httpx.Response:
        """From the first address that can be reached."""
        inner = self._inner(None)
        extensions = {**request.extensions, "sni_hostname": place.host}
        for left, address in enumerate(addresses, start=1 - len(addresses)):
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=str(address), port=place.port),
                headers=request.headers,
                stream=request.stream,
                extensions=extensions,
            )
            try:
                return await inner.handle_async_request(pinned)
            except httpx.ConnectError:
                if not left:
                    raise
        raise httpx.ConnectError(f"{place.host} has no address", request=request)

    async def _through(self, proxy: Proxy, request: httpx.Request) -> httpx.Response:
        # The proxy looks the name up again: what it finds must show the name's certificate.
        address = (await self._addresses(proxy.place, request))[0]
        shown = f"[{address}]" if address.version == 6 else str(address)
        said = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
        inner = self._inner(httpx.Proxy(f"http://{shown}:{proxy.place.port}", headers=said))
        return await inner.handle_async_request(request)

    def _inner(self, proxy: httpx.Proxy | None) -> httpx.AsyncHTTPTransport:
        # A kept connection could be taken by a request to another name at the same address.
        limits = httpx.Limits(max_keepalive_connections=0)
        return httpx.AsyncHTTPTransport(
            verify=self._tls, trust_env=False, limits=limits, proxy=proxy
        )

    async def _addresses(self, place: Place, request: httpx.Request) -> tuple[Address, ...]:
        try:
            return await self._resolver.addresses(place)
        except OSError as error:
            raise httpx.ConnectError(f"{place.host}: {error.strerror}", request=request) from error


class _Capped(httpx.AsyncByteStream):
    def __init__(self, response: httpx.Response, limit_bytes: int) -> None:
        self._response = httpx.Response(response.status_code, stream=response.stream)
        self._limit_bytes = limit_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for chunk in self._response.aiter_raw():
            taken += len(chunk)
            if taken > self._limit_bytes:
                raise RefusedAnswer(f"the answer exceeds {self._limit_bytes} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


class VendorTransport:
    """What a provider that is bound to its credential calls with (providers.adapters.bound)."""

    def __init__(self, resolver: Resolver, *, tls: ssl.SSLContext, proxy_url: str = "") -> None:
        self.resolver = resolver
        self.tls = tls
        self.proxy = proxy_of(proxy_url) if proxy_url else None

    @asynccontextmanager
    async def open(self, call: UpstreamCall, *, origin: str) -> AsyncIterator[Answer]:
        if call.url.startswith(MOCK):
            yield await _mocked(call)
            return
        if place_of(call.url).origin != place_of(origin).origin:
            raise RefusedAddress("the credential is bound to another origin")
        transport = SafeTransport(self.resolver, tls=self.tls, proxy=self.proxy)
        async with (
            httpx.AsyncClient(transport=transport, trust_env=False, timeout=CALL_S) as client,
            client.stream(
                call.method, call.url, headers=list(call.headers), content=call.body or None
            ) as response,
        ):
            yield HttpxAnswer(response)


def configured_transport(*, proxy_url: str = "") -> VendorTransport:
    """By the settings of this installation; one per job."""
    return VendorTransport(
        Resolver(settings.EGRESS_POLICY),
        tls=tls_context(settings.EGRESS_CA_BUNDLE),
        proxy_url=proxy_url,
    )


class HttpxAnswer:
    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = dict(response.headers)
        self._response = response

    def pieces(self) -> AsyncIterator[bytes]:
        return self._response.aiter_raw()

    async def whole(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])


class MockedAnswer:
    def __init__(self, said: MockSaid) -> None:
        self.status = said.status
        self.headers: Mapping[str, str] = dict(said.headers)
        self._said = said

    async def pieces(self) -> AsyncIterator[bytes]:
        for delay_s, piece in self._said.pieces:
            await _pause(delay_s)
            yield piece

    async def whole(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])


async def _mocked(call: UpstreamCall) -> MockedAnswer:
    said = respond(
        Call(
            method=call.method,
            path=call.url.removeprefix(MOCK).partition("?")[0],
            headers=dict(call.headers),
            body=call.body,
            id=new_id().hex,
            created=int(datetime.now(UTC).timestamp()),
        )
    )
    await _pause(said.wait_s)
    return MockedAnswer(said)


async def _pause(seconds: float) -> None:
    await asyncio.sleep(min(seconds, CALL_S))
    if seconds > CALL_S:
        raise httpx.ReadTimeout("the mock said nothing, as it was told to")


def _refuse(response: httpx.Response) -> None:
    size = sum(len(name) + len(value) + 4 for name, value in response.headers.raw)
    if size > HEADERS_MAX_BYTES:
        raise RefusedAnswer(f"the headers of the answer exceed {HEADERS_MAX_BYTES} bytes")
    if 300 <= response.status_code < 400:
        raise RefusedAnswer(
            f"the answer is a redirect ({response.status_code}), which is never followed"
        )
    if response.headers.get("content-encoding", "").strip().lower() not in PLAIN:
        raise RefusedAnswer("the answer is compressed, though identity was asked for")
