"""Seals in what no codec writes anew: in what is counted and compacted (protocols.md PR-33)."""

import base64
from typing import Any

import msgspec
import pytest

from protocols import ir
from protocols.seals import wrap
from tests.conformance import lane
from tests.gateway.edge.calls import test_recalling as seals
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


COUNTS = b"/model/m/count-tokens"


def claude(*answers: Said, slugs: tuple[str, ...] = ("one",)) -> Any:
    """Claude at Bedrock, which counts."""

    def serving(slug: str) -> Any:
        made = seals.provider("bedrock.converse", slug, of="anthropic" if slug == "one" else slug)
        (surface,), (row,) = made.surfaces, made.targets
        paths = {"chat": "/ask", "count_tokens": "/count"}
        return msgspec.structs.replace(
            made,
            surfaces=(msgspec.structs.replace(surface, paths=paths),),
            targets=(msgspec.structs.replace(row, public_name="m"),),
        )

    return seals.house(lane.Empty(), *answers, providers=tuple(map(serving, slugs)))


def invoking(signature: str, *, spelled: bool = False) -> bytes:
    """A request in Anthropic's words within one to Bedrock, where no letter of it can be seen."""
    turn = {"role": "assistant", "content": [seals.block(signature), {"type": "text", "text": "a"}]}
    body = msgspec.json.decode(seals.messages("m", turn, seals.ANSWERED))
    inner = msgspec.json.encode({**body, "anthropic_version": "bedrock-2023-05-31"})
    said = {"input": {"invokeModel": {"body": base64.b64encode(inner).decode()}}}
    outer = msgspec.json.encode(said)
    return outer.replace(b"invokeModel", b"invoke\\u004dodel") if spelled else outer


def seen(body: bytes) -> bytes:
    """With what is base64 in it, as its reader has it."""
    inner = msgspec.json.decode(body)["input"].get("invokeModel", {}).get("body", "")
    return body + base64.b64decode(inner)


@pytest.mark.parametrize("spelled", [False, True])
async def test_a_body_within_the_body_hides_no_seal_of_another_s(
    spelled: bool,  # noqa: FBT001
) -> None:
    foreign = wrap(ir.Seal(origin="gemini", signature="c2lnbmVk"))
    gateway = claude(Said(b'{"inputTokens":5}'))
    told = await gateway.ask(invoking(foreign, spelled=spelled), path=COUNTS)

    assert told.status == 200, told.body
    assert told.headers[b"x-switchyard-degraded"] == b"seal"
    [call] = gateway.vendors.calls
    assert b"c3kx" not in seen(call.body)


async def test_its_own_is_counted_there_as_the_client_said_it() -> None:
    gateway = claude(Said(b'{"inputTokens":5}'))
    told = await gateway.ask(invoking("c2lnbmVk"), path=COUNTS)

    assert told.status == 200, told.body
    [call] = gateway.vendors.calls
    assert b"c2lnbmVk" in seen(call.body)
    assert b"invokeModel" in call.body


async def test_nor_is_the_next_of_another_make_shown_it() -> None:
    down = Said(b"{}", status=500)
    gateway = claude(down, Said(b'{"inputTokens":5}'), slugs=("one", "zeta"))
    told = await gateway.ask(invoking("c2lnbmVk"), path=COUNTS)

    assert told.status == 200, told.body
    assert [b"c2lnbmVk" in seen(call.body) for call in gateway.vendors.calls] == [True, False]


async def test_what_cannot_be_unwrapped_is_the_vendor_s_to_refuse() -> None:
    no = b'{"message":"input is odd"}'
    gateway = claude(Said(no, status=400))
    body = b'{"input":{"invokeModel":{"body":"?"}}}'
    told = await gateway.ask(body, path=COUNTS)

    assert (told.status, len(gateway.vendors.calls)) == (400, 1)
