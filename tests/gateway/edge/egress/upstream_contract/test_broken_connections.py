"""Connections that end when they should not (F-33, F-49)."""

import asyncio
import random
from ipaddress import ip_address
from typing import Final

import pytest

from gateway.edge.egress.upstream import ConnectFailed, Disconnected, Upstream, UpstreamFault
from providers.addresses import Address
from tests.faults.bounds import FACTOR
from tests.gateway.edge.egress.upstream_contract.conftest import (
    Build,
    ask,
    call_to,
    pieces,
    until,
    within,
)
from tests.gateway.edge.egress.upstream_contract.vendor import (
    LAST_CHUNK,
    OK,
    STREAM,
    Gone,
    Link,
    Vendor,
    answers,
    chunk,
    vendor,
)

EVENTS: Final = b"data: 1\n\n", b"data: 22\n\n", b"data: 333\n\n", b"data: [DONE]\n\n"
STREAMED: Final = STREAM + b"".join(chunk(event) for event in EVENTS) + LAST_CHUNK
PLAIN: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 150\r\n\r\n" + b"0123456789" * 15
CUT_AT: Final = 201


@pytest.mark.parametrize("how", ["fin", "rst"])
@pytest.mark.parametrize(
    ("said", "meant"),
    [(STREAMED, b"".join(EVENTS)), (PLAIN, PLAIN[-150:])],
    ids=["chunked", "with a length"],
)
async def test_an_answer_that_breaks_off_is_never_taken_for_whole(
    upstream: Upstream, said: bytes, meant: bytes, how: str
) -> None:  # F-33
    async def breaks_off(link: Link) -> None:
        asked = await link.request()
        await link.send(said[: int(asked.line.split()[1].removeprefix("/"))])
        await asyncio.sleep(0)
        if how == "rst":
            link.reset()

    async with vendor(breaks_off) as there:
        for cut in range(min(CUT_AT, len(said))):
            got = bytearray()
            with pytest.raises(Disconnected) as broken:
                await _into(got, upstream, there, f"/{cut}")
            assert broken.value.sent
            assert meant.startswith(got)
            if how == "fin":
                assert len(got) == _whole_part(said[:cut])
        await until(lambda: there.open_links == 0, within_s=FACTOR)


async def _into(got: bytearray, upstream: Upstream, there: Vendor, path: str) -> None:
    answer = await upstream.send(call_to(there, path=path), origin=there.origin, deadlines=within())
    async for piece in pieces(answer):
        got += piece


def _whole_part(said: bytes) -> int:
    """How much of a body these bytes hold."""
    _, end, body = said.partition(b"\r\n\r\n")
    if not said.startswith(STREAM):
        return len(body) if end else 0
    held = 0
    while body:
        size, line, rest = body.partition(b"\r\n")
        if not line:
            break
        length = int(size, 16)
        held += min(length, len(rest))
        body = rest[length + 2 :]
    return held


async def test_nobody_there_is_told_as_not_sent(upstream: Upstream) -> None:
    async with vendor(answers) as there:
        pass
    with pytest.raises(ConnectFailed) as refused:
        await ask(upstream, there)
    assert not refused.value.sent


async def test_the_second_address_is_tried_when_the_first_refuses(build: Build) -> None:
    async def two(_: str) -> tuple[Address, ...]:
        return ip_address("::1"), ip_address("127.0.0.1")  # nobody listens at the first

    upstream = build(lookup=two)
    async with vendor(answers) as there:
        call = call_to(there)
        named = f"http://vendor.test:{there.port}"
        call = type(call)(method="POST", url=f"{named}/v1", headers=(), body=b"{}")
        answer = await upstream.send(call, origin=named, deadlines=within())
        assert await answer.whole() == b"{}"


# --- F-49 ------------------------------------------------------------------------------------


async def test_a_connection_found_closed_is_replaced_unseen(upstream: Upstream) -> None:
    async def once(link: Link) -> None:
        await link.request()
        await link.send(OK)

    async with vendor(once) as there:
        for _ in range(50):
            assert await ask(upstream, there) == b"{}"
            await there.links[-1].closed.wait()
        assert len(there.asked) == 50


async def test_a_connection_closed_this_instant_is_replaced_unseen(upstream: Upstream) -> None:
    async with vendor(answers) as there:
        for _ in range(20):
            assert await ask(upstream, there) == b"{}"
            there.links[-1].finish()
            assert await ask(upstream, there) == b"{}"
        assert len(there.asked) == 40


async def race(upstream: Upstream, *, times: int) -> None:
    """Keep-alive connections that close as the next request goes out."""
    dice = random.Random(49)  # noqa: S311 - must repeat
    delays = [0.0, 0.0, 0.0001, 0.0005, 0.001]

    async def closes_soon(link: Link) -> None:
        await link.request()
        await link.send(OK)
        delay = dice.choice(delays)
        closing = asyncio.ensure_future(asyncio.sleep(delay))
        asking = asyncio.ensure_future(link.request())
        await asyncio.wait({closing, asking}, return_when=asyncio.FIRST_COMPLETED)
        for task in (closing, asking):
            task.cancel()
        await asyncio.gather(closing, asking, return_exceptions=True)
        raise Gone

    async with vendor(closes_soon) as there:
        faults: list[UpstreamFault] = []
        for number in range(times):
            try:
                assert await ask(upstream, there, body=b"%d" % number) == b"{}"
            except UpstreamFault as fault:
                faults.append(fault)
            await asyncio.sleep(dice.choice(delays))
        # One that was not sent is repeated, and nobody hears of it.
        assert all(fault.sent for fault in faults)
        bodies = [asked.body for asked in there.asked]
        assert times - len(faults) <= len(bodies) <= times
        assert len(bodies) == len(set(bodies))


async def test_a_request_is_never_sent_twice_and_one_unsent_never_lost(upstream: Upstream) -> None:
    await race(upstream, times=200)


@pytest.mark.faults
async def test_a_thousand_closing_connections_lose_and_double_nothing(upstream: Upstream) -> None:
    await race(upstream, times=1_000)
