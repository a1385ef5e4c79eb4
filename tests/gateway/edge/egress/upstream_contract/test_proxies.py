"""The way through an operator's proxy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import Final

import pytest

from gateway.edge.egress.upstream import (
    AddressRefused,
    ConnectFailed,
    Deadlines,
    TimedOut,
    Upstream,
)
from providers.addresses import Address
from providers.resolver import tls_context
from tests.faults.bounds import FACTOR
from tests.gateway.edge.egress.upstream_contract.certificates import Authority
from tests.gateway.edge.egress.upstream_contract.conftest import Build, call_to, within
from tests.gateway.edge.egress.upstream_contract.vendor import Vendor, answers, vendor

CONSENT: Final = b"HTTP/1.1 200 Connection established\r\nVia: proxy\r\n\r\n"


class Proxy:
    """Connects where it is asked to, after saying what it is told to say."""

    def __init__(self, says: bytes) -> None:
        self._says = says
        self.port = 0
        self.heads: list[str] = []
        self.left = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        writer.write(self._says)
        if self._says.startswith(CONSENT[:12]):
            host, _, port = head.split()[1].rpartition(":")
            inner_reader, inner_writer = await asyncio.open_connection(host.strip("[]"), port)
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
        else:
            await reader.read()
        self.left.set()
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def proxy(says: bytes = CONSENT) -> AsyncIterator[Proxy]:
    made = Proxy(says)
    serving: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.ensure_future(made.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)


async def _ask(
    upstream: Upstream, there: Vendor, proxy_url: str, deadlines: Deadlines | None = None
) -> bytes:
    answer = await upstream.send(
        call_to(there),
        origin=there.origin,
        proxy_url=proxy_url,
        deadlines=deadlines or within(),
    )
    return await answer.whole()


async def test_a_call_goes_through_the_proxy_and_keeps_its_connection(upstream: Upstream) -> None:
    async with vendor(answers) as there, proxy() as between:
        for _ in range(3):
            assert await _ask(upstream, there, between.url) == b"{}"
        (head,) = between.heads
        assert head.startswith(f"CONNECT 127.0.0.1:{there.port} HTTP/1.1\r\n")
        assert "s3cret" not in head
        assert len(there.links) == 1


async def test_the_way_is_part_of_what_a_connection_is_kept_for(upstream: Upstream) -> None:
    async with vendor(answers) as there, proxy() as between:
        assert await _ask(upstream, there, between.url) == b"{}"
        assert await _ask(upstream, there, "") == b"{}"
        assert len(there.links) == 2


async def test_the_proxy_hears_who_asks_and_nobody_else(upstream: Upstream) -> None:
    async with vendor(answers) as there, proxy() as between:
        url = between.url.replace("//", "//us%65r:pass%3Aword@")
        assert await _ask(upstream, there, url) == b"{}"
        assert "Proxy-Authorization: Basic dXNlcjpwYXNzOndvcmQ=\r\n" in between.heads[0]
        assert "proxy-authorization" not in there.asked[0].headers


async def test_tls_is_spoken_with_the_vendor_not_with_the_proxy(
    build: Build, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    asked_for: list[str] = []

    async def loopback(host: str) -> tuple[Address, ...]:
        asked_for.append(host)
        return (ip_address("127.0.0.1"),)

    upstream = build(tls=tls_context(str(authority.file)), lookup=loopback)
    served = authority.served(host="vendor.test")
    async with vendor(answers, tls=served) as there, proxy() as between:
        there.host = "vendor.test"
        assert await _ask(upstream, there, between.url) == b"{}"
        # The proxy is asked for the address that was judged, not for a name it might read anew.
        assert between.heads[0].startswith(f"CONNECT 127.0.0.1:{there.port} HTTP/1.1\r\n")
        assert asked_for == ["vendor.test"]


async def test_a_wrong_certificate_is_refused_through_a_proxy_too(
    build: Build, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    upstream = build(tls=tls_context(str(authority.file)))
    served = authority.served(host="other.example")
    async with vendor(answers, tls=served) as there, proxy() as between:
        with pytest.raises(ConnectFailed, match="certificate"):
            await _ask(upstream, there, between.url)
        await asyncio.wait_for(between.left.wait(), FACTOR)


@pytest.mark.parametrize(
    "says",
    [
        b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        CONSENT + b"and more",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000,
    ],
    ids=["refused", "strange status", "no HTTP", "more than consent", "endless"],
)
async def test_a_proxy_that_does_not_consent_is_an_error(upstream: Upstream, says: bytes) -> None:
    async with vendor(answers) as there, proxy(says) as between:
        with pytest.raises(ConnectFailed, match="the proxy refused") as refused:
            await _ask(upstream, there, between.url)
        assert not refused.value.sent
        await asyncio.wait_for(between.left.wait(), FACTOR)
        assert not there.asked


async def test_a_proxy_that_says_nothing_is_left_in_time(upstream: Upstream) -> None:
    async with vendor(answers) as there, proxy(b"") as between:
        with pytest.raises(TimedOut) as late:
            await _ask(upstream, there, between.url, within(connect_s=0.1))
        assert (late.value.phase, late.value.sent) == ("connect", False)
        await asyncio.wait_for(between.left.wait(), FACTOR)


async def test_a_proxy_that_hangs_up_is_an_error(upstream: Upstream) -> None:
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hangs_up, "127.0.0.1", 0)
    async with server, vendor(answers) as there:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectFailed, match="the proxy refused"):
            await _ask(upstream, there, f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1:1", "http://127.0.0.1:1/path", "http://127.1:1", "http://[::1", "nonsense"],
)
async def test_a_proxy_that_cannot_be_read_is_refused(upstream: Upstream, url: str) -> None:
    async with vendor(answers) as there:
        with pytest.raises(AddressRefused):
            await _ask(upstream, there, url)
        assert not there.links


async def test_a_proxy_at_an_address_nobody_listed_is_refused(upstream: Upstream) -> None:
    async with vendor(answers) as there:
        with pytest.raises(AddressRefused, match="not public"):
            await _ask(upstream, there, "http://10.0.0.1:3128")


async def test_a_private_vendor_is_refused_behind_a_proxy_too(build: Build) -> None:
    async def private(_: str) -> tuple[Address, ...]:
        return (ip_address("10.0.0.1"),)

    async with proxy() as between:
        there = Vendor(scheme="http", host="vendor.test", port=8000)
        with pytest.raises(AddressRefused, match="not public"):
            await _ask(build(lookup=private), there, between.url)
        assert not between.heads
