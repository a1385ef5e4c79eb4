"""Whoever leaves while the vault is asked has used what the vendor said."""

import asyncio
from types import SimpleNamespace

from gateway.edge.memory.vault import Found, PinFound
from tests.gateway.edge.calls.test_recalling import MESSAGES, chat, house, provider, thought
from tests.gateway.edge.dialects import whole
from tests.gateway.edge.vendors import Client


async def test_what_was_read_whole_is_recorded_exactly() -> None:
    asked = asyncio.Event()

    async def keep(*_: object, **_more: object) -> bool:
        asked.set()
        await asyncio.Event().wait()
        return True

    async def find(*_: object, **_more: object) -> Found:
        return Found()

    async def pin(*_: object, **_more: object) -> PinFound:
        return PinFound()

    mute = SimpleNamespace(
        keep=keep, find=find, pin=pin, set_pin=lambda *_: None, wait_s=60.0, clock=lambda: 0.0
    )
    made = house(mute, whole(MESSAGES, thought()), providers=(provider(MESSAGES, "m"),))
    client = Client()

    asking = asyncio.create_task(made.ask(chat("m"), client=client))
    await asyncio.wait_for(asked.wait(), 10)
    client.leave()
    await asyncio.wait_for(asking, 10)

    final = made.notebook.final
    assert (final.tokens.in_fresh, final.tokens.out_text) == (5, 2)
    assert final.money.cost_certainty == "exact"
    assert final.outcome.status == "canceled"
