"""Seals that only the account can read that they were made for (PR-17: OpenAI, Azure, xAI)."""

from typing import Any

import msgspec
import pytest

from gateway.edge.memory.vault import Vault
from protocols import ir
from protocols.seals import unwrap
from providers.specs import ProviderSpec
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
from tests.gateway.edge.dialects import PATHS, whole
from tests.gateway.edge.house import House
from tests.gateway.edge.vendors import Said

PATH = PATHS[MESSAGES][0]
THINKING = thought(STEP[0], ir.Text(text="a"))


def keyed(*keys: str, of: str = "openai", price_vendor: str = "") -> ProviderSpec:
    """One provider; the credential that is asked is the first, unless there is a reason."""
    made = provider(RESPONSES, "m", of=of)
    again = provider(RESPONSES, "m", of=of)
    credentials = tuple(
        msgspec.structs.replace(again.credentials[0], id=f"m-{key}", name=key) for key in keys
    )
    return msgspec.structs.replace(made, credentials=credentials, price_vendor=price_vendor)


async def sealed_by(key: str, **more: Any) -> Any:
    """What a client of Messages holds after an answer by this credential."""
    made = house(lane.Empty(), whole(RESPONSES, THINKING), providers=(keyed(key, **more),))
    told = await made.ask(messages("m"), path=PATH)
    assert told.status == 200, told.body
    return msgspec.json.decode(told.body)["content"][0]["signature"]


async def asked_with(signature: str, made: House) -> tuple[str, bool]:
    """Which credential was used, and whether it was shown the seal."""
    turn = {"role": "assistant", "content": [block(signature), {"type": "text", "text": "a"}]}
    told = await made.ask(messages("m", turn, ANSWERED), path=PATH)
    assert told.status == 200, told.body
    call = made.vendors.calls[-1]
    return made.vendors.keys[-1].rpartition("-")[2], SIGNATURE.encode() in call.body


BOUND = [
    {"of": "openai"},
    {"of": "azure"},
    {"of": "xai"},
    {"of": "p-grok", "price_vendor": "x-ai"},  # who it is shows the host
]


@pytest.mark.parametrize("of", BOUND)
async def test_another_credential_is_not_shown_them(of: Any) -> None:
    signature = await sealed_by("1", **of)
    made = house(lane.Empty(), whole(RESPONSES), providers=(keyed("2", **of),))
    assert await asked_with(signature, made) == ("2", False)


@pytest.mark.parametrize("of", BOUND)
async def test_the_credential_that_can_read_them_is_asked_where_there_is_a_choice(of: Any) -> None:
    signature = await sealed_by("2", **of)
    assert unwrap(signature).account  # type: ignore[union-attr]
    made = house(lane.Empty(), whole(RESPONSES), providers=(keyed("1", "2", "3", **of),))
    assert await asked_with(signature, made) == ("2", True)


@pytest.mark.parametrize(
    "of", [{"of": "anthropic", "price_vendor": "azure"}, {"of": "p-own", "price_vendor": "groq"}]
)
async def test_those_of_others_are_no_account_s(of: Any) -> None:
    signature = await sealed_by("1", **of)
    made = house(lane.Empty(), whole(RESPONSES), providers=(keyed("2", **of),))
    assert await asked_with(signature, made) == ("2", True)


async def test_who_can_read_them_and_has_failed_is_not_asked_again() -> None:
    signature = await sealed_by("2")
    busy = Said(b'{"error":{"message":"slow"}}', status=429)
    made = house(lane.Empty(), busy, whole(RESPONSES), providers=(keyed("1", "2"),))
    assert await asked_with(signature, made) == ("1", False)
    assert [key.rpartition("-")[2] for key in made.vendors.keys] == ["2", "1"]


async def test_a_credential_that_is_switched_off_is_not_preferred() -> None:
    signature = await sealed_by("2")
    spec = keyed("1", "2")
    one, two = spec.credentials
    spec = msgspec.structs.replace(
        spec, credentials=(one, msgspec.structs.replace(two, enabled=False))
    )
    made = house(lane.Empty(), whole(RESPONSES), providers=(spec,))
    assert await asked_with(signature, made) == ("1", False)


async def test_what_the_vault_has_kept_is_a_reason_too(kept: Vault) -> None:
    made = house(kept, whole(RESPONSES, thought()), providers=(keyed("2"),))
    assert (await made.ask(chat("m"))).status == 200
    later = house(kept, whole(RESPONSES), providers=(keyed("1", "2"),))
    assert (await later.ask(chat("m", *called()))).status == 200
    assert later.vendors.keys[0].endswith("-2")
    assert SIGNATURE.encode() in later.vendors.calls[0].body


async def test_and_so_is_the_session_s_pin(kept: Vault) -> None:
    said = msgspec.json.encode({"model": "m", "input": "Hi"})
    made = house(kept, whole(RESPONSES, THINKING), providers=(keyed("2"),))
    await made.ask(said, path=PATHS[RESPONSES][0], headers=SESSION)
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": SIGNATURE}
    turn = [{"role": "user", "content": "Hi"}, item, {"role": "user", "content": "And?"}]
    later = house(kept, whole(RESPONSES), providers=(keyed("1", "2"),))
    body = msgspec.json.encode({"model": "m", "input": turn})
    await later.ask(body, path=PATHS[RESPONSES][0], headers=SESSION)
    assert later.vendors.keys[0].endswith("-2")
    assert SIGNATURE.encode() in later.vendors.calls[0].body
