"""The stage over real sockets: what the vendor sees, and what the client is spared."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network
from time import monotonic

import pytest
import pytest_asyncio

from gateway.edge.egress.aiohttp_client import AiohttpUpstream
from gateway.edge.exchange import Candidate
from providers.addresses import AddressPolicy
from providers.resolver import Resolver, tls_context
from providers.specs import Timeouts
from tests.faults.bounds import FACTOR
from tests.gateway.edge.egress.upstream_contract.vendor import (
    STREAM as STREAM_HEAD,
)
from tests.gateway.edge.egress.upstream_contract.vendor import (
    Behaviour,
    Link,
    Vendor,
    vendor,
)
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    FINISH,
    ROLE,
    SHOWN,
    STREAM,
    Client,
    World,
    candidate,
    chunk,
    exchange,
    provider,
)

PROMPT_S = 0.1 * FACTOR
SOON_S = 0.25 * FACTOR
LOOPBACK = AddressPolicy(allow=(ip_network("127.0.0.0/8"),), http_hosts=frozenset({"127.0.0.1"}))
WHOLE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(CHAT_ANSWER)
) + CHAT_ANSWER


def framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


EVENTS = STREAM_HEAD + b"".join(map(framed, STREAM)) + b"0\r\n\r\n"


@pytest_asyncio.fixture
async def world() -> AsyncIterator[World]:
    upstream = AiohttpUpstream(resolver=Resolver(LOOPBACK), tls=tls_context())
    yield World(upstream=upstream)
    await upstream.close()


def at(of: Vendor, slug: str = "acme", **timeouts: int) -> Candidate:
    limits = Timeouts(**timeouts)
    return candidate(provider(slug, base_url=f"{of.origin}/v1", timeouts=limits))


def sends_then_waits(data: bytes) -> Behaviour:
    async def behave(link: Link) -> None:
        await link.request()
        await link.send(data)
        await link.until_gone()

    return behave


def always(data: bytes) -> Behaviour:
    async def behave(link: Link) -> None:
        while True:
            await link.request()
            await link.send(data)

    return behave


@pytest.mark.parametrize("stream", [True, False])
async def test_answers_come_whole_and_connections_live_on(world: World, *, stream: bool) -> None:
    async with vendor(always(EVENTS if stream else WHOLE)) as of:
        for _ in range(5):
            client = Client()
            await world.run(exchange(client, at(of), stream=stream))
            assert client.body == (SHOWN if stream else CHAT_ANSWER)
        assert len(of.links) == 1


@pytest.mark.parametrize(
    ("said", "stream"),
    [
        (b"", True),
        (b"", False),
        (b"HTTP/1.1 200 OK\r\n", False),
        (STREAM_HEAD, True),
        (STREAM_HEAD + framed(ROLE), True),
        (STREAM_HEAD + framed(ROLE + chunk("a")), True),
        (STREAM_HEAD + framed(ROLE + chunk("a")) + b"5\r\nda", True),
        (WHOLE[:-5], False),
        (b"HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n{", False),
    ],
)
async def test_the_vendor_hears_at_once_that_a_client_left(
    world: World, said: bytes, *, stream: bool
) -> None:
    async with vendor(sends_then_waits(said)) as of:
        client = Client()
        made = exchange(client, at(of), stream=stream)
        asyncio.get_running_loop().call_later(0.08, client.leave)
        await world.run(made)
        assert client.left_at is not None
        async with asyncio.timeout(1):
            await of.links[0].closed.wait()
        assert of.links[0].closed_at - client.left_at < PROMPT_S
        assert made.client_gone


@pytest.mark.parametrize("how", ["reset", "close"])
async def test_an_end_at_any_byte_is_invisible_or_told_once(world: World, how: str) -> None:
    content_at = len(STREAM_HEAD) + len(framed(ROLE)) + 5
    finished_at = EVENTS.index(FINISH) + len(FINISH)
    positions = [*range(0, 200, 9), *range(200, len(EVENTS), 37)]
    position = 0

    async def breaks(link: Link) -> None:
        await link.request()
        await link.send(EVENTS[:position])
        await asyncio.sleep(0.002)
        if how == "reset":
            link.reset()
        else:
            link.close()

    async with vendor(breaks) as broken, vendor(always(EVENTS)) as good:
        for position in positions:
            client = Client()
            made = exchange(client, at(broken, "a"), at(good, "b"), stream=True)
            world.forgive()
            await world.run(made)
            assert client.status == 200
            assert client.is_complete
            if client.body == SHOWN:
                retried = len(made.attempts) == 2
                assert retried or position >= finished_at - 2, position
            else:
                assert position > content_at, position
                assert client.body.count(b'data: {"error":') == 1
                assert b"[DONE]" not in client.body
                assert len(made.attempts) == 1


async def test_silence_before_the_headers_is_a_timeout_in_time(world: World) -> None:
    async with vendor(sends_then_waits(b"")) as of:
        began = monotonic()
        await world.run(exchange(Client(), at(of, ttft_ms=300, reasoning_ttft_ms=300)))
        assert 0.3 <= monotonic() - began < 0.3 + SOON_S
        assert world.refused is not None
        assert world.refused.http_status == 504


async def test_a_trickle_runs_out_of_time(world: World) -> None:
    async def trickles(link: Link) -> None:
        await link.request()
        await link.send(STREAM_HEAD + framed(ROLE + chunk("a")))
        while True:
            await asyncio.sleep(0.02)
            await link.send(framed(b":"))

    async with vendor(trickles) as of:
        client = Client()
        began = monotonic()
        await world.run(exchange(client, at(of, idle_ms=300), stream=True))
        assert monotonic() - began < 0.3 + SOON_S
        assert client.body.count(b'data: {"error":') == 1


async def test_what_a_client_does_not_read_stays_with_the_vendor(world: World) -> None:
    """150 MB would be the stream; a few hundred kilobytes of it leave the vendor."""
    piece = framed(chunk("x" * 60_000))

    async def pours(link: Link) -> None:
        link.small_buffers()
        await link.request()
        await link.send(STREAM_HEAD)
        for _ in range(2_500):
            await link.send(piece)

    async with vendor(pours) as of:
        client = Client(send_s=9.0)
        asyncio.get_running_loop().call_later(0.5, client.leave)
        await world.run(exchange(client, at(of), stream=True))
        assert of.links[0].sent_bytes < 12_000_000
