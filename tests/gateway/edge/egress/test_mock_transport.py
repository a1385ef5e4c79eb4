"""The mock provider in process: what a socket would do, without one."""

import asyncio
from time import monotonic
from typing import Any, Final

import msgspec
import pytest

from gateway.edge.egress.mock_transport import MockTransport
from gateway.edge.egress.upstream import Deadlines, Disconnected, TimedOut, UpstreamAnswer
from providers.adapters.base import UpstreamCall

LONG_S: Final = 30.0
BOUND: Final = 5.0  # generous: machines that test are busy


class Elsewhere:
    """Whoever is asked for anything that is not the mock."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.closed = False

    async def send(
        self, call: UpstreamCall, *, origin: str, proxy_url: str = "", deadlines: Deadlines
    ) -> UpstreamAnswer:
        self.asked.append((call.url, origin, proxy_url))
        return await MockTransport(self).send(
            called("mock-echo"), origin="mock:", deadlines=deadlines
        )

    async def close(self) -> None:
        self.closed = True


def called(model: str, *, stream: bool = False, url: str = "mock:/v1/messages") -> UpstreamCall:
    body = {
        "model": model,
        "max_tokens": 50,
        "stream": stream,
        "messages": [{"role": "user", "content": "one two three"}],
    }
    return UpstreamCall(
        method="POST", url=url, headers=(), body=msgspec.json.encode(body), stream=stream
    )


def within(**seconds: float) -> Deadlines:
    known = {"headers_s": LONG_S, "idle_s": LONG_S, "total_s": LONG_S, **seconds}
    return Deadlines(
        connect_s=LONG_S,
        pool_s=LONG_S,
        headers_s=known["headers_s"],
        idle_s=known["idle_s"],
        total_at=monotonic() + known["total_s"],
    )


async def send(
    model: str, *, stream: bool = False, deadlines: Deadlines | None = None
) -> UpstreamAnswer:
    return await MockTransport(Elsewhere()).send(
        called(model, stream=stream), origin="mock:", deadlines=deadlines or within()
    )


async def test_a_whole_answer_is_read_at_once_or_piece_by_piece() -> None:
    answer = await send("mock-echo;ttft_ms=1;tps=0")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert msgspec.json.decode(await answer.whole())["content"][0]["text"] == "one two three"
    assert await answer.read() == b""
    answer.abort()


async def test_a_stream_comes_piece_by_piece_in_its_time() -> None:
    began = monotonic()
    answer = await send("mock-echo;ttft_ms=40;tps=100", stream=True)
    pieces = []
    while data := await answer.read():
        pieces.append(data)
    assert len(pieces) >= 5
    assert pieces[0].startswith(b"event: message_start")
    assert pieces[-1].endswith(b'data: {"type":"message_stop"}\n\n')
    assert monotonic() - began >= 0.055


async def test_every_answer_has_an_id_of_its_own() -> None:
    ids = {
        msgspec.json.decode(await (await send("mock-echo;ttft_ms=0;tps=0")).whole())["id"]
        for _ in range(3)
    }
    assert len(ids) == 3


async def test_a_query_is_no_part_of_the_path() -> None:
    call = UpstreamCall(method="GET", url="mock:/v1/models?limit=9", headers=())
    answer = await MockTransport(Elsewhere()).send(call, origin="mock:", deadlines=within())
    assert answer.status == 200


async def test_other_calls_go_their_way() -> None:
    elsewhere = Elsewhere()
    transport = MockTransport(elsewhere)
    call = called("m", url="https://vendor.test/v1/messages")
    await transport.send(
        call, origin="https://vendor.test", proxy_url="http://proxy.test", deadlines=within()
    )
    await transport.close()
    assert elsewhere.asked == [(call.url, "https://vendor.test", "http://proxy.test")]
    assert elsewhere.closed


@pytest.mark.parametrize(
    ("seconds", "phase"),
    [({"headers_s": 0.02}, "headers"), ({"total_s": 0.02}, "total"), ({"total_s": -1.0}, "total")],
)
async def test_headers_that_never_come_time_out(seconds: dict[str, float], phase: str) -> None:
    began = monotonic()
    with pytest.raises(TimedOut) as fault:
        await send("mock-echo;hang=headers", deadlines=within(**seconds))
    assert (fault.value.phase, fault.value.sent) == (phase, True)
    assert monotonic() - began < BOUND


@pytest.mark.parametrize(
    ("seconds", "phase"), [({"idle_s": 0.02}, "body"), ({"total_s": 0.02}, "total")]
)
async def test_a_stream_that_falls_silent_times_out(seconds: dict[str, float], phase: str) -> None:
    answer = await send(
        "mock-echo;hang=finished;ttft_ms=0;tps=0", stream=True, deadlines=within(**seconds)
    )
    with pytest.raises(TimedOut) as fault:
        await answer.whole()
    assert fault.value.phase == phase


async def test_giving_up_ends_a_read_at_once_in_every_phase() -> None:
    answer = await send("mock-echo;hang=text_delta", stream=True)
    assert await answer.read()
    assert await answer.read()
    reading = asyncio.ensure_future(answer.read())
    await asyncio.sleep(0)
    answer.abort()
    with pytest.raises(Disconnected):
        await asyncio.wait_for(reading, BOUND)
    sending = asyncio.ensure_future(send("mock-echo;hang=headers"))
    await asyncio.sleep(0)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


async def test_an_answer_without_pauses_lets_others_have_their_turn() -> None:
    answer = await send("mock-echo;out=50;ttft_ms=0;tps=0", stream=True)
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other: asyncio.Task[Any] = asyncio.ensure_future(take_turns())
    await answer.whole()
    other.cancel()
    assert turns >= 50
