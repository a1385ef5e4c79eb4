"""Silence of a vendor, with clients of every dialect: signs of life in time, and another vendor who
answers unseen after the second of them. No time of the machine's passes.
"""

import asyncio
import dataclasses
from itertools import pairwise
from typing import Final

import pytest

from gateway.edge.egress.upstream import Disconnected
from gateway.edge.messages import Message
from protocols.ir import Dialect
from protocols.registry import NATIVE
from providers.specs import Timeouts
from tests.gateway.edge.dialects import (
    DIALECTS,
    PATHS,
    frames,
    question,
    read_stream,
    text_of,
    vendor,
)
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.still_clock import on_a_still_clock
from tests.gateway.edge.vendors import Client, Said, now
from tests.protocols.client_streams import faults_of_stream

SILENCE_S: Final = 120.0
APART_S: Final = 15.0
PATIENT: Final = Timeouts(ttft_ms=300_000, reasoning_ttft_ms=300_000, idle_ms=300_000)
EVERY_PAIR: Final = [(asks, speaks) for asks in DIALECTS for speaks in DIALECTS]


def silent(dialect: Dialect, *pieces: bytes | float | Exception) -> Said:
    kind = NATIVE[dialect].stream_content_type.decode()
    return Said(*pieces, headers={"content-type": kind})


async def heard_at(house: House, asks: Dialect) -> tuple[Client, list[float]]:
    """The moments at which something came, from the first on."""
    house.worker = dataclasses.replace(house.worker, clock=now)
    client, moments = Client(), [now()]

    def note(_message: Message) -> None:
        moments.append(asyncio.get_running_loop().time())

    client.on_send = note
    body = question(asks, stream=True)
    await house.ask(body, path=PATHS[asks][True], query=b"alt=sse", client=client)
    return client, moments


def longest(moments: list[float]) -> float:
    return max(after - before for before, after in pairwise(moments))


@pytest.mark.parametrize("when", ["before headers", "before content", "amid content"])
@pytest.mark.parametrize(("asks", "speaks"), EVERY_PAIR)
@on_a_still_clock
async def test_two_minutes_of_silence_are_kept_alive(
    asks: Dialect, speaks: Dialect, when: str
) -> None:
    told = frames(speaks)
    at = next(at for at, frame in enumerate(told) if b"Hello" in frame) + 1
    begun = {"before headers": 0, "before content": 0, "amid content": at}[when]
    said = silent(speaks, *told[:begun], SILENCE_S, *told[begun:])
    if when == "before headers":
        said = silent(speaks, *told)
        said.headers_after_s = SILENCE_S
    house = House(said, providers=(vendor(speaks, timeouts=PATIENT),))
    client, moments = await heard_at(house, asks)

    assert client.is_complete
    assert moments[-1] - moments[0] >= SILENCE_S
    assert longest(moments) <= APART_S
    assert client.body.count(NATIVE[asks].keepalive) >= SILENCE_S // APART_S
    assert faults_of_stream(asks, client.body) == []
    collector = read_stream(asks, client.body)
    assert collector.failed is None
    assert text_of(collector.response()) == "Hello"


@pytest.mark.parametrize(("asks", "speaks"), EVERY_PAIR)
@on_a_still_clock
async def test_who_fails_after_the_second_sign_of_life_is_replaced_unseen(
    asks: Dialect, speaks: Dialect
) -> None:
    house = House(
        silent(speaks, 25.0, Disconnected("reset", sent=True)),
        silent(speaks, *frames(speaks)),
        providers=(vendor(speaks, keys=("1", "2"), timeouts=PATIENT),),
    )
    client, moments = await heard_at(house, asks)

    assert len(house.vendors.calls) == 2
    assert client.body.count(NATIVE[asks].keepalive) >= 2
    assert longest(moments) <= APART_S
    assert faults_of_stream(asks, client.body) == []
    collector = read_stream(asks, client.body)
    assert collector.failed is None
    assert text_of(collector.response()) == "Hello"
    assert told_by(house)[1].outcome.status == "ok"


def test_every_sign_of_life_is_that_of_its_dialect() -> None:
    assert {dialect: NATIVE[dialect].keepalive for dialect in DIALECTS if "bed" not in dialect} == {
        "openai.chat": b": keepalive\n\n",
        "openai.responses": b": keepalive\n\n",
        "anthropic.messages": b'event: ping\ndata: {"type": "ping"}\n\n',
        "gemini.generate": b"\n",
    }
    alive = NATIVE["bedrock.converse"].frame(NATIVE["bedrock.converse"].keepalive)
    assert (alive.event, alive.data) == ("ping", b"{}")
