"""From a judged URL to addresses that may be connected to, and the certificates to expect there.

Laws: whoever opens a connection takes the addresses from here, and connects to one of them, never
to the name; a name that is being looked up is looked up once for all who ask; what was found is
used for a few seconds and judged each time.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeAlias

from providers.addresses import Address, AddressPolicy, Place

Lookup: TypeAlias = Callable[[str], Awaitable[tuple[Address, ...]]]

FRESH_S: Final = 5.0
NAMES_MAX: Final = 1_000


async def system_lookup(host: str) -> tuple[Address, ...]:
    """What the operating system knows; OSError when it knows nothing."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    # A scope (fe80::1%eth0) is never connected to: what has one is not public.
    return tuple(dict.fromkeys(ip_address(str(row[4][0]).partition("%")[0]) for row in found))


class Resolver:
    def __init__(self, policy: AddressPolicy, *, lookup: Lookup = system_lookup) -> None:
        self.policy = policy
        self._lookup = lookup
        self._found: dict[str, tuple[float, tuple[Address, ...]]] = {}
        self._asking: dict[str, asyncio.Task[tuple[Address, ...]]] = {}

    async def addresses(self, place: Place) -> tuple[Address, ...]:
        """All of the host's, each judged; RefusedAddress, or OSError when there are none."""
        try:
            found: tuple[Address, ...] = (ip_address(place.host),)
        except ValueError:
            found = await self._of_name(place.host)
        return self.policy.check_addresses(place, found)

    async def _of_name(self, host: str) -> tuple[Address, ...]:
        now = asyncio.get_running_loop().time()
        until, found = self._found.get(host, (0.0, ()))
        if now < until:
            return found
        asking = self._asking.get(host)
        if asking is None:
            asking = self._asking[host] = asyncio.ensure_future(self._ask(host))
            asking.add_done_callback(lambda _: self._asking.pop(host, None))
        # One who gives up must not take the answer from the others.
        return await asyncio.shield(asking)

    async def _ask(self, host: str) -> tuple[Address, ...]:
        found = await self._lookup(host)
        if len(self._found) >= NAMES_MAX:
            self._found.clear()
        self._found[host] = (asyncio.get_running_loop().time() + FRESH_S, found)
        return found


def tls_context(ca_bundle: str = "") -> ssl.SSLContext:
    """Verifies host and chain, TLS 1.2 or later; trusts the bundle's certificates too."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if ca_bundle:
        context.load_verify_locations(cafile=Path(ca_bundle))
    return context
