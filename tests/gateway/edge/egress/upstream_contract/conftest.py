"""What every case is given: each implementation in turn, known by the interface alone."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from ipaddress import ip_network
from time import monotonic
from typing import Any, Final, Protocol

import pytest
import pytest_asyncio
import uvloop

from gateway.edge.egress.aiohttp_client import AiohttpUpstream
from gateway.edge.egress.upstream import Deadlines, Upstream, UpstreamAnswer
from providers.adapters.base import UpstreamCall
from providers.addresses import AddressPolicy
from providers.resolver import Lookup, Resolver, system_lookup, tls_context
from tests.gateway.edge.egress.upstream_contract.vendor import Vendor

# Whoever replaces the client adds it here, and all that follows must hold for it too.
IMPLEMENTATIONS: Final[Mapping[str, Callable[..., Upstream]]] = {"aiohttp": AiohttpUpstream}
ON_BOTH_LOOPS: Final = frozenset(
    {
        "test_back_pressure",
        "test_broken_clients",
        "test_broken_connections",
        "test_cancellation",
        "test_proxies",
        "test_tls",
    }
)
LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
HOSTS: Final = frozenset({"127.0.0.1", "::1", "vendor.test"})
LISTED: Final = AddressPolicy(allow=LOOPBACK, http_hosts=HOSTS)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop of production; where sockets end in strange ways, that of development too."""
    if item.path.stem in ON_BOTH_LOOPS:
        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return {"uvloop": uvloop.new_event_loop}


class Build(Protocol):
    """Makes the client under test; it is closed when the test is over."""

    def __call__(
        self,
        *,
        limit: int = 10,
        policy: AddressPolicy = LISTED,
        lookup: Lookup = system_lookup,
        tls: ssl.SSLContext | None = None,
    ) -> Upstream: ...


@pytest_asyncio.fixture(params=sorted(IMPLEMENTATIONS))
async def build(request: pytest.FixtureRequest) -> AsyncIterator[Build]:
    made: list[Upstream] = []

    def make(
        *,
        limit: int = 10,
        policy: AddressPolicy = LISTED,
        lookup: Lookup = system_lookup,
        tls: ssl.SSLContext | None = None,
    ) -> Upstream:
        upstream = IMPLEMENTATIONS[request.param](
            resolver=Resolver(policy, lookup=lookup), tls=tls or TRUST, lane_limit=limit
        )
        made.append(upstream)
        return upstream

    yield make
    for upstream in made:
        await upstream.close()


TRUST: Final = tls_context()


@pytest_asyncio.fixture
async def upstream(build: Build) -> Upstream:
    return build()


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full: whoever connects waits."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port: int = listening.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(("127.0.0.1", port))
        yield port
        for one in waiting:
            one.close()


def within(total_s: float = 30.0, **seconds: float) -> Deadlines:
    given: dict[str, Any] = {
        "connect_s": 5.0, "pool_s": 2.0, "headers_s": 20.0, "idle_s": 20.0, **seconds
    }  # fmt: skip
    return Deadlines(total_at=monotonic() + total_s, **given)


def call_to(
    vendor: Vendor,
    *,
    body: bytes = b'{"model":"m"}',
    headers: tuple[tuple[str, str], ...] = (),
    path: str = "/v1/x",
) -> UpstreamCall:
    return UpstreamCall(
        method="POST",
        url=f"{vendor.origin}{path}",
        headers=(("Authorization", "Bearer s3cret"), *headers),
        body=body,
    )


async def ask(
    upstream: Upstream, vendor: Vendor, *, deadlines: Deadlines | None = None, **options: Any
) -> bytes:
    """A plain request, to its end."""
    answer = await upstream.send(
        call_to(vendor, **options), origin=vendor.origin, deadlines=deadlines or within()
    )
    return await answer.whole()


async def until(condition: Callable[[], bool], *, within_s: float) -> None:
    """Looks again and again; fails when it does not come true in time."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for is the other side's doing
            await asyncio.sleep(0.001)


async def pieces(answer: UpstreamAnswer) -> AsyncIterator[bytes]:
    while piece := await answer.read():
        yield piece
