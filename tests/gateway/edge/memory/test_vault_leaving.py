"""Whoever leaves while the vault is asked has used what the vendor said."""

import asyncio
from types import SimpleNamespace
from typing import Any

from gateway.edge.memory.vault import Found, PinFound
from tests.gateway.edge.calls.test_recalling import MESSAGES, chat, house, provider, thought
from tests.gateway.edge.dialects import frames, streamed, whole
from tests.gateway.edge.house import House
from tests.gateway.edge.vendors import Client, Said


class Mute:
    """A vault that is asked to keep something and never answers."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def keep(self, *_: object, **_more: object) -> bool:
        self.asked.set()
        await asyncio.Event().wait()
        return True

    async def find(self, *_: object, **_more: object) -> Found:
        return Found()

    async def pin(self, *_: object, **_more: object) -> PinFound:
        return PinFound()

    def vault(self) -> Any:
        return SimpleNamespace(
            keep=self.keep,
            find=self.find,
            pin=self.pin,
            set_pin=lambda *_: None,
            wait_s=60.0,
            clock=lambda: 0.0,
        )


async def left_while_it_was_kept(said: Said, *, stream: bool) -> tuple[House, Client]:
    mute, client = Mute(), Client()
    made = house(mute.vault(), said, providers=(provider(MESSAGES, "m"),))
    asking = asyncio.create_task(made.ask(chat("m", stream=stream), client=client))
    await asyncio.wait_for(mute.asked.wait(), 10)
    client.leave()
    await asyncio.wait_for(asking, 10)
    return made, client


async def test_what_was_read_whole_is_recorded_exactly() -> None:
    made, client = await left_while_it_was_kept(whole(MESSAGES, thought()), stream=False)

    final = made.notebook.final
    assert client.body == b""
    assert (final.tokens.in_fresh, final.tokens.out_text) == (5, 2)
    assert final.money.cost_certainty == "exact"
    assert final.outcome.status == "canceled"


async def test_a_stream_that_had_come_to_its_end_is_recorded_exactly() -> None:
    """All of it lies in one piece, so that its last word is read before the call is kept."""
    pieces = b"".join(frames(MESSAGES, thought()))
    made, client = await left_while_it_was_kept(streamed(MESSAGES, pieces), stream=True)

    final = made.notebook.final
    assert b"call_Ab1Cd2Ef3Gh4" not in client.body
    assert (final.tokens.in_fresh, final.tokens.out_text) == (5, 2)
    assert final.money.cost_certainty == "exact"
    assert final.outcome.status == "canceled"


async def test_of_a_stream_in_its_midst_what_was_read_is_billed() -> None:
    """What the vendor has said of its input counts as said, and of the answer what came."""
    start, *rest = frames(MESSAGES, thought())
    assert b'"input_tokens":0' in start
    pieces = (start.replace(b'"input_tokens":0', b'"input_tokens":5'), *rest)
    made, client = await left_while_it_was_kept(streamed(MESSAGES, *pieces), stream=True)

    final = made.notebook.final
    assert b"Hm." in client.body
    assert b"call_Ab1Cd2Ef3Gh4" not in client.body
    assert final.tokens.in_fresh == 5
    assert final.tokens.out_text > 0
    assert final.tokens.usage_source == "mixed"
    assert final.outcome.status == "canceled"
    assert final.money.cost_nano == 5_000 + 4_000 * final.tokens.out_text
