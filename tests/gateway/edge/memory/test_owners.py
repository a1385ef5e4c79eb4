"""Whose the seals are that do not say so, where no pin tells (PR-34)."""

from typing import Any

import msgspec
import pytest

from gateway.edge.memory.vault import PinFound, Vault
from protocols.ir import Dialect
from providers.specs import ProviderSpec
from tests.conformance import lane
from tests.gateway.edge.calls.test_recalling import (
    ANSWERED,
    GOOGLE,
    MESSAGES,
    SESSION,
    SIGNATURE,
    Unasked,
    block,
    house,
    messages,
    provider,
    thought,
)
from tests.gateway.edge.dialects import PATHS, frames, streamed, whole
from tests.gateway.edge.house import told_by
from tests.gateway.edge.plane import bearer
from tests.gateway.edge.vaults import NOBODY, vault
from tests.gateway.edge.vendors import Said

PATH = PATHS[MESSAGES][0]
TURN = {"role": "assistant", "content": [block(), {"type": "text", "text": "a"}]}
HISTORY = messages("m", TURN, ANSWERED)


def serving(slug: str, *, of: str = "", dialect: Dialect = MESSAGES) -> ProviderSpec:
    """The same model as the others."""
    made = provider(dialect, slug, of=of)
    (row,) = made.targets
    return msgspec.structs.replace(made, targets=(msgspec.structs.replace(row, public_name="m"),))


def down() -> Said:
    return Said(b"{}", status=500)


class NoPin(lane.Empty):
    """Redis is out, as far as pins go."""

    async def pin(self, *_: object) -> PinFound:
        return PinFound(answered=False)


@pytest.mark.parametrize("headers", [bearer(), SESSION])
async def test_the_next_of_another_make_is_not_shown_them(headers: Any) -> None:
    made = house(NoPin(), down(), whole(MESSAGES), providers=(serving("acme"), serving("zeta")))
    told = await made.ask(HISTORY, path=PATH, headers=headers)

    assert told.status == 200, told.body
    to_acme, to_zeta = (SIGNATURE.encode() in call.body for call in made.vendors.calls)
    assert (to_acme, to_zeta) == (True, False)
    assert told.headers[b"x-switchyard-degraded"] == b"seal"


async def test_the_dialect_s_own_vendor_is_not_the_first_one_either() -> None:
    made = house(
        Unasked(),
        down(),
        whole(MESSAGES),
        providers=(serving("acme"), serving("claude", of="anthropic")),
    )
    told = await made.ask(HISTORY, path=PATH)

    assert told.status == 200, told.body
    assert [SIGNATURE.encode() in call.body for call in made.vendors.calls] == [True, False]


async def test_the_next_of_the_same_make_gets_them_in_the_client_s_own_words() -> None:
    made = house(
        Unasked(),
        down(),
        whole(MESSAGES),
        providers=(serving("one", of="anthropic"), serving("two", of="anthropic")),
    )
    await made.ask(HISTORY, path=PATH)

    assert [SIGNATURE.encode() in call.body for call in made.vendors.calls] == [True, True]
    assert [start.errand.lane for start in told_by(made)[0]] == ["native", "native"]


async def test_who_is_first_in_another_dialect_is_not_who_made_them() -> None:
    """What that one signs is wrapped: unwrapped ones are of who answers in the client's words."""
    first = msgspec.structs.replace(serving("gem", of="gemini", dialect=GOOGLE), priority=1)
    made = house(Unasked(), down(), whole(MESSAGES), providers=(first, serving("acme")))
    told = await made.ask(HISTORY, path=PATH)

    assert told.status == 200, told.body
    assert [SIGNATURE.encode() in call.body for call in made.vendors.calls] == [False, True]
    assert told_by(made)[1].errand.lane == "native"


async def test_without_seals_the_next_one_is_asked_as_the_client_said_it() -> None:
    made = house(Unasked(), down(), whole(MESSAGES), providers=(serving("acme"), serving("zeta")))
    tool = {"name": "look", "input_schema": {"properties": {"signature": {}}}}
    body = messages("m", tools=[tool], metadata={"a": "\u001b"})
    assert (await made.ask(body, path=PATH)).status == 200
    assert [start.errand.lane for start in told_by(made)[0]] == ["native", "native"]


async def test_a_spelled_seal_is_one_too() -> None:
    made = house(
        lane.Empty(), down(), whole(MESSAGES), providers=(serving("acme"), serving("zeta"))
    )
    body = HISTORY.replace(b'"signature"', b'"signatur\\u0065"')
    await made.ask(body, path=PATH)
    assert SIGNATURE.encode() not in made.vendors.calls[1].body


@pytest.mark.parametrize("stream", [False, True])
async def test_what_the_next_one_signs_is_wrapped(stream: bool) -> None:  # noqa: FBT001
    """Else the first would be taken for its maker the next time."""
    said = (
        streamed(MESSAGES, *frames(MESSAGES, thought())) if stream else whole(MESSAGES, thought())
    )
    claude = serving("claude", of="anthropic")
    made = house(Unasked(), down(), said, providers=(serving("acme"), claude))
    body = messages("m", TURN, ANSWERED, stream=stream)
    told = await made.ask(body, path=PATH)
    assert told.status == 200, told.body
    assert b'"c3kx' in told.body
    assert SIGNATURE.encode() not in told.body


async def test_a_count_is_made_by_the_next_without_another_s() -> None:
    counting = {"count_tokens": "/count", "chat": "/ask"}

    def able(spec: ProviderSpec) -> ProviderSpec:
        (surface,) = spec.surfaces
        surface = msgspec.structs.replace(surface, paths=counting)
        return msgspec.structs.replace(spec, surfaces=(surface,))

    said = Said(b'{"input_tokens":5}')
    both = (able(serving("acme")), able(serving("zeta")))
    made = house(Unasked(), down(), said, providers=both)
    told = await made.ask(HISTORY, path=b"/v1/messages/count_tokens")
    assert (told.status, told.body) == (200, b'{"input_tokens":5}')
    assert [SIGNATURE.encode() in call.body for call in made.vendors.calls] == [True, False]
    assert told.headers[b"x-switchyard-degraded"] == b"seal"


async def test_a_pin_that_this_worker_has_seen_outlives_redis(kept: Vault) -> None:
    made = house(
        kept,
        whole(MESSAGES, thought()),
        whole(MESSAGES),
        providers=(provider(MESSAGES, "acme"), provider(MESSAGES, "anthropic")),
    )
    await made.ask(messages("acme"), path=PATH, headers=SESSION)
    while kept._writing:  # noqa: SLF001 - of which nobody is told
        await next(iter(kept._writing.values()))  # noqa: SLF001
    out = vault(url=NOBODY)
    out._pins = kept._pins  # noqa: SLF001 - the same worker, once Redis is gone
    out._hmac_key = kept._hmac_key  # noqa: SLF001
    kept._redis, out._redis = out._redis, kept._redis  # noqa: SLF001
    try:
        told = await made.ask(messages("anthropic", TURN, ANSWERED), path=PATH, headers=SESSION)
    finally:
        kept._redis, out._redis = out._redis, kept._redis  # noqa: SLF001
        await out.close()
    assert told.status == 200, told.body
    assert SIGNATURE.encode() not in made.vendors.calls[1].body
