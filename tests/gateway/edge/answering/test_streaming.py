"""Streams on their way: what may go on, and when."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.answering import streaming, watching
from gateway.edge.egress.upstream import BadAnswer, Disconnected
from gateway.edge.exchange import Exchange
from gateway.edge.messages import Message
from gateway.edge.operations.surfaces import MESSAGES
from protocols.registry import NATIVE
from providers.specs import Quirks, Timeouts
from tests.faults.bounds import FACTOR
from tests.gateway.edge.still_clock import on_a_still_clock
from tests.gateway.edge.vendors import (
    CHAT_BODY,
    DONE,
    FINISH,
    ROLE,
    SHOWN,
    SSE,
    STREAM,
    USAGE,
    Client,
    Said,
    World,
    candidate,
    chunk,
    exchange,
    provider,
)

CHAT_NATIVE = NATIVE["openai.chat"]
WHOLE = b"".join(STREAM)
PING = b"event: ping\ndata: {}\n\n"
VENDOR_ERROR = b'data: {"error":{"message":"Overloaded","type":"server_error","code":"x"}}\n\n'
MESSAGE = tuple(
    b"event: " + event + b"\ndata: " + data + b"\n\n"
    for event, data in {
        b"message_start": b'{"type":"message_start","message":{"usage":{"input_tokens":3}}}',
        b"content_block_start": b'{"type":"content_block_start","index":0,"content_block":'
        b'{"type":"text","text":""}}',
        b"content_block_delta": b'{"type":"content_block_delta","index":0,"delta":'
        b'{"type":"text_delta","text":"Hello"}}',
        b"content_block_stop": b'{"type":"content_block_stop","index":0}',
        b"message_delta": b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},'
        b'"usage":{"output_tokens":2}}',
        b"message_stop": b'{"type":"message_stop"}',
    }.items()
)


async def streamed(world: World, client: Client, **timeouts: int) -> Exchange:
    of = provider(timeouts=Timeouts(**timeouts), keys=("1", "2"))
    made = exchange(client, candidate(of), stream=True)
    await world.run(made)
    return made


async def test_a_dialect_without_done_ends_with_its_own_last_event() -> None:
    world, client = World(Said(*MESSAGE, headers=SSE)), Client()
    chosen = candidate(provider(kind="anthropic"), operation=MESSAGES)
    made = exchange(client, chosen, stream=True, operation=MESSAGES)
    await world.run(made)
    assert client.body == b"".join(MESSAGE)
    assert client.is_complete
    assert (made.usage.input_tokens, made.usage.output_tokens, made.stop) == (3, 2, "end_turn")
    assert client.headers[b"cache-control"] == b"no-cache"
    assert client.headers[b"x-accel-buffering"] == b"no"


async def test_events_of_several_reads_are_sent_as_they_come() -> None:
    world, client = World(Said(*STREAM, headers=SSE)), Client()
    await streamed(world, client)
    bodies = [m["body"] for m in client.sent[1:]]
    assert bodies == [ROLE + chunk("Hel"), chunk("lo"), FINISH, DONE]


@pytest.mark.parametrize(
    ("rest", "forwarded"),
    [
        (b"", DONE),
        (b"data: [DO", DONE),
        (b'data: {"choices": [', DONE),
        (b": bye", DONE),
        (b"data: [DONE]", b"data: [DONE]"),
        (b'data: {"choices": []}\n', b'data: {"choices": []}\n\n\n' + DONE),
    ],
)
async def test_a_vendor_that_just_closes_has_its_bytes_forwarded_and_its_stream_ended(
    rest: bytes, forwarded: bytes
) -> None:
    pieces = [piece for piece in (*STREAM[:-1], rest) if piece]
    world, client = World(Said(*pieces, headers=SSE)), Client()
    made = await streamed(world, client)
    assert client.body == SHOWN.removesuffix(DONE) + forwarded
    assert client.is_complete
    assert made.status == "ok"


@pytest.mark.parametrize("asks", [False, True])
async def test_usage_that_comes_unasked_is_counted_and_not_shown(*, asks: bool) -> None:
    """Of a vendor that takes no `stream_options` and tells it all the same."""
    of = provider(quirks=Quirks(include_usage=False))
    world, client = World(Said(*STREAM, headers=SSE)), Client()
    wish = b',"stream_options":{"include_usage":true}}' if asks else b"}"
    made = exchange(client, candidate(of), stream=True, body=CHAT_BODY[:-1] + wish)
    await world.run(made)

    assert client.body == (b"".join(STREAM) if asks else SHOWN)
    assert made.usage.input_tokens == 5


async def test_usage_in_an_unfinished_last_event_counts() -> None:
    world, client = World(Said(*STREAM[:-2], USAGE[:-2], headers=SSE)), Client()
    made = await streamed(world, client)
    assert made.usage.input_tokens == 5
    assert client.body == SHOWN


async def test_an_empty_answer_without_a_last_event_is_closed_normally() -> None:
    world, client = World(Said(ROLE, FINISH, headers=SSE)), Client()
    made = await streamed(world, client)
    assert client.body == ROLE + FINISH + DONE
    assert made.status == "ok"


@pytest.mark.parametrize("at", range(2, 4))
@pytest.mark.parametrize("ending", [None, Disconnected("reset", sent=True), BadAnswer("garbage")])
async def test_a_stream_that_breaks_ends_with_one_error_event(
    at: int, ending: Exception | None
) -> None:
    endings = () if ending is None else (ending,)
    said = Said(*STREAM[:at], *endings, headers=SSE)
    world, client = World(said, Said(*STREAM, headers=SSE)), Client()
    made = await streamed(world, client)
    shown, _, event = client.body.rpartition(b"\n\ndata: ")
    assert shown + b"\n\n" == b"".join(STREAM[:at])
    assert event.startswith(b'{"error":')
    assert client.is_complete
    assert b"[DONE]" not in client.body
    assert len(made.attempts) == 1
    assert (made.status, made.error is not None) == ("interrupted", True)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_reset_at_any_byte_is_invisible_or_ends_the_stream_once(at: int) -> None:
    async def run() -> None:
        broken = Said(WHOLE[:at], Disconnected("reset", sent=True), headers=SSE)
        world, client = World(broken, Said(*STREAM, headers=SSE)), Client()
        made = await streamed(world, client)
        assert client.is_complete
        if at < len(ROLE + chunk("Hel")):
            assert client.body == SHOWN
            assert [a.verdict for a in made.attempts] == ["transport", "ok"]
        elif at < len(ROLE + chunk("Hel") + chunk("lo") + FINISH):
            shown, _, event = client.body.rpartition(b"data: ")
            assert WHOLE[:at].startswith(shown)
            assert event.startswith(b'{"error":')
            assert len(made.attempts) == 1
        else:
            assert client.body == SHOWN
            assert (len(made.attempts), made.error) == (1, None)

    asyncio.run(run())


async def test_a_vendors_error_event_before_content_is_invisible() -> None:
    world, client = (
        World(Said(ROLE, VENDOR_ERROR, headers=SSE), Said(*STREAM, headers=SSE)),
        Client(),
    )
    made = await streamed(world, client)
    assert client.body == SHOWN
    assert [a.verdict for a in made.attempts] == ["server_error", "ok"]


async def test_a_vendors_error_event_after_content_is_the_last() -> None:
    after = (VENDOR_ERROR, DONE, chunk("x"))
    world, client = World(Said(ROLE, chunk("a") + VENDOR_ERROR + after[1], headers=SSE)), Client()
    made = await streamed(world, client)
    assert client.body == ROLE + chunk("a") + VENDOR_ERROR
    assert client.is_complete
    assert made.error is not None
    assert world.metrics.upstreams[0]["verdict"] == "server_error"


async def test_a_secret_in_an_error_event_is_masked() -> None:
    told = VENDOR_ERROR.replace(b"Overloaded", b"key sk-acme-1 bad")
    world, client = World(Said(chunk("a"), told, headers=SSE)), Client()
    await streamed(world, client)
    assert b"sk-acme-1" not in client.body
    assert b"key *** bad" in client.body


async def test_a_secret_in_an_error_event_before_content_is_masked() -> None:
    told = VENDOR_ERROR.replace(b"Overloaded", b"key sk-acme-1 bad").replace(b'"x"', b'"sk-acme-1"')
    told = told.replace(b'"code"', b'"param":"sk-acme-1","code"')
    world = World(Said(told, headers=SSE))
    for _ in range(3):
        world.retry_budget.begin("p-acme", extra=True)  # none is left for a second attempt
    made = await streamed(world, Client())
    assert world.refused is not None
    assert world.refused.message == "key *** bad"
    assert (world.refused.code, world.refused.param) == ("***", "***")
    assert made.attempts[0].message == "key *** bad"


@on_a_still_clock
async def test_keep_alives_begin_the_answer_and_failover_stays_possible() -> None:
    broken = Said(ROLE, 0.12, Disconnected("reset", sent=True), headers=SSE)
    good = Said(ROLE, 0.07, *STREAM[1:], headers=SSE, headers_after_s=0.01)
    world, client = World(broken, good, stream_keepalive_s=0.05), Client()
    made = await streamed(world, client)
    beat = CHAT_NATIVE.keepalive
    assert client.status == 200
    beats = client.body.count(beat)
    assert beats >= 2
    assert client.body == beat * beats + SHOWN
    assert made.status == "ok"


@on_a_still_clock
async def test_keep_alives_stand_between_events() -> None:
    half, rest = chunk("lo")[:10], chunk("lo")[10:]
    said = Said(ROLE, chunk("Hel"), half, 0.08, rest, 0.08, FINISH, DONE, headers=SSE)
    world, client = World(said, stream_keepalive_s=0.05), Client()
    await streamed(world, client)
    beats = b"(?:%s)+" % re.escape(CHAT_NATIVE.keepalive)
    events = (ROLE + chunk("Hel"), chunk("lo"), FINISH + DONE)
    assert re.fullmatch(beats.join(map(re.escape, events)), client.body)


@on_a_still_clock
async def test_after_a_keep_alive_failure_is_told_in_the_stream() -> None:
    refused = Said(b'{"error":{"message":"no"}}', status=400, headers_after_s=0.08)
    world, client = World(refused, stream_keepalive_s=0.05), Client()
    made = await streamed(world, client)
    assert client.status == 200
    assert client.body.startswith(CHAT_NATIVE.keepalive + b'data: {"error":{"message":"no"')
    assert client.is_complete
    assert made.status == "interrupted"


@on_a_still_clock
async def test_keep_alives_go_on_while_an_attempt_is_repeated() -> None:
    of = provider(keys=("1",))
    limited = Said(b'{"error":{}}', status=429, headers={**JSON_429, "retry-after": "0.22"})
    world = World(limited, Said(*STREAM, headers=SSE), stream_keepalive_s=0.05)
    client = Client()
    await world.run(exchange(client, candidate(of), stream=True))
    assert client.body == CHAT_NATIVE.keepalive * 4 + SHOWN


JSON_429 = {"content-type": "application/json"}


@pytest.mark.parametrize("noise", [b": ping\n\n", PING, b"d"])
async def test_signs_of_life_do_not_keep_a_stream_alive(noise: bytes) -> None:
    endless = [piece for _ in range(100) for piece in (0.02, noise)]
    said = Said(ROLE, chunk("a"), *endless, headers=SSE)
    world, client = World(said), Client()
    began = asyncio.get_running_loop().time()
    made = await streamed(world, client, idle_ms=150)
    assert asyncio.get_running_loop().time() - began < 0.15 + 0.25 * FACTOR
    assert made.attempts[0].verdict == "timeout"
    assert said.aborted_at is not None
    assert client.body.count(b'"error"') == 1
    assert client.is_complete


async def test_start_events_do_not_count_as_the_first_token() -> None:
    endless = [piece for _ in range(100) for piece in (0.02, ROLE)]
    world, client = World(Said(*endless, headers=SSE)), Client()
    made = await streamed(world, client, ttft_ms=150)
    assert world.refused is not None
    assert (world.refused.kind, client.sent) == ("timeout", [])
    assert [a.verdict for a in made.attempts] == ["timeout"]


async def test_a_slow_first_token_is_left_for_another_target() -> None:
    slow, good = provider("slow", timeouts=Timeouts(ttft_ms=100)), provider("good")
    world = World(Said(ROLE, 5.0, headers=SSE), Said(*STREAM, headers=SSE))
    client = Client()
    made = exchange(client, candidate(slow), candidate(good), stream=True)
    await world.run(made)
    assert client.body == SHOWN
    assert [a.verdict for a in made.attempts] == ["timeout", "ok"]


async def test_the_total_is_the_last_word() -> None:
    endless = [piece for _ in range(100) for piece in (0.02, chunk("a"))]
    world, client = World(Said(*endless, headers=SSE)), Client()
    made = await streamed(world, client, total_ms=150)
    assert made.attempts[0].verdict == "timeout"
    assert client.body.count(b'"error"') == 1


async def test_a_setting_bounds_the_total_of_streams() -> None:
    endless = [piece for _ in range(100) for piece in (0.02, chunk("a"))]
    world, client = World(Said(*endless, headers=SSE), streaming_timeout_s=0.15), Client()
    made = await streamed(world, client)
    assert made.attempts[0].verdict == "timeout"


async def test_the_record_is_made_before_the_last_event_leaves() -> None:
    seen: list[bool] = []
    world, client = World(Said(*STREAM, headers=SSE)), Client()
    made = exchange(client, stream=True)

    def look(message: Message) -> None:
        if message["type"] == "http.response.body":
            seen.append(made.recorded)

    client.on_send = look
    await world.run(made)
    assert seen == [False, False, False, True]


async def test_a_connection_is_let_live_after_the_last_event() -> None:
    said = Said(*STREAM, 0, headers=SSE)
    await streamed(World(said), Client())
    assert said.ended
    assert said.aborted_at is None


async def test_a_vendor_that_does_not_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "LINGER_S", 0.05)
    hanging, talking = Said(*STREAM, 9.0, headers=SSE), Said(*STREAM, DONE, headers=SSE)
    broken = Said(*STREAM, Disconnected("reset", sent=True), headers=SSE)
    for said in (hanging, talking, broken):
        client = Client()
        await streamed(World(said), client)
        assert client.body == SHOWN
        assert said.aborted_at is not None


async def test_a_client_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "STREAM_STALL_S", 0.1)
    said = Said(*(chunk("a") for _ in range(100)), headers=SSE)
    world, client = World(said), Client(send_s=9.0)
    made = await streamed(world, client)
    assert said.reads == 1, "nothing is read for who does not read"
    assert said.aborted_at is not None
    assert made.client_gone


async def test_a_slow_reader_costs_the_vendor_no_patience() -> None:
    said = Said(*STREAM, headers=SSE)
    world, client = World(said), Client(send_s=0.12)
    made = await streamed(world, client, idle_ms=100)
    assert client.body == SHOWN
    assert made.error is None


def test_every_dialect_knows_its_own_last_event() -> None:
    for native in NATIVE.values():
        observer = native.observer(hide_usage=False)
        assert not native.last_event or observer.feed(native.last_event)
        assert observer.terminal is bool(native.last_event)
