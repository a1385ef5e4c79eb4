"""Through an operator's proxy: CONNECT, then the vendor's connection as if there were none.

Laws: what the proxy is asked for is a judged address, never a name; whatever it says beyond its
consent, or instead of it, ends the attempt.
"""

import asyncio
import re
from typing import Final, cast

from providers.addresses import Address

REPLY_MAX_BYTES: Final = 16_384
CONSENT: Final = re.compile(rb"HTTP/1\.[01] 2[0-9][0-9][ \r]")


class ProxyRefused(OSError):
    def __init__(self) -> None:
        super().__init__(0, "the proxy refused to connect")


class TunnelRequest(asyncio.Protocol):
    """Asks for the tunnel; `consent` is done when the proxy has answered."""

    def __init__(self, *, address: Address, port: int, authorization: str) -> None:
        shown = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
        said = f"Proxy-Authorization: {authorization}\r\n" if authorization else ""
        self._request = f"CONNECT {shown} HTTP/1.1\r\nHost: {shown}\r\n{said}\r\n".encode()
        self._reply = b""
        self.consent = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        self._reply += data
        head, end, beyond = self._reply.partition(b"\r\n\r\n")
        if len(self._reply) > REPLY_MAX_BYTES or beyond:
            self._end(consented=False)
        elif end:
            self._end(consented=CONSENT.match(head + b"\r") is not None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(consented=False)

    def _end(self, *, consented: bool) -> None:
        if self.consent.done():
            return
        if consented:
            self.consent.set_result(None)
        else:
            self.consent.set_exception(ProxyRefused())
