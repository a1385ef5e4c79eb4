"""What a tenant wants done with what models think."""

import dataclasses
from typing import Any, cast

import msgspec
import pytest

from gateway.edge.memory.foreign import as_text
from protocols import ir
from protocols.codec import Target
from protocols.ir import Dialect
from tests.gateway.edge.calls.test_recalling import (
    ANSWERED,
    CHAT,
    GOOGLE,
    MESSAGES,
    SIGNATURE,
    Unasked,
    block,
    called,
    chat,
    messages,
    provider,
    thought,
)
from tests.gateway.edge.dialects import PATHS, frames, streamed, whole
from tests.gateway.edge.house import House

TEXT = {"foreign_reasoning": "text"}
SPEECH = {"type": "text", "text": "a"}


@pytest.mark.parametrize("terms", [{}, TEXT])
async def test_another_vendor_s_reasoning_is_left_out_or_told(terms: dict[str, Any]) -> None:
    gateway = House(whole(GOOGLE), providers=(provider(GOOGLE, "gemini"),), tenant=terms)
    turn = {"role": "assistant", "content": [block(), SPEECH]}
    client = await gateway.ask(messages("gemini", turn, ANSWERED), path=PATHS[MESSAGES][0])

    (call,) = gateway.vendors.calls
    parts = msgspec.json.decode(call.body)["contents"][1]["parts"]
    assert parts == ([{"text": "Hm."}] if terms else []) + [{"text": "a"}]
    assert SIGNATURE.encode() not in call.body
    assert client.headers[b"x-switchyard-degraded"] == b"seal"


@pytest.mark.parametrize("stream", [False, True])
async def test_where_the_vault_is_off_nothing_is_kept_and_nothing_looked_up(
    *, stream: bool
) -> None:
    answer = (
        streamed(MESSAGES, *frames(MESSAGES, thought())) if stream else whole(MESSAGES, thought())
    )
    gateway = House(answer, providers=(provider(MESSAGES, "anthropic"),), tenant={"vault": "off"})
    gateway.worker = dataclasses.replace(gateway.worker, vault=cast("Any", Unasked()))
    body = chat("anthropic", *called(), stream=stream)
    client = await gateway.ask(body, path=PATHS[CHAT][0])

    assert client.status == 200
    assert b"call_Ab1Cd2Ef3Gh4" in client.body


TARGET = Target(model="m", vendor="gemini")


def asked(*content: ir.Content, dialect: Dialect = MESSAGES, role: Any = "assistant") -> ir.Request:
    said = ir.Message(role=role, content=content)
    return ir.Request(dialect=dialect, model="m", messages=(said,))


def thinking(origin: str = "", text: str = "Hm.") -> ir.Thinking:
    return ir.Thinking(text=text, seal=ir.Seal(origin=origin, signature="x") if origin else None)


@pytest.mark.parametrize(
    ("block", "dialect", "target", "told"),
    [
        (thinking("anthropic"), MESSAGES, TARGET, True),
        (thinking("gemini"), MESSAGES, TARGET, False),
        (thinking(), MESSAGES, TARGET, True),
        (thinking(), GOOGLE, TARGET, False),  # Google does not sign all that it thinks
        (thinking(), CHAT, Target(model="m", vendor="d", reasoning_passback="always"), False),
        (thinking("anthropic", text=" "), MESSAGES, TARGET, False),
        (ir.Text(text="a"), MESSAGES, TARGET, False),
    ],
)
def test_whose_reasoning_is_foreign(
    block: ir.Content, dialect: Dialect, target: Target, *, told: bool
) -> None:
    request, losses = as_text(asked(block, dialect=dialect), target, speaks=GOOGLE)

    assert request.messages[0].content == ((ir.Text(text="Hm."),) if told else (block,))
    assert [each.code for each in losses] == (["seal"] if told else [])


def test_what_others_say_stays_as_it_is() -> None:
    request = asked(thinking("anthropic"), role="user")
    assert as_text(request, TARGET, speaks=GOOGLE) == (request, ())
