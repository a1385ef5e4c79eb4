"""Clients that leave, and servers that stop, in every phase."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from gateway.edge.answering import watching
from gateway.edge.egress.upstream import ConnectFailed, Disconnected
from gateway.edge.exchange import Exchange
from gateway.edge.messages import Message
from gateway.edge.stages.attempt import attempt
from gateway.edge.worker.budgets import DRAINS_MAX
from providers.specs import Timeouts
from tests.faults.bounds import FACTOR
from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    FINISH,
    ROLE,
    SHOWN,
    SSE,
    STREAM,
    Client,
    Said,
    World,
    candidate,
    chunk,
    exchange,
    provider,
)

PROMPT_S = 0.1 * FACTOR
LIMITED = b'{"error":{"message":"slow"}}'


def endless() -> Said:
    return Said(*(p for _ in range(999) for p in (chunk("a"), 0.005)), headers=SSE)


# Where the exchange is when the client leaves, and whether it is a stream.
PHASES: dict[str, tuple[Callable[[], Said], bool]] = {
    "before the headers": (lambda: Said(*STREAM, headers=SSE, headers_after_s=9.0), True),
    "before the headers of a whole answer": (lambda: Said(headers_after_s=9.0), False),
    "before the first token": (lambda: Said(ROLE, 9.0, headers=SSE), True),
    "in the stream": (endless, True),
    "in a whole answer": (lambda: Said(b"{", 9.0), False),
    "in an error": (lambda: Said(b"{", 9.0, status=500), False),
    "while waiting to ask again": (
        lambda: Said(LIMITED, status=429, headers={"retry-after": "4"}),
        False,
    ),
}


async def left(world: World, client: Client, made: Exchange, *, after_s: float = 0.06) -> float:
    """How long the exchange went on after its client had left."""
    asyncio.get_running_loop().call_later(after_s, client.leave)
    await world.run(made)
    assert client.left_at is not None
    return time.monotonic() - client.left_at


@pytest.mark.parametrize("phase", PHASES)
async def test_a_client_that_leaves_takes_its_call_along(phase: str) -> None:
    make, stream = PHASES[phase]
    said, client = make(), Client()
    world = World(said, Said(CHAT_ANSWER))
    made = exchange(client, candidate(provider(keys=("1",))), stream=stream)
    assert await left(world, client, made) < PROMPT_S
    assert made.client_gone
    assert said.ended or said.aborted_at is not None or world.vendors.canceled_at is not None
    assert len(world.vendors.calls) == 1, "nobody else is asked for a client that is gone"
    assert not client.is_complete
    assert not any(state.in_flight for state in world.pool.states(now=0))
    assert not any(world.retry_budget._open.values())  # noqa: SLF001


async def test_a_client_that_leaves_is_noticed_while_it_does_not_read() -> None:
    said, client = endless(), Client(send_s=9.0)
    world = World(said)
    made = exchange(client, stream=True)
    assert await left(world, client, made) < PROMPT_S
    assert said.aborted_at is not None
    assert made.client_gone


async def test_a_client_that_leaves_while_a_keep_alive_is_stuck_is_noticed() -> None:
    said, client = Said(ROLE, 9.0, headers=SSE), Client(send_s=9.0)
    world = World(said, stream_keepalive_s=0.02)
    made = exchange(client, stream=True)
    assert await left(world, client, made) < PROMPT_S
    assert said.aborted_at is not None


async def test_content_waits_for_a_keep_alive_that_is_stuck_and_then_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "STREAM_STALL_S", 0.1)
    said, client = Said(ROLE, 0.06, *STREAM[1:], headers=SSE), Client(send_s=9.0)
    world = World(said, stream_keepalive_s=0.02)
    made = exchange(client, stream=True)
    await world.run(made)
    assert client.sent == []
    assert made.client_gone
    assert said.aborted_at is not None


async def test_a_client_that_left_before_the_first_call_is_noticed() -> None:
    said, client = Said(headers_after_s=9.0), Client()
    client.leave()
    made = exchange(client)
    await World(said).run(made)
    assert made.client_gone


async def test_leaving_is_no_failure_of_the_credential() -> None:
    of = provider(keys=("1",))
    world = World(*(Said(headers_after_s=9.0) for _ in range(5)))
    for _ in range(5):
        client = Client()
        await left(world, client, exchange(client, candidate(of)), after_s=0.01)
    world.vendors.answers.append(Said(CHAT_ANSWER))
    client = Client()
    await world.run(exchange(client, candidate(of)))
    assert client.status == 200
    assert world.metrics.upstreams[0]["verdict"] == "canceled"
    assert len(world.metrics.cancels) == 5
    assert world.metrics.streams_open == 0


async def test_a_server_that_says_the_client_is_gone_is_believed() -> None:
    class Hangup(Client):
        async def send(self, message: Message) -> None:
            raise OSError("client disconnected")

    for stream, said in ((True, endless()), (False, Said(CHAT_ANSWER))):
        client = Hangup()
        made = exchange(client, stream=stream)
        await World(said).run(made)
        assert made.client_gone
        assert said.ended or said.aborted_at is not None


async def test_a_keep_alive_to_a_client_that_is_gone_is_dropped() -> None:
    class Hangup(Client):
        async def send(self, message: Message) -> None:
            raise OSError("client disconnected")

    said, client = Said(ROLE, 0.06, *STREAM[1:], headers=SSE), Hangup()
    made = exchange(client, stream=True)
    await World(said, stream_keepalive_s=0.02).run(made)
    assert made.client_gone


async def test_usage_seen_before_the_client_left_is_kept() -> None:
    client = Client()
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\n'
    said = Said(chunk("a"), usage, 9.0, headers=SSE)
    made = exchange(client, stream=True)
    await left(World(said), client, made)
    assert made.usage.input_tokens == 5


def draining(**more: Any) -> Exchange:
    client = Client(send_s=more.pop("send_s", 0.0))
    of = provider(disconnect_policy="drain", keys=("1", "2"), **more.pop("of", {}))
    return exchange(client, candidate(of), stream=more.pop("stream", True))


def client_of(made: Exchange) -> Client:
    client: Client = made.send.__self__  # type: ignore[attr-defined]
    return client


async def test_an_answer_may_be_read_out_for_its_usage() -> None:
    said = Said(*STREAM[:2], 0.15, *STREAM[2:], headers=SSE)
    world, made = World(said), draining()
    client = client_of(made)
    await left(world, client, made)
    assert said.ended
    assert made.usage.input_tokens == 5
    assert made.status == "canceled"
    assert not client.is_complete
    assert world.drain_slots._free == DRAINS_MAX  # noqa: SLF001


async def test_a_whole_answer_may_be_read_out_too() -> None:
    said = Said(CHAT_ANSWER[:9], 0.15, CHAT_ANSWER[9:])
    world, made = World(said), draining(stream=False)
    await left(world, client_of(made), made)
    assert made.usage.input_tokens == 5
    assert client_of(made).sent == []
    assert made.status == "canceled"


async def test_reading_out_begins_in_the_middle_of_a_send_and_before_the_headers() -> None:
    said = Said(*STREAM, headers=SSE)
    world, made = World(said), draining(send_s=9.0)
    assert await left(world, client_of(made), made) < PROMPT_S
    assert made.usage.input_tokens == 5

    said = Said(*STREAM, headers=SSE, headers_after_s=0.15)
    world, made = World(said, stream_keepalive_s=0.02), draining(send_s=9.0)
    await left(world, client_of(made), made)
    assert made.usage.input_tokens == 5


async def test_nobody_is_asked_again_for_a_client_that_is_gone() -> None:
    for fault in (Disconnected("reset", sent=True), ConnectFailed("x")):
        said = Said(0.15, fault, headers=SSE)
        world, made = World(said, Said(*STREAM, headers=SSE)), draining()
        await left(world, client_of(made), made)
        assert len(world.vendors.calls) == 1


async def test_reading_out_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "READ_OUT_MAX_S", 0.1)
    said = endless()
    world, made = World(said), draining()
    assert await left(world, client_of(made), made) < 0.1 + PROMPT_S
    assert said.aborted_at is not None


async def test_without_a_free_slot_nothing_is_read_out() -> None:
    said = endless()
    world, made = World(said), draining()
    while world.drain_slots.take():
        pass
    assert await left(world, client_of(made), made) < PROMPT_S
    assert said.aborted_at is not None


async def test_a_stuck_send_that_stalled_as_the_client_left_is_read_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "STREAM_STALL_S", 0.05)
    said = Said(*STREAM, headers=SSE)
    world, made = World(said), draining(send_s=9.0)
    await left(world, client_of(made), made, after_s=0.05)
    assert made.client_gone


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("times", [1, 2])
async def test_a_server_that_stops_is_obeyed(phase: str, times: int) -> None:
    make, stream = PHASES[phase]
    said, client = make(), Client()
    world = World(said)
    made = exchange(client, candidate(provider(keys=("1",))), stream=stream)
    task = asyncio.create_task(world.run(made))
    await asyncio.sleep(0.06)
    for _ in range(times):
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said.ended or said.aborted_at is not None or world.vendors.canceled_at is not None
    assert not any(state.in_flight for state in world.pool.states(now=0))


async def test_a_server_that_stops_as_the_client_leaves_is_obeyed() -> None:
    client, said = Client(), endless()
    world = World(said)
    task = asyncio.create_task(world.run(exchange(client, stream=True)))
    await asyncio.sleep(0.05)
    client.leave()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said.aborted_at is not None


async def test_a_server_that_stops_while_an_answer_ends_leaves_no_socket() -> None:
    said = Said(*STREAM, 9.0, headers=SSE)
    world, client = World(said), Client()
    task = asyncio.create_task(world.run(exchange(client, stream=True)))
    await asyncio.sleep(0.05)
    assert client.is_complete
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said.aborted_at is not None


async def test_a_server_that_stops_in_the_last_send_leaves_no_socket() -> None:
    said = Said(*STREAM, 9.0, headers=SSE)
    world, client = World(said), Client()
    stuck = asyncio.Event()

    async def send(message: Message) -> None:
        client.sent.append(message)
        if not message.get("more_body", True):
            stuck.set()
            await asyncio.sleep(9.0)

    made = exchange(client, stream=True)
    made.send = send
    task = asyncio.create_task(attempt(made, world.runtime))
    await stuck.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert said.aborted_at is not None
    assert made.recorded


async def test_many_cancels_at_any_moment_leave_nothing_behind() -> None:
    world = World()
    of = provider(keys=("1", "2"), timeouts=Timeouts(idle_ms=40))
    before = asyncio.all_tasks()
    tasks = []
    for number in range(200):
        world.vendors.answers.append(
            Said(*(p for _ in range(9) for p in (chunk("a"), 0.004)), headers=SSE)
        )
        client = Client(send_s=0.001)
        made = exchange(client, candidate(of), stream=True)
        task = asyncio.create_task(attempt(made, world.runtime))
        loop = asyncio.get_running_loop()
        loop.call_later(number % 50 / 1000, client.leave if number % 2 else task.cancel)
        if number % 3 == 0:
            loop.call_later(number % 50 / 1000, task.cancel)
        tasks.append(task)
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert not any(state.in_flight for state in world.pool.states(now=0))
    assert not any(world.retry_budget._open.values())  # noqa: SLF001


@pytest.mark.parametrize("phase", PHASES)
async def test_a_worker_that_has_to_go_ends_what_is_open(phase: str) -> None:
    make, stream = PHASES[phase]
    said, client = make(), Client()
    world = World(said, Said(CHAT_ANSWER))
    made = exchange(client, candidate(provider(keys=("1",))), stream=stream)
    asyncio.get_running_loop().call_later(0.06, world.open_exchanges.stop)
    began = time.monotonic()
    await world.run(made)
    assert time.monotonic() - began < 0.06 + PROMPT_S
    assert len(made.attempts) == 1
    assert made.error is not None
    if client.sent:
        assert client.is_complete
    else:
        assert world.refused is not None
        assert world.refused.http_status == 503


async def test_a_worker_that_has_to_go_lets_last_bytes_pass() -> None:
    client = Client(send_s=0.03)
    world = World(Said(*STREAM, headers=SSE))
    made = exchange(client, stream=True)

    def stop(message: Message) -> None:
        if message.get("body", b"").endswith(FINISH):
            asyncio.get_running_loop().call_later(0.01, world.open_exchanges.stop)

    client.on_send = stop
    await world.run(made)
    assert client.body == SHOWN
    assert client.is_complete
