"""Silence, deadlines and clients that leave, while an answer is translated."""

import asyncio
from typing import Any

import msgspec
import pytest

from gateway.edge.egress.upstream import Disconnected
from protocols.registry import UPSTREAM_CODECS
from providers.specs import Timeouts
from tests.gateway.edge.house import STREAMED, first_bytes, leave, told_by
from tests.gateway.edge.questions.test_translation import BLOCK, EVENTS, START, WORDS, claude, house
from tests.gateway.edge.vendors import SSE, Client, Said

KEEPALIVE = b": keepalive\n\n"


async def test_silence_is_kept_alive_in_the_dialect_of_the_client() -> None:
    said = Said(START, 0.25, *EVENTS[1:4], 0.15, *EVENTS[4:], headers=SSE)
    client = await house(said, stream_keepalive_s=0.1).ask(STREAMED)

    before, _, after = client.body.partition(b'"role":"assistant"')
    assert KEEPALIVE in before
    assert KEEPALIVE in after
    assert client.body.endswith(b"data: [DONE]\n\n")


async def test_another_vendor_is_asked_unseen_after_signs_of_life() -> None:
    gateway = house(
        Said(START, 0.15, Disconnected("reset", sent=True), headers=SSE),
        Said(*EVENTS, headers=SSE),
        providers=(claude(keys=("1", "2")),),
        stream_keepalive_s=0.05,
    )
    client = await gateway.ask(STREAMED)

    assert KEEPALIVE in client.body
    assert b"error" not in client.body
    assert client.body.count(b"[DONE]") == 1


async def test_a_refusal_after_signs_of_life_is_the_end_of_the_stream() -> None:
    gateway = house(
        *(Said(0.15, Disconnected("reset", sent=True), headers=SSE) for _ in range(3)),
        stream_keepalive_s=0.05,
    )
    client = await gateway.ask(STREAMED)

    assert client.status == 200
    assert client.body.count(b'"error"') == 1
    assert client.is_complete


async def test_a_client_that_leaves_takes_the_call_along_and_pays_for_what_it_read() -> None:
    said = Said(START, BLOCK, *WORDS, 60.0, headers=SSE)
    gateway = house(said)
    client = await leave(gateway, STREAMED, when=first_bytes)

    assert said.aborted_at is not None
    assert b"error" not in client.body
    _, final = told_by(gateway)
    assert (final.outcome.status, final.errand.lane) == ("canceled", "translation")
    assert final.tokens.in_fresh == 5
    assert final.tokens.out_text >= 1


async def test_a_provider_that_wants_to_be_read_out_is() -> None:
    said = Said(START, BLOCK, *WORDS, 0.05, *EVENTS[4:], headers=SSE)
    gateway = house(said, providers=(claude(disconnect_policy="drain"),))
    await leave(gateway, STREAMED, when=first_bytes)

    _, final = told_by(gateway)
    assert (final.tokens.in_fresh, final.tokens.out_text) == (5, 2)


@pytest.mark.parametrize("pieces", [(START, BLOCK), (START, BLOCK, *WORDS)])
async def test_a_vendor_that_falls_silent_is_left(pieces: tuple[bytes, ...]) -> None:
    limits = Timeouts(ttft_ms=50, reasoning_ttft_ms=50, idle_ms=50)
    stuck = [Said(*pieces, 60.0, headers=SSE) for _ in range(3)]
    gateway = house(*stuck, providers=(claude(timeouts=limits),))
    client = await gateway.ask(STREAMED)

    assert client.is_complete
    assert stuck[0].aborted_at is not None
    error = msgspec.json.decode(client.body.split(b"data: ")[-1])
    assert error["error"]["code"] == "timeout"


async def test_nothing_is_read_for_who_does_not_read() -> None:
    said = Said(*EVENTS, headers=SSE)
    gateway, client = house(said), Client(send_s=0.05)
    await asyncio.wait_for(gateway.ask(STREAMED, client=client), 5)

    assert client.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("pieces", [1, 4])
async def test_a_stream_ends_even_where_the_gateway_fails(
    pieces: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A codec that breaks after so many events."""
    codec: Any = UPSTREAM_CODECS["anthropic.messages"]
    real = codec.event_decoder

    class Broken:
        def __init__(self, memo: Any) -> None:
            self._real = real(memo)
            self._left = pieces

        def feed(self, frame: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise LookupError("nobody thought of this")
            return self._real.feed(frame)

    monkeypatch.setattr(type(codec), "event_decoder", lambda _self, memo: Broken(memo))
    gateway = house(Said(*EVENTS, headers=SSE))
    client = await gateway.ask(STREAMED)

    assert client.is_complete
    assert b"nobody thought" not in client.body
    assert client.body.count(b'"error"') == 1
    assert client.status == (500 if pieces == 1 else 200)
    _, final = told_by(gateway)
    assert final.outcome.error_code == "internal"
    assert final.money.charge_nano == 0
