"""What a client of vendors keeps, and for how long."""

import asyncio
from ipaddress import ip_address, ip_network
from time import monotonic

import pytest

from gateway.edge.egress import aiohttp_client, connections, request_head
from gateway.edge.egress.aiohttp_client import AiohttpUpstream
from gateway.edge.egress.aiohttp_connection import VendorConnection
from gateway.edge.egress.request_head import HeadWriter
from gateway.edge.egress.tunnel import TunnelRequest
from gateway.edge.egress.upstream import AddressRefused, ConnectFailed, Deadlines
from providers.adapters.base import UpstreamCall
from providers.addresses import AddressPolicy, place_of
from providers.resolver import Resolver, tls_context
from tests.faults.bounds import FACTOR
from tests.gateway.edge.egress.upstream_contract.conftest import ask, call_to, until, within
from tests.gateway.edge.egress.upstream_contract.vendor import OK, Link, answers, vendor

LISTED = AddressPolicy(
    allow=(ip_network("127.0.0.0/8"),), http_hosts=frozenset({"127.0.0.1", "vendor.test"})
)
TLS = tls_context()


@pytest.fixture
def upstream() -> AiohttpUpstream:
    return AiohttpUpstream(resolver=Resolver(LISTED), tls=TLS)


async def test_a_connection_nobody_uses_is_closed(
    upstream: AiohttpUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_S", 0.05)
    async with vendor(answers) as there:
        assert await ask(upstream, there) == b"{}"
        assert there.open_links == 1
        await until(lambda: there.open_links == 0, within_s=FACTOR)
        # The lane is gone too; it comes back when it is needed.
        await asyncio.sleep(0.1)
        assert await ask(upstream, there) == b"{}"
        await upstream.close()


async def test_a_connection_that_waited_too_long_is_not_used_again(
    upstream: AiohttpUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with vendor(answers) as there:
        assert await ask(upstream, there) == b"{}"
        monkeypatch.setattr(connections, "IDLE_S", 0.0)
        assert await ask(upstream, there) == b"{}"
        assert len(there.links) == 2
        await upstream.close()


async def test_no_more_connections_are_kept_than_may_be(
    upstream: AiohttpUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_MAX", 2)
    everybody = asyncio.Barrier(5)

    async def together(link: Link) -> None:
        await link.request()
        await everybody.wait()
        await link.send(OK)
        await link.until_gone()

    async with vendor(together) as there:
        await asyncio.gather(*(ask(upstream, there) for _ in range(5)))
        await until(lambda: there.open_links == 2, within_s=FACTOR)
        await upstream.close()


async def test_what_is_remembered_of_urls_and_names_is_bounded(
    upstream: AiohttpUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aiohttp_client, "URLS_MAX", 2)
    monkeypatch.setattr(request_head, "NAMES_MAX", 2)
    async with vendor(answers) as there:
        for number in range(5):
            answer = await upstream.send(
                call_to(there, path=f"/{number}", headers=((f"X-{number}", "1"),)),
                origin=f"{there.origin}/{number}",
                deadlines=within(),
            )
            assert await answer.whole() == b"{}"
        assert len(there.asked) == 5
        await upstream.close()


def test_a_request_without_a_body_says_no_length() -> None:
    place = place_of("https://a.example/v1/models")
    call = UpstreamCall(method="GET", url="", headers=())
    head = HeadWriter().head(call, place)
    assert head == (
        b"GET /v1/models HTTP/1.1\r\nHost: a.example\r\nAccept-Encoding: identity\r\n\r\n"
    )


@pytest.mark.parametrize("method", ["", "GET /x HTTP/1.1\r\nA: b\r\n\r\nPOST", "P OST"])
def test_a_method_that_is_no_word_is_refused(method: str) -> None:
    call = UpstreamCall(method=method, url="", headers=())
    with pytest.raises(ValueError, match="not a word"):
        HeadWriter().head(call, place_of("https://a.example/"))


async def test_a_tunnel_to_an_ipv6_address_is_asked_for_in_brackets() -> None:
    class Remembers(asyncio.Transport):
        said = b""

        def write(self, data: bytes | bytearray | memoryview) -> None:
            self.said += data

    transport = Remembers()
    request = TunnelRequest(address=ip_address("2606:4700::1111"), port=443, authorization="")
    request.connection_made(transport)
    assert transport.said.startswith(b"CONNECT [2606:4700::1111]:443 HTTP/1.1\r\n")
    request.connection_lost(None)
    request.connection_lost(None)
    with pytest.raises(OSError, match="refused"):
        await request.consent


async def test_a_connection_that_died_as_it_was_made_was_not_written_to() -> None:
    lost: list[VendorConnection] = []

    class Remembers:
        def back(self, connection: VendorConnection) -> None:
            raise AssertionError(connection)

        def lost(self, connection: VendorConnection) -> None:
            lost.append(connection)

    dead = VendorConnection(loop=asyncio.get_running_loop(), lane=Remembers())
    dead.connection_lost(None)
    forever = Deadlines(
        connect_s=1.0, pool_s=1.0, headers_s=1.0, idle_s=1.0, total_at=monotonic() + 5
    )
    with pytest.raises(ConnectFailed) as failed:
        await dead.exchange(b"", b"", deadlines=forever)
    assert not failed.value.sent
    assert lost


async def test_an_origin_that_is_no_url_is_refused(upstream: AiohttpUpstream) -> None:
    async with vendor(answers) as there:
        with pytest.raises(AddressRefused):
            await upstream.send(call_to(there), origin="ftp://x", deadlines=within())
