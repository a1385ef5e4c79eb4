"""Who has refused a seal is asked once more, without those that nobody vouches for (PR-37)."""

from typing import Any

import msgspec
import pytest

from gateway.edge.memory.seals import REFUSAL_BYTES, doubted, is_refused, opened
from gateway.edge.memory.vault import Vault
from protocols import ir
from protocols.codec import Target
from protocols.ir import Dialect, Seal
from protocols.seals import wrap
from tests.conformance import lane
from tests.gateway.edge.calls.test_recalling import (
    GOOGLE,
    MESSAGES,
    RESPONSES,
    called,
    chat,
    house,
    provider,
    thought,
)
from tests.gateway.edge.dialects import BODIES, PATHS, whole
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.vendors import Said

PATH = PATHS[MESSAGES][0]
WORDS = "messages.1.content.0: Invalid `signature` in `thinking` block"


def refusal(message: str = WORDS, *, status: int = 400, **more: Any) -> Said:
    error = {"type": "invalid_request_error", "message": message, **more}
    return Said(msgspec.json.encode({"type": "error", "error": error}), status=status)


def thinking(text: str, signature: str) -> Any:
    return {"type": "thinking", "thinking": text, "signature": signature}


def proven(signature: str = "PROVEN", *, of: str = "anthropic") -> str:
    return wrap(Seal(origin=of, signature=signature))


def turns(*blocks: Any) -> bytes:
    """A conversation; each block was thought before an answer."""
    said: list[Any] = [{"role": "user", "content": "Hi"}]
    for block in blocks:
        said += (
            {"role": "assistant", "content": [block, {"type": "text", "text": "Hello"}]},
            {"role": "user", "content": "And?"},
        )
    return msgspec.json.encode({**BODIES[MESSAGES], "messages": said})


def claude(*answers: Said) -> House:
    return house(lane.Empty(), *answers, providers=(provider(MESSAGES, "m", of="anthropic"),))


def shown(made: House, *words: str) -> list[list[bool]]:
    """Of each call, which of these were in it."""
    return [[word.encode() in call.body for word in words] for call in made.vendors.calls]


async def test_what_refuses_a_seal_is_asked_once_more_without_it() -> None:
    made = claude(refusal(), whole(MESSAGES))
    client = await made.ask(turns(thinking("Hm.", "foreign")), path=PATH)

    assert client.status == 200, client.body
    assert shown(made, "foreign", "Hm.") == [[True, True], [False, False]]
    assert client.headers[b"x-switchyard-degraded"] == b"seal"
    starts, final = told_by(made)
    assert [start.errand.lane for start in starts] == ["native", "translation"]
    assert final.errand.degraded == ("seal",)


async def test_what_refuses_twice_is_believed() -> None:
    made = claude(refusal(), refusal())
    client = await made.ask(turns(thinking("Hm.", "foreign")), path=PATH)

    assert client.status == 400
    assert len(made.vendors.calls) == 2


async def test_a_seal_that_says_whose_it_is_goes_up_again() -> None:
    made = claude(refusal(), whole(MESSAGES))
    body = turns(thinking("Sure.", proven()), thinking("Hm.", "BARE"))
    client = await made.ask(body, path=PATH)

    assert client.status == 200, client.body
    assert shown(made, "PROVEN", "Sure.", "BARE", "Hm.") == [[True] * 4, [True, True, False, False]]
    assert client.headers[b"x-switchyard-degraded"] == b"seal"


@pytest.mark.parametrize("bare", [(), (thinking("Hm.", proven("c2ln", of="gemini")),)])
async def test_where_nothing_else_can_be_meant_none_goes_up(bare: Any) -> None:
    made = claude(refusal(), whole(MESSAGES))
    client = await made.ask(turns(thinking("Sure.", proven()), *bare), path=PATH)

    assert client.status == 200, client.body
    assert shown(made, "PROVEN", "Sure.") == [[True, True], [False, False]]
    assert client.headers[b"x-switchyard-degraded"] == b"seal"


async def test_where_only_the_vault_s_can_be_meant_it_stays_there(kept: Vault) -> None:
    call = ir.ToolCall(id="call_Zz1Cd2Ef3Gh4", name="look", seal=Seal(origin="x", signature="S0VQ"))
    made = house(
        kept,
        whole(GOOGLE, thought(call)),
        refusal("Thought signature is not valid"),
        whole(GOOGLE),
        providers=(provider(GOOGLE, "m", of="gemini", seal_required=True),),
    )
    tool = {"name": "look", "input_schema": {"type": "object"}}
    user = {"role": "user", "content": "Look."}
    use = {"type": "tool_use", "id": call.id, "name": "look", "input": {}}
    seen = {"type": "tool_result", "tool_use_id": call.id, "content": "seen"}
    body = {**BODIES[MESSAGES], "tools": [tool]}
    await made.ask(msgspec.json.encode({**body, "messages": [user]}), path=PATH)
    history = [user, {"role": "assistant", "content": [use]}, {"role": "user", "content": [seen]}]
    client = await made.ask(msgspec.json.encode({**body, "messages": history}), path=PATH)

    assert client.status == 200, client.body
    assert shown(made, "S0VQ") == [[False], [True], [False]]
    assert client.headers[b"x-switchyard-degraded"] == b"seal"


async def test_in_chat_google_s_bare_seal_goes_and_the_vault_s_stays(kept: Vault) -> None:
    call = ir.ToolCall(id="call_Zz1Cd2Ef3Gh4", name="look", seal=Seal(origin="x", signature="S0VQ"))
    made = house(
        kept,
        whole(GOOGLE, thought(call)),
        refusal("Corrupted thought signature."),
        whole(GOOGLE),
        providers=(provider(GOOGLE, "m", of="gemini", seal_required=True),),
    )
    await made.ask(chat("m"))
    bare, seen = called("call_Bb1Cd2Ef3Gh4")
    bare["tool_calls"][0]["extra_content"] = {"google": {"thought_signature": "QkFSRQ=="}}
    client = await made.ask(chat("m", bare, seen, *called(call.id)))

    assert client.status == 200, client.body
    assert shown(made, "S0VQ", "QkFSRQ==")[1:] == [[True, True], [True, False]]


async def test_who_is_asked_after_that_sees_its_own() -> None:
    """The one who refused fails for good; the next may read what is its own."""
    one, other = provider(MESSAGES, "m", of="anthropic"), provider(GOOGLE, "n", of="gemini")
    (row,) = other.targets
    other = msgspec.structs.replace(other, targets=(msgspec.structs.replace(row, public_name="m"),))
    made = house(
        lane.Empty(), refusal(), Said(b"{}", status=500), whole(GOOGLE), providers=(one, other)
    )
    body = turns(thinking("Hm.", "BARE"), thinking("Sure.", proven("U0lHTg==", of="gemini")))
    client = await made.ask(body, path=PATH)

    assert client.status == 200, client.body
    assert [b"U0lHTg==" in call.body for call in made.vendors.calls] == [False, False, True]


SAID = [
    "messages.5.content.48: Invalid `data` in `redacted_thinking` block",
    "The encrypted content gAAA...5Q== could not be verified. Reason: It could not be parsed.",
    "The encrypted content for item rs_1 could not be verified.",
    "Encrypted content organization_id did not match the target organization.",
    "reasoning `encrypted_content` was not issued to this caller",
    "Corrupted thought signature.",
    "Thought signature is not valid",
]


@pytest.mark.parametrize("words", SAID)
def test_each_vendor_has_words_of_its_own(words: str) -> None:
    assert is_refused(msgspec.json.encode({"error": {"message": words}}))


@pytest.mark.parametrize("code", ["invalid_encrypted_content", "organization_mismatch"])
def test_openai_has_codes(code: str) -> None:
    assert is_refused(msgspec.json.encode({"error": {"message": "No.", "code": code}}))


@pytest.mark.parametrize(
    "words",
    [
        "Function call is missing a thought_signature in functionCall parts.",
        "encrypted_content is required",
        "messages: at least one message is required",
    ],
)
def test_what_is_wrong_otherwise_is_not_about_a_seal(words: str) -> None:
    assert not is_refused(msgspec.json.encode({"error": {"message": words}}))


async def test_a_refusal_of_openai_s_in_words_alone_is_repeated() -> None:
    made = house(
        lane.Empty(),
        refusal(SAID[1]),
        whole(RESPONSES),
        providers=(provider(RESPONSES, "m", of="openai"),),
    )
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA5Q=="}
    body = msgspec.json.encode({"model": "m", "input": [{"role": "user", "content": "Hi"}, item]})
    client = await made.ask(body, path=PATHS[RESPONSES][0])

    assert client.status == 200, client.body
    assert shown(made, "gAAA5Q==", "rs_1") == [[True, True], [False, False]]


DIALECT: Dialect = "anthropic.messages"


def asked(*seals: Seal) -> ir.Request:
    content = tuple(ir.Thinking(text="a", seal=seal) for seal in seals)
    return ir.Request(
        dialect=DIALECT, model="m", messages=(ir.Message(role="assistant", content=content),)
    )


def test_without_a_refusal_nobody_is_doubted() -> None:
    target = Target(model="m", vendor="anthropic")
    bare = Seal(origin="anthropic", signature="s")
    (message,) = opened(asked(bare), target=target).messages
    assert message.content == (ir.Thinking(text="a", seal=bare),)


def test_a_name_alone_proves_nothing() -> None:
    target = Target(model="m", vendor="anthropic")
    named = Seal(origin="anthropic", id="1")
    told, are_others_trusted = doubted(asked(named), target=target)
    (message,) = told.messages
    assert message.content[0].seal.origin != "anthropic"  # type: ignore[union-attr]
    assert not are_others_trusted


def test_only_the_beginning_of_an_error_is_looked_at() -> None:
    """Whoever sends megabytes keeps nobody waiting."""
    words = msgspec.json.encode({"error": {"message": SAID[0]}})
    assert is_refused(b" " * 1_000 + words)
    assert not is_refused(b" " * REFUSAL_BYTES + words)
