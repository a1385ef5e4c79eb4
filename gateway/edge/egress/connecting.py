"""How a connection to a vendor comes to be.

Laws: the socket goes to an address that was judged, the certificate is checked for the name; a
connection that does not come about in time, or whose caller goes away, leaves no socket behind.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from msgspec import Struct

from gateway.edge.egress.tunnel import TunnelRequest
from gateway.edge.egress.upstream import AddressRefused, ConnectFailed, TimedOut
from providers.addresses import Address, Place, RefusedAddress
from providers.proxies import Proxy
from providers.resolver import Resolver

# An address that does not answer may take this part of the time from those after it.
SHARE: Final = 0.5

Made = TypeVar("Made")


class Route(Struct, frozen=True, kw_only=True):
    """An origin, and the way there."""

    place: Place
    proxy: Proxy | None = None


class Connector:
    def __init__(self, *, resolver: Resolver, tls: ssl.SSLContext) -> None:
        self._resolver = resolver
        self._tls = tls

    async def connect(self, route: Route, protocol: asyncio.Protocol, *, seconds: float) -> None:
        """Gives the protocol its connection; ConnectFailed, AddressRefused or TimedOut."""
        try:
            async with asyncio.timeout(seconds):
                if route.proxy is None:
                    await self._direct(route.place, protocol, seconds)
                else:
                    await self._through(route.proxy, route.place, protocol, seconds)
        except RefusedAddress as error:
            raise AddressRefused(str(error)) from None
        except TimeoutError:
            raise TimedOut("connect", sent=False) from None
        except OSError as error:
            raise ConnectFailed(f"{route.place.host}: {_reason(error)}") from error

    async def _direct(self, place: Place, protocol: asyncio.Protocol, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        tls = self._tls_of(place)
        name = place.host if tls else None

        async def to(address: Address) -> None:
            await loop.create_connection(
                lambda: protocol, str(address), place.port, ssl=tls, server_hostname=name
            )

        await _first(to, await self._resolver.addresses(place), seconds=seconds)

    async def _through(
        self, proxy: Proxy, place: Place, protocol: asyncio.Protocol, seconds: float
    ) -> None:
        target = (await self._resolver.addresses(place))[0]

        async def by(address: Address) -> None:
            await self._tunnel(proxy, address, place, target, protocol)

        await _first(by, await self._resolver.addresses(proxy.place), seconds=seconds)

    async def _tunnel(
        self,
        proxy: Proxy,
        by: Address,
        place: Place,
        target: Address,
        protocol: asyncio.Protocol,
    ) -> None:
        loop = asyncio.get_running_loop()
        request = TunnelRequest(address=target, port=place.port, authorization=proxy.authorization)
        transport, _ = await loop.create_connection(lambda: request, str(by), proxy.place.port)
        try:
            await request.consent
            tls = self._tls_of(place)
            if tls is None:
                transport.set_protocol(protocol)
                protocol.connection_made(transport)
                return
            inside = await loop.start_tls(transport, protocol, tls, server_hostname=place.host)
            if inside is None:
                raise ConnectionResetError("the connection was lost")
            protocol.connection_made(inside)
        except BaseException:
            transport.abort()
            raise

    def _tls_of(self, place: Place) -> ssl.SSLContext | None:
        return self._tls if place.scheme == "https" else None


async def _first(
    connect: Callable[[Address], Awaitable[None]],
    addresses: tuple[Address, ...],
    *,
    seconds: float,
) -> None:
    """One after the other until one is reached; a certificate that is wrong is not asked twice."""
    for address in addresses[:-1]:
        seconds *= SHARE
        try:
            async with asyncio.timeout(seconds):
                return await connect(address)
        except ssl.SSLError:
            raise
        except OSError:
            continue
    return await connect(addresses[-1])


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {error.verify_message}"
    return error.strerror or str(error) or type(error).__name__
