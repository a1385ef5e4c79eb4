"""The data plane's only way to a vendor.

Laws: a call can be cancelled in every phase and then its socket is closed at once; every phase has
a deadline and every size a cap; nothing is decoded, followed or retried here but a connection that
was found closed before a byte of the request was written.

    UpstreamFault          base; `sent` says whether the request may have reached the vendor
    ├── ConnectFailed      name, address, TCP or TLS; never sent
    ├── AddressRefused     the address policy forbids it; never sent
    ├── PoolExhausted      no connection came free in time; never sent
    ├── BadCall            could be read as another request than was meant; never sent
    ├── TimedOut           which phase
    ├── Disconnected       the vendor closed before or inside its answer
    ├── TooLarge           headers, an event, a line or the whole answer
    ├── Stopping           the gateway itself ends the call; no client of vendors raises it
    └── BadAnswer          what no client of HTTP may accept: encoding, redirect, 1xx, 204, framing
"""

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from providers.adapters.base import UpstreamCall

Phase: TypeAlias = Literal["connect", "pool", "headers", "body", "total"]


class UpstreamFault(Exception):
    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class ConnectFailed(UpstreamFault):
    def __init__(self, message: str) -> None:
        super().__init__(message, sent=False)


class AddressRefused(ConnectFailed):
    pass


class PoolExhausted(ConnectFailed):
    pass


class BadCall(UpstreamFault):
    def __init__(self, message: str) -> None:
        super().__init__(message, sent=False)


class TimedOut(UpstreamFault):
    def __init__(self, phase: Phase, *, sent: bool) -> None:
        super().__init__(f"timed out: {phase}", sent=sent)
        self.phase = phase


class Disconnected(UpstreamFault):
    pass


class TooLarge(UpstreamFault):
    def __init__(self, what: str, *, limit_bytes: int) -> None:
        super().__init__(f"{what} above {limit_bytes} bytes", sent=True)
        self.what = what


class Stopping(UpstreamFault):
    def __init__(self) -> None:
        super().__init__("the gateway has to stop", sent=True)


class BadAnswer(UpstreamFault):
    def __init__(self, message: str) -> None:
        super().__init__(message, sent=True)


class Deadlines(Struct, frozen=True, kw_only=True):
    """Seconds each phase may take, and the moment (monotonic) by which all must be over."""

    connect_s: float
    pool_s: float
    headers_s: float
    idle_s: float
    total_at: float


class UpstreamAnswer(Protocol):
    """An answer whose headers have come. Whoever holds it must end it: read to b"" or abort."""

    status: int
    headers: Mapping[str, str]  # names in lower case; repeated ones joined with ", "

    async def read(self) -> bytes:
        """The next bytes as they arrived, b"" at the end; raises UpstreamFault."""
        ...

    async def whole(self) -> bytes:
        """Everything, up to the cap of bodies."""
        ...

    def abort(self) -> None:
        """Closes the socket at once; harmless when the answer has ended."""
        ...


class Upstream(Protocol):
    async def send(
        self,
        call: UpstreamCall,
        *,
        origin: str,
        proxy_url: str = "",
        deadlines: Deadlines,
    ) -> UpstreamAnswer:
        """`origin` is the one the credential is bound to; a call elsewhere is AddressRefused."""
        ...

    async def close(self) -> None: ...
