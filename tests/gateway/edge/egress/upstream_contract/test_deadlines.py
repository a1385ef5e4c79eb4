"""Every phase has an end (F-32, F-34)."""

import asyncio
from time import monotonic

import pytest

from gateway.edge.egress.upstream import Deadlines, PoolExhausted, TimedOut, Upstream
from tests.faults.bounds import FACTOR
from tests.gateway.edge.egress.upstream_contract.conftest import Build, ask, call_to, until, within
from tests.gateway.edge.egress.upstream_contract.vendor import (
    STREAM,
    Behaviour,
    Link,
    Vendor,
    chunk,
    goes_silent,
    is_silent,
    vendor,
)

LIMIT_S = 0.2
SLACK_S = 0.25 * FACTOR


async def _times_out(upstream: Upstream, there: Vendor, deadlines: Deadlines) -> TimedOut:
    began = monotonic()
    with pytest.raises(TimedOut) as late:
        await ask(upstream, there, deadlines=deadlines)
    assert LIMIT_S - 0.01 <= monotonic() - began <= LIMIT_S + SLACK_S
    await until(lambda: there.open_links == 0, within_s=0.1 * FACTOR)
    return late.value


def _trickles(head: bytes) -> Behaviour:
    async def behave(link: Link) -> None:
        await link.request()
        await link.send(head)
        while True:
            await asyncio.sleep(0.01)
            await link.send(b"a")

    return behave


async def test_a_vendor_that_never_answers_is_left(upstream: Upstream) -> None:
    async with vendor(is_silent) as there:
        late = await _times_out(upstream, there, within(headers_s=LIMIT_S))
        assert (late.phase, late.sent) == ("headers", True)


async def test_headers_that_trickle_are_as_late_as_none(upstream: Upstream) -> None:
    async with vendor(_trickles(b"HTTP/1.1 200 OK\r\nX: ")) as there:
        late = await _times_out(upstream, there, within(headers_s=LIMIT_S))
        assert late.phase == "headers"


async def test_a_vendor_that_goes_silent_is_left(upstream: Upstream) -> None:
    async with vendor(goes_silent) as there:
        late = await _times_out(upstream, there, within(idle_s=LIMIT_S))
        assert (late.phase, late.sent) == ("body", True)


async def test_a_silence_before_the_first_byte_of_a_body_counts(upstream: Upstream) -> None:
    async def behave(link: Link) -> None:
        await link.request()
        await link.send(STREAM)
        await link.until_gone()

    async with vendor(behave) as there:
        late = await _times_out(upstream, there, within(idle_s=LIMIT_S))
        assert late.phase == "body"


async def test_what_trickles_on_ends_with_the_total(upstream: Upstream) -> None:
    async with vendor(_trickles(STREAM + b"fffff\r\n")) as there:
        late = await _times_out(upstream, there, within(LIMIT_S, idle_s=10.0))
        assert late.phase == "total"


async def test_the_total_bounds_the_wait_for_headers(upstream: Upstream) -> None:
    async with vendor(is_silent) as there:
        late = await _times_out(upstream, there, within(LIMIT_S))
        assert late.phase == "total"


async def test_bytes_that_keep_coming_put_silence_off(upstream: Upstream) -> None:
    async def slowly(link: Link) -> None:
        await link.request()
        await link.send(STREAM)
        for _ in range(8):
            await asyncio.sleep(LIMIT_S / 2)
            await link.send(chunk(b"data: 1\n\n"))
        await link.send(b"0\r\n\r\n")
        await link.until_gone()

    async with vendor(slowly) as there:
        answer = await upstream.send(
            call_to(there), origin=there.origin, deadlines=within(idle_s=4 * LIMIT_S)
        )
        assert len(await answer.whole()) == 72


async def test_a_client_that_reads_slowly_is_not_a_silent_vendor(upstream: Upstream) -> None:
    async with vendor(goes_silent) as there:
        answer = await upstream.send(
            call_to(there), origin=there.origin, deadlines=within(idle_s=LIMIT_S)
        )
        await asyncio.sleep(2 * LIMIT_S)
        assert await answer.read() == b"data: 1\n\n"
        began = monotonic()
        with pytest.raises(TimedOut):
            await answer.read()
        assert monotonic() - began >= LIMIT_S - 0.01


async def test_one_that_waits_for_a_connection_is_told_in_time(build: Build) -> None:
    upstream = build(limit=1)
    async with vendor(goes_silent) as there:
        holding = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        began = monotonic()
        with pytest.raises(PoolExhausted) as full:
            await upstream.send(
                call_to(there), origin=there.origin, deadlines=within(pool_s=LIMIT_S)
            )
        assert LIMIT_S - 0.01 <= monotonic() - began <= LIMIT_S + SLACK_S
        assert not full.value.sent
        with pytest.raises(TimedOut) as late:
            await upstream.send(
                call_to(there), origin=there.origin, deadlines=within(LIMIT_S, pool_s=10.0)
            )
        assert (late.value.phase, late.value.sent) == ("total", False)
        holding.abort()


async def test_a_connection_that_does_not_come_about_is_left(
    upstream: Upstream, full_port: int
) -> None:
    there = Vendor(scheme="http", port=full_port)
    began = monotonic()
    with pytest.raises(TimedOut) as late:
        await upstream.send(
            call_to(there), origin=there.origin, deadlines=within(connect_s=LIMIT_S)
        )
    assert monotonic() - began <= LIMIT_S + SLACK_S
    assert (late.value.phase, late.value.sent) == ("connect", False)


async def test_a_deadline_takes_nothing_from_the_next_call(build: Build) -> None:
    upstream = build(limit=1)

    async def late_once(link: Link) -> None:
        first = not there.asked
        await link.request()
        if not first:
            await link.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await link.until_gone()

    async with vendor(late_once) as there:
        await _times_out(upstream, there, within(headers_s=LIMIT_S))
        assert await ask(upstream, there) == b"{}"
