"""The data plane's client of vendors, on aiohttp's parser; its interface: egress.upstream.

Laws: a call goes to the origin its credential is bound to and nowhere else; what cannot be sent
as one request is not sent; a request is written once, to a connection that was open then.
"""

import asyncio
import ssl
from typing import Final

from gateway.edge.egress.aiohttp_connection import VendorAnswer
from gateway.edge.egress.connecting import Connector, Route
from gateway.edge.egress.connections import Lane, Lanes
from gateway.edge.egress.request_head import HeadWriter
from gateway.edge.egress.upstream import AddressRefused, BadCall, Deadlines
from providers.adapters.base import UpstreamCall
from providers.addresses import AddressPolicy, Place, RefusedAddress, place_of
from providers.proxies import proxy_of
from providers.resolver import Resolver

LANE_LIMIT: Final = 5_000  # connections lent at a time to one origin
URLS_MAX: Final = 2_000


class AiohttpUpstream:
    """Serves one event loop."""

    def __init__(
        self, *, resolver: Resolver, tls: ssl.SSLContext, lane_limit: int = LANE_LIMIT
    ) -> None:
        self._policy: AddressPolicy = resolver.policy
        self._lanes = Lanes(connector=Connector(resolver=resolver, tls=tls), limit=lane_limit)
        self._heads = HeadWriter()
        self._places: dict[str, Place] = {}
        self._origins: dict[str, str] = {}

    async def send(
        self,
        call: UpstreamCall,
        *,
        origin: str,
        proxy_url: str = "",
        deadlines: Deadlines,
    ) -> VendorAnswer:
        place = self._places.get(call.url) or self._judged(call.url)
        if place.origin != origin and place.origin != self._origin(origin):
            raise AddressRefused("the credential is bound to another origin")
        try:
            head = self._heads.head(call, place)
        except ValueError as error:
            raise BadCall(str(error)) from None
        lane = self._lane(place, proxy_url)
        connection = await lane.take(deadlines)
        return await connection.exchange(head, call.body, deadlines=deadlines)

    async def close(self) -> None:
        self._lanes.close()
        await asyncio.sleep(0)  # sockets are closed in the loop's next round

    def _judged(self, url: str) -> Place:
        try:
            place = self._policy.check_url(url)
        except RefusedAddress as error:
            raise AddressRefused(str(error)) from None
        if len(self._places) >= URLS_MAX:
            self._places.clear()
        self._places[url] = place
        return place

    def _origin(self, url: str) -> str:
        known = self._origins.get(url)
        if known is None:
            try:
                known = place_of(url).origin
            except RefusedAddress as error:
                raise AddressRefused(str(error)) from None
            if len(self._origins) >= URLS_MAX:
                self._origins.clear()
            self._origins[url] = known
        return known

    def _lane(self, place: Place, proxy_url: str) -> Lane:
        name = f"{place.origin} {proxy_url}"
        lane = self._lanes.lane(name)
        if lane is None:
            try:
                proxy = proxy_of(proxy_url) if proxy_url else None
            except RefusedAddress as error:
                raise AddressRefused(str(error)) from None
            lane = self._lanes.open_lane(name, Route(place=place, proxy=proxy))
        return lane
