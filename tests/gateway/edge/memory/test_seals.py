"""Seals that travel through clients who do not know whose they are."""

from typing import Any

import msgspec
import pytest

from gateway.edge.memory.seals import Sealer, opened
from protocols import ir
from protocols.codec import Target
from protocols.ir import Dialect
from protocols.seals import MARK
from tests.gateway.edge.dialects import BODIES, PATHS, frames, streamed, vendor, whole
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.vendors import target

SIGNATURE = "c2lnbmVk"
THOUGHT = ir.Response(
    id="theirs",
    model="their-model",
    content=(
        ir.Thinking(text="Hm.", seal=ir.Seal(origin="gemini", signature=SIGNATURE)),
        ir.Text(text="Hello"),
    ),
    stop=ir.Stop(reason="end_turn"),
    usage=ir.Usage(input_tokens=5, output_tokens=2),
)
MESSAGES: Dialect = "anthropic.messages"
GOOGLE: Dialect = "gemini.generate"


def sealing(dialect: Dialect, *, of: str) -> Any:
    """A vendor whose seals are those of `of`."""
    made = vendor(dialect, slug=of)
    row = target(price_model="m", id=f"t-{of}", target=Target(model="m", vendor=of))
    return msgspec.structs.replace(made, targets=(row,))


async def thought_of(house: House, *, stream: bool) -> dict[str, Any]:
    """The block of thinking that the client is told."""
    body = {**BODIES[MESSAGES], "stream": stream}
    client = await house.ask(msgspec.json.encode(body), path=PATHS[MESSAGES][0])
    assert client.status == 200
    if not stream:
        block: dict[str, Any] = msgspec.json.decode(client.body)["content"][0]
        return block
    told = [msgspec.json.decode(line[6:]) for line in client.body.split(b"\n") if line[:1] == b"d"]
    deltas = [each["delta"] for each in told if each["type"] == "content_block_delta"]
    return {
        "type": "thinking",
        "thinking": "".join(delta.get("thinking", "") for delta in deltas),
        "signature": "".join(delta.get("signature", "") for delta in deltas),
    }


@pytest.mark.parametrize("stream", [False, True])
async def test_a_seal_returns_to_the_vendor_that_made_it(stream: bool) -> None:  # noqa: FBT001
    told = streamed(GOOGLE, *frames(GOOGLE, THOUGHT)) if stream else whole(GOOGLE, THOUGHT)
    house = House(told, whole(GOOGLE), providers=(sealing(GOOGLE, of="gemini"),))
    block = await thought_of(house, stream=stream)
    assert block["signature"].startswith(MARK)
    assert SIGNATURE not in block["signature"]

    await house.ask(_second_turn(block), path=PATHS[MESSAGES][0])

    sent = house.vendors.calls[1].body
    assert SIGNATURE.encode() in sent
    assert MARK.encode() not in sent


async def test_a_seal_reaches_nobody_else_not_even_in_the_dialect_of_the_client() -> None:
    google = House(whole(GOOGLE, THOUGHT), providers=(sealing(GOOGLE, of="gemini"),))
    block = await thought_of(google, stream=False)
    claude = House(whole(MESSAGES), providers=(sealing(MESSAGES, of="anthropic"),))

    client = await claude.ask(_second_turn(block), path=PATHS[MESSAGES][0])

    sent = claude.vendors.calls[0].body
    assert client.status == 200
    assert SIGNATURE.encode() not in sent
    assert MARK.encode() not in sent
    assert b"x-switchyard-degraded" in client.headers
    _, final = told_by(claude)
    assert (final.errand.lane, final.errand.degraded) == ("translation", ("seal",))


def test_a_seal_of_the_dialects_own_vendor_is_not_wrapped() -> None:
    sealer = Sealer(asks="anthropic.messages", target=Target(model="m", vendor="anthropic"))
    seal = ir.Seal(origin="anthropic", signature="s")

    assert sealer.event(ir.Sealed(index=0, seal=seal)) == ir.Sealed(index=0, seal=seal)


def test_what_chat_has_no_field_for_is_not_wrapped_for_it() -> None:
    block = ir.ToolCall(id="1", name="a", seal=ir.Seal(origin="gemini", signature="s"))
    sealer = Sealer(asks="openai.chat", target=Target(model="m", vendor="vertex"))

    told = sealer.event(ir.BlockStarted(index=0, block=block))

    assert isinstance(told, ir.BlockStarted)
    assert isinstance(told.block, ir.ToolCall)
    assert told.block.seal == ir.Seal(origin="vertex", signature="s")
    assert sealer.event(ir.BlockEnded(index=0)) == ir.BlockEnded(index=0)


@pytest.mark.parametrize(
    ("vendor_", "origin"), [("vertex", "vertex"), ("gemini", "gemini"), ("acme", "google")]
)
def test_the_seals_of_google_are_googles_by_either_door(vendor_: str, origin: str) -> None:
    block = ir.ToolCall(id="1", name="a", seal=ir.Seal(origin="google", signature="s"))
    asked = ir.Request(
        dialect="openai.chat",
        model="m",
        messages=(
            ir.Message(role="user", content=(ir.Text(text="a"),)),
            ir.Message(role="assistant", content=(ir.Text(text="b"), block)),
        ),
    )

    *_, last = opened(asked, target=Target(model="m", vendor=vendor_)).messages

    assert last.content[1] == msgspec.structs.replace(
        block, seal=ir.Seal(origin=origin, signature="s")
    )


def test_a_name_of_an_item_is_no_seal() -> None:
    seal = ir.Seal(origin="openai", id="rs_1")
    sealer = Sealer(asks="openai.responses", target=Target(model="m", vendor="acme"))
    block = ir.Thinking(text="a", seal=seal)
    answer = ir.Response(
        id="1",
        model="m",
        content=(block,),
        stop=ir.Stop(reason="end_turn"),
        usage=ir.Usage(),
        alternatives=(ir.Alternative(content=(block,), stop=ir.Stop(reason="end_turn")),),
    )

    told = sealer.response(answer)

    assert told.content == told.alternatives[0].content
    assert told.content[0] == ir.Thinking(text="a", seal=ir.Seal(origin="acme", id="rs_1"))


def _second_turn(block: dict[str, Any]) -> bytes:
    turns = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [block, {"type": "text", "text": "Hello"}]},
        {"role": "user", "content": "And?"},
    ]
    return msgspec.json.encode({**BODIES[MESSAGES], "messages": turns})
