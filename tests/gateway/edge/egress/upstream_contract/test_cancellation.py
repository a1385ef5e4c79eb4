"""A call that is given up, in whatever phase, is over at once on both sides (RL-1, RL-14)."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Final, TypeAlias

import pytest

from gateway.edge.egress.upstream import Disconnected, Upstream, UpstreamAnswer, UpstreamFault
from providers.addresses import Address
from tests.faults.bounds import FACTOR
from tests.gateway.edge.egress.upstream_contract.conftest import Build, ask, call_to, until, within
from tests.gateway.edge.egress.upstream_contract.vendor import (
    LAST_CHUNK,
    OK,
    STREAM,
    Behaviour,
    Link,
    Vendor,
    answers,
    chunk,
    goes_silent,
    is_silent,
    pours,
    vendor,
)

CLOSED_WITHIN_S: Final = 0.1 * FACTOR
LARGE: Final = bytes(30_000_000)
TIMES: Final = pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])


async def _never_speaks(link: Link) -> None:
    await link.until_gone()


async def _reads_late(link: Link) -> None:
    link.hold()
    await asyncio.sleep(0.08)  # longer than the test waits before it gives up
    link.go_on()
    await link.until_gone()


def first(behaviour: Behaviour) -> Behaviour:
    """So to the first connection; whoever comes after is answered."""
    led: list[Link] = []

    async def behave(link: Link) -> None:
        led.append(link)
        await (behaviour if len(led) == 1 else answers)(link)

    return behave


async def _in_headers(upstream: Upstream, there: Vendor) -> None:
    await ask(upstream, there)


async def _in_handshake(upstream: Upstream, there: Vendor) -> None:
    secure = Vendor(scheme="https", port=there.port)
    await ask(upstream, secure)


async def _in_request(upstream: Upstream, there: Vendor) -> None:
    await ask(upstream, there, body=LARGE)


async def _in_body(upstream: Upstream, there: Vendor) -> None:
    answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
    await answer.read()
    await answer.read()


Going: TypeAlias = Callable[[Upstream, Vendor], Awaitable[None]]
PHASES: Final[dict[str, tuple[Behaviour, Going]]] = {
    "handshake": (_never_speaks, _in_handshake),
    "request": (_reads_late, _in_request),
    "headers": (is_silent, _in_headers),
    "body": (goes_silent, _in_body),
}


async def give_up(task: asyncio.Task[None], *, times: int) -> None:
    task.cancel()
    if times > 1:
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@TIMES
@pytest.mark.parametrize("phase", PHASES)
async def test_a_cancelled_call_closes_its_socket_at_once(
    build: Build, phase: str, times: int
) -> None:
    behaviour, going = PHASES[phase]
    upstream = build(limit=1)
    async with vendor(first(behaviour)) as there:
        task = asyncio.ensure_future(going(upstream, there))
        await until(lambda: there.open_links == 1, within_s=FACTOR)
        await asyncio.sleep(0.05)
        began = monotonic()
        await give_up(task, times=times)
        await asyncio.wait_for(there.links[0].closed.wait(), CLOSED_WITHIN_S)
        assert there.links[0].closed_at - began <= CLOSED_WITHIN_S
        assert await ask(upstream, there) == b"{}"


@TIMES
async def test_one_that_stops_waiting_for_a_connection_leaves_its_place(
    build: Build, times: int
) -> None:
    upstream = build(limit=1)
    async with vendor(first(goes_silent)) as there:
        holding = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        task = asyncio.ensure_future(_in_headers(upstream, there))
        await asyncio.sleep(0.02)
        await give_up(task, times=times)
        holding.abort()
        assert await ask(upstream, there) == b"{}"
        assert len(there.links) == 2


async def test_a_place_that_comes_free_as_its_taker_leaves_is_not_lost(build: Build) -> None:
    upstream = build(limit=1)
    async with vendor(first(goes_silent)) as there:
        holding = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        task = asyncio.ensure_future(_in_headers(upstream, there))
        await asyncio.sleep(0.02)
        holding.abort()
        await give_up(task, times=1)
        assert await ask(upstream, there) == b"{}"


@TIMES
async def test_a_lookup_that_hangs_can_be_left(build: Build, times: int) -> None:
    asked = asyncio.Event()

    async def hangs(_: str) -> tuple[Address, ...]:
        asked.set()
        await asyncio.Event().wait()
        return ()

    upstream = build(limit=1, lookup=hangs)
    named = Vendor(scheme="http")
    call = call_to(named)
    call = type(call)(method="POST", url="http://vendor.test:8000/v1", headers=(), body=b"{}")
    task = asyncio.ensure_future(
        _sends(upstream.send(call, origin="http://vendor.test:8000", deadlines=within()))
    )
    await asked.wait()
    await give_up(task, times=times)
    async with vendor(answers) as there:
        assert await ask(upstream, there) == b"{}"


async def _sends(sending: Awaitable[UpstreamAnswer]) -> None:
    await sending


@TIMES
async def test_a_connection_that_does_not_come_about_can_be_left(
    upstream: Upstream, full_port: int, times: int
) -> None:
    there = Vendor(scheme="http", port=full_port)
    open_before = _sockets()
    task = asyncio.ensure_future(_in_headers(upstream, there))
    await asyncio.sleep(0.05)
    await give_up(task, times=times)
    await until(lambda: _sockets() == open_before, within_s=CLOSED_WITHIN_S)


def _sockets() -> int:
    def kind(file: Path) -> str:
        with contextlib.suppress(FileNotFoundError):  # the one that lists the others
            return str(file.readlink()).partition(":")[0]
        return ""

    return [kind(file) for file in Path("/proc/self/fd").iterdir()].count("socket")


async def test_an_answer_that_is_given_up_closes_its_socket(build: Build) -> None:
    upstream = build(limit=1)
    async with vendor(first(goes_silent)) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        answer.abort()
        answer.abort()
        await asyncio.wait_for(there.links[0].closed.wait(), CLOSED_WITHIN_S)
        with pytest.raises(Disconnected):
            await answer.read()
        assert await ask(upstream, there) == b"{}"


async def test_giving_up_wakes_whoever_reads(upstream: Upstream) -> None:
    async with vendor(goes_silent) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        assert await answer.read() == b"data: 1\n\n"
        reading = asyncio.ensure_future(answer.read())
        await asyncio.sleep(0.01)
        answer.abort()
        with pytest.raises(Disconnected):
            await asyncio.wait_for(reading, CLOSED_WITHIN_S)


async def test_giving_up_an_answer_that_is_over_harms_nobody(build: Build) -> None:
    upstream = build(limit=1)
    async with vendor(answers) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        assert await answer.whole() == b"{}"
        following = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        answer.abort()
        assert await following.whole() == b"{}"
        assert len(there.links) == 1


async def test_what_nobody_reads_is_closed_too_when_given_up(upstream: Upstream) -> None:
    async with vendor(pours(STREAM, chunk(bytes(65_536)), pieces=500)) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        await answer.read()
        await asyncio.sleep(0.05)
        answer.abort()
        await asyncio.wait_for(there.links[0].closed.wait(), CLOSED_WITHIN_S)


async def test_closing_the_client_ends_what_is_under_way(upstream: Upstream) -> None:
    async with vendor(goes_silent) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        await answer.read()
        await upstream.close()
        await asyncio.wait_for(there.links[0].closed.wait(), CLOSED_WITHIN_S)
        with pytest.raises(Disconnected):
            await answer.read()


# --- F-31 ------------------------------------------------------------------------------------


class Storm:
    """Many callers, most of whom leave."""

    def __init__(self, upstream: Upstream, there: Vendor, *, seed: int) -> None:
        self._upstream = upstream
        self._there = there
        self._dice = random.Random(seed)  # noqa: S311 - must repeat
        self.cancels = 0

    async def rage(self, *, tasks: int, cancels: int) -> None:
        await asyncio.gather(*(self._caller(cancels // tasks) for _ in range(tasks)))

    async def _caller(self, times: int) -> None:
        for _ in range(times):
            task = asyncio.ensure_future(self._call())
            await asyncio.sleep(self._dice.uniform(0, 0.06))
            if task.cancel():
                self.cancels += 1
                if self._dice.random() < 0.5:
                    await asyncio.sleep(0)
                    task.cancel()
            with contextlib.suppress(asyncio.CancelledError, UpstreamFault):
                await task

    async def _call(self) -> None:
        await ask(self._upstream, self._there)


async def takes_its_time(link: Link) -> None:
    dice = random.Random(id(link))  # noqa: S311 - only to vary
    while True:
        await link.request()
        await asyncio.sleep(dice.uniform(0, 0.03))
        if dice.random() < 0.5:
            await link.send(OK)
        else:
            await link.send(STREAM + chunk(b"data: 1\n\n"))
            await asyncio.sleep(dice.uniform(0, 0.03))
            await link.send(LAST_CHUNK)


async def weather(upstream: Upstream, *, cancels: int) -> None:
    """F-31: afterwards everybody is served, and nothing is left over."""
    async with vendor(takes_its_time) as there:
        storm = Storm(upstream, there, seed=31)
        await storm.rage(tasks=40, cancels=cancels)
        assert storm.cancels >= cancels // 2
        await until(lambda: there.open_links <= 10, within_s=FACTOR)
        async with asyncio.timeout(2 * FACTOR):
            served = await asyncio.gather(*(ask(upstream, there) for _ in range(20)))
        assert set(served) <= {b"{}", b"data: 1\n\n"}
        assert there.open_links <= 10
        await upstream.close()
        await until(lambda: there.open_links == 0, within_s=FACTOR)


async def test_callers_who_leave_take_nothing_from_the_others(build: Build) -> None:
    await weather(build(limit=10), cancels=800)


@pytest.mark.faults
async def test_thousands_who_leave_take_nothing_from_the_others(build: Build) -> None:  # F-31
    await weather(build(limit=10), cancels=4_000)
