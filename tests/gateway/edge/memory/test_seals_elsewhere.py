"""Seals in what no codec writes anew: in what is counted and compacted (protocols.md PR-33)."""

from typing import Any

from protocols import ir
from protocols.seals import wrap
from tests.gateway.edge.keeping import ask, error_of, house
from tests.gateway.edge.vendors import Said

WRAPPED = wrap(ir.Seal(origin="anthropic", signature="c2lnbmVk"))


def sealed(seal: str) -> list[dict[str, Any]]:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal}
    return [thought, {"role": "user", "content": "Hi"}]


def counted() -> Said:
    return Said(b'{"input_tokens":5,"object":"response.input_tokens"}')


async def test_what_another_has_sealed_is_counted_without() -> None:
    gateway = house(counted())
    client = await ask(gateway, b"/v1/responses/input_tokens", input=sealed(WRAPPED))
    assert (client.status, client.body) == (
        200,
        b'{"object":"response.input_tokens","input_tokens":5}',
    )
    assert client.headers[b"x-switchyard-degraded"] == b"seal"
    [call] = gateway.vendors.calls
    assert WRAPPED.encode() not in call.body


async def test_what_another_has_sealed_is_not_compacted() -> None:
    gateway = house(Said(b"{}"))
    client = await ask(gateway, b"/v1/responses/compact", input=sealed(WRAPPED))
    assert (client.status, error_of(client)["param"]) == (400, "input")
    assert gateway.vendors.calls == []


async def test_what_the_vendor_itself_has_sealed_is_counted_there() -> None:
    gateway = house(counted())
    client = await ask(gateway, b"/v1/responses/input_tokens", input=sealed("gAAAA"))
    assert (client.status, b"x-switchyard-estimated" in client.headers) == (200, False)
    assert len(gateway.vendors.calls) == 1
