"""Google's seals in the dialect of Chat, which has a field for no other vendor's."""

from typing import Any

import msgspec
import pytest

from tests.gateway.edge.calls.test_recalling import (
    CHAT,
    SIGNATURE,
    Unasked,
    called,
    chat,
    house,
    provider,
)
from tests.gateway.edge.dialects import whole
from tests.gateway.edge.house import told_by

SEALED: Any = {"google": {"thought_signature": SIGNATURE}}


def history(place: str) -> bytes:
    """One call, with Google's seal on it or on what was said before it."""
    turn, result = called(content="Let me see.")
    carrier = turn["tool_calls"][0] if place == "call" else turn
    carrier["extra_content"] = SEALED
    return chat("m", turn, result)


@pytest.mark.parametrize("spelled", [False, True])
@pytest.mark.parametrize("place", ["call", "message"])
async def test_no_other_vendor_of_chat_is_shown_it(
    place: str,
    spelled: bool,  # noqa: FBT001
) -> None:
    body = history(place)
    if spelled:
        body = body.replace(b"thought_signature", b"thought\\u005fsignature")
    made = house(Unasked(), whole(CHAT), providers=(provider(CHAT, "m"),))

    told = await made.ask(body)

    sent = made.vendors.calls[0].body
    assert told.status == 200, told.body
    assert SIGNATURE.encode() not in sent
    assert b"extra_content" not in sent
    assert b"call_Ab1Cd2Ef3Gh4" in sent
    assert b"Let me see." in sent
    assert told.headers[b"x-switchyard-degraded"] == b"seal"


@pytest.mark.parametrize("google", ["gemini", "vertex"])
@pytest.mark.parametrize("place", ["call", "message"])
async def test_google_gets_it_back_in_the_client_s_own_words(place: str, google: str) -> None:
    made = house(Unasked(), whole(CHAT), providers=(provider(CHAT, "m", of=google),))

    await made.ask(history(place))

    sent = msgspec.json.decode(made.vendors.calls[0].body)["messages"][1]
    carrier = sent["tool_calls"][0] if place == "call" else sent
    assert carrier["extra_content"] == SEALED
    assert told_by(made)[1].errand.lane == "native"


@pytest.mark.parametrize(
    "said",
    [
        {"messages": [{"role": "user", "content": '{"thought_signature":"a"}'}]},
        {"tools": [{"type": "function", "function": {
            "name": "look", "parameters": {"properties": {"thought_signature": {}}},
        }}]},
        {"messages": [{"role": "user", "content": "caf\u00e9 \u0001"}]},
    ],
)  # fmt: skip
async def test_what_only_speaks_of_seals_is_asked_as_it_came(said: Any) -> None:
    made = house(Unasked(), whole(CHAT), providers=(provider(CHAT, "m"),))
    body = msgspec.json.encode({**msgspec.json.decode(chat("m")), **said})

    assert (await made.ask(body)).status == 200
    assert told_by(made)[1].errand.lane == "native"
