"""Whose the seals of a session are, and who is asked natively with seals that nobody pins."""

import asyncio
import dataclasses
from typing import Any, cast

import msgspec
import pytest

from gateway.edge.memory.vault import Found, Vault
from protocols import ir
from tests.conformance import lane
from tests.gateway.edge.calls.test_recalling import (
    ANSWERED,
    MESSAGES,
    RESPONSES,
    SESSION,
    SIGNATURE,
    STEP,
    block,
    called,
    chat,
    house,
    messages,
    provider,
    thought,
)
from tests.gateway.edge.dialects import PATHS, frames, streamed, whole
from tests.gateway.edge.house import House
from tests.gateway.edge.plane import bearer, key_spec


@pytest.mark.parametrize("stream", [False, True])
async def test_an_answer_without_seals_leaves_a_session_s_pin_where_it_is(
    kept: Vault,
    stream: bool,  # noqa: FBT001
) -> None:
    """Clients ask for titles and summaries in between, of whom they like."""
    told, aside = (
        streamed(MESSAGES, *frames(MESSAGES, each)) if stream else whole(MESSAGES, each)
        for each in (thought(), thought(ir.Text(text='"signature":"a"')))
    )
    made = house(
        kept,
        told,
        aside,
        whole(MESSAGES),
        providers=(provider(MESSAGES, "acme"), provider(MESSAGES, "anthropic")),
    )
    turn = {"role": "assistant", "content": [block(), {"type": "text", "text": "a"}]}
    bodies = (
        messages("acme", stream=stream),
        messages("anthropic", stream=stream),
        messages("anthropic", turn, ANSWERED),
    )
    for body in bodies:
        assert (await made.ask(body, path=PATHS[MESSAGES][0], headers=SESSION)).status == 200
        while kept._writing:  # noqa: ASYNC110, SLF001 - of which nobody is told
            await asyncio.sleep(0)
    assert SIGNATURE.encode() not in made.vendors.calls[2].body


async def test_conversations_of_one_cache_have_no_pin_in_common(kept: Vault) -> None:
    openai = [provider(RESPONSES, name, of="openai") for name in ("first", "second")]
    made = house(
        kept,
        whole(RESPONSES, thought(STEP[0])),
        whole(RESPONSES),
        providers=(openai[0], openai[1]),
    )
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": SIGNATURE}
    turn = [{"role": "user", "content": "Hi"}, item, {"role": "user", "content": "And?"}]
    for model, said in (("first", "Hi"), ("second", turn)):
        body = {"model": model, "input": said, "prompt_cache_key": "of all"}
        await made.ask(msgspec.json.encode(body), path=PATHS[RESPONSES][0])
    assert SIGNATURE.encode() in made.vendors.calls[1].body


class Slow(lane.Empty):
    async def find(self, *_: object) -> Found:
        await asyncio.sleep(60)
        return Found()


@pytest.mark.parametrize("ends", ["timeout", "stop"])
async def test_what_ends_an_exchange_ends_the_wait_for_the_vault(ends: str) -> None:
    made = house(Slow(), providers=(provider(MESSAGES, "m"),))
    wait = {b"x-request-timeout-ms": b"20"} if ends == "timeout" else {}
    asking = asyncio.create_task(made.ask(chat("m", *called()), headers={**bearer(), **wait}))
    if ends == "stop":
        await asyncio.sleep(0.05)
        made.worker.open_exchanges.stop()
    told = await asking
    assert told.status == {"timeout": 504, "stop": 503}[ends]
    assert made.vendors.calls == []


class Out(lane.Empty):
    async def find(self, *_: object) -> Found:
        return Found(answered=False)


async def test_a_vault_that_is_out_fails_nobody_not_even_who_wants_no_loss() -> None:
    made = House(
        whole(MESSAGES),
        providers=(provider(MESSAGES, "m"),),
        key=key_spec(fidelity="lossless"),
    )
    made.worker = dataclasses.replace(made.worker, vault=cast("Any", Out()))
    told = await made.ask(chat("m", *called()))
    assert told.status == 200
    assert told.headers[b"x-switchyard-degraded"] == b"seal"
