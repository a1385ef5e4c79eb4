"""What nobody takes is not fetched (RL-17, T19)."""

import asyncio
import hashlib
from typing import Final

from gateway.edge.egress.upstream import Upstream
from tests.gateway.edge.egress.upstream_contract.conftest import call_to, pieces, within
from tests.gateway.edge.egress.upstream_contract.vendor import (
    LAST_CHUNK,
    STREAM,
    Link,
    Vendor,
    chunk,
    vendor,
)

PIECE: Final = bytes(range(256)) * 256
PIECES: Final = 600  # 39 MB
# What sockets and one read of the event loop hold, beside our own read-ahead.
AHEAD_MAX_BYTES: Final = 8 << 20


async def _pours(link: Link) -> None:
    link.small_buffers()
    await link.request()
    await link.send(STREAM)
    for _ in range(PIECES):
        await link.send(chunk(PIECE))
    await link.send(LAST_CHUNK)
    await link.until_gone()


async def _settled(there: Vendor) -> int:
    """What the vendor could send until it had to stop."""
    sent = -1
    while sent != there.links[0].sent_bytes:
        sent = there.links[0].sent_bytes
        await asyncio.sleep(0.1)
    return sent


async def test_a_reader_that_stops_stops_the_vendor(upstream: Upstream) -> None:
    async with vendor(_pours) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        taken = len(await answer.read())
        assert await _settled(there) <= taken + AHEAD_MAX_BYTES
        answer.abort()


async def test_a_reader_that_goes_on_gets_every_byte(upstream: Upstream) -> None:
    async with vendor(_pours) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        got, taken = hashlib.sha256(), 0
        async for piece in pieces(answer):
            got.update(piece)
            taken += len(piece)
            if taken % 50 == 0:
                await asyncio.sleep(0.001)
        assert taken == len(PIECE) * PIECES
        assert got.digest() == hashlib.sha256(PIECE * PIECES).digest()


async def test_one_read_hands_out_no_more_than_was_read_ahead(upstream: Upstream) -> None:
    async with vendor(_pours) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        await asyncio.sleep(0.2)
        largest = max([len(piece) async for piece in pieces(answer)])
        assert largest <= 1 << 20
