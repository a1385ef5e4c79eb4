"""Seals in what no codec writes anew: in what is counted and compacted (protocols.md PR-33)."""

from typing import Any

from tests.gateway.edge.keeping import ask, error_of, house
from tests.gateway.edge.vendors import Said

WRAPPED = "c3kxAAAA"
COUNTED = Said(b'{"input_tokens":5,"object":"response.input_tokens"}')


def sealed(seal: str) -> list[dict[str, Any]]:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal}
    return [thought, {"role": "user", "content": "Hi"}]


async def test_what_another_has_sealed_is_counted_here() -> None:
    gateway = house(COUNTED)
    client = await ask(gateway, b"/v1/responses/input_tokens", input=sealed(WRAPPED))
    assert (client.status, client.headers[b"x-switchyard-estimated"]) == (200, b"true")
    assert gateway.vendors.calls == []


async def test_what_another_has_sealed_is_not_compacted() -> None:
    gateway = house(Said(b"{}"))
    client = await ask(gateway, b"/v1/responses/compact", input=sealed(WRAPPED))
    assert (client.status, error_of(client)["param"]) == (400, "input")
    assert gateway.vendors.calls == []


async def test_what_the_vendor_itself_has_sealed_is_counted_there() -> None:
    gateway = house(COUNTED)
    client = await ask(gateway, b"/v1/responses/input_tokens", input=sealed("gAAAA"))
    assert (client.status, b"x-switchyard-estimated" in client.headers) == (200, False)
    assert len(gateway.vendors.calls) == 1
