"""Who is asked for what: seals, accounts and pins between clients, the vault and vendors."""

import asyncio
import dataclasses
from typing import Any, cast

import msgspec
import pytest

from gateway.edge.memory.vault import Pin, Vault
from protocols import ir
from protocols.codec import Target
from protocols.ir import Dialect
from providers.specs import ProviderSpec
from tests.conformance import lane
from tests.gateway.edge.dialects import BODIES, PATHS, frames, streamed, vendor, whole
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.plane import bearer
from tests.gateway.edge.vaults import NOBODY, vault
from tests.gateway.edge.vendors import Client, Said, target

CHAT: Dialect = "openai.chat"
MESSAGES: Dialect = "anthropic.messages"
RESPONSES: Dialect = "openai.responses"
GOOGLE: Dialect = "gemini.generate"
SIGNATURE = "c2lnbmVk"
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
STEP = (
    ir.Thinking(text="Hm.", seal=ir.Seal(origin="x", signature=SIGNATURE)),
    ir.ToolCall(id="call_Ab1Cd2Ef3Gh4", name="look"),
)
SESSION = {**bearer(), b"x-session-id": b"one"}


def thought(*content: ir.Content) -> ir.Response:
    return ir.Response(
        id="theirs",
        model="m",
        content=content or STEP,
        stop=ir.Stop(reason="tool_call"),
        usage=ir.Usage(input_tokens=5, output_tokens=2),
    )


def provider(dialect: Dialect, name: str, *, of: str = "", **can: Any) -> ProviderSpec:
    row = target(
        name,
        price_model="m",
        id=f"t-{name}",
        target=Target(model=name, vendor=of or name, **can),
    )
    return msgspec.structs.replace(vendor(dialect, slug=name), targets=(row,))


class Unasked(lane.Empty):
    """Whoever asks it anything fails the test."""

    async def find(self, *_: Any, **_more: Any) -> Any:
        raise AssertionError

    pin = keep = find


def house(kept: object, *answers: Said, providers: tuple[ProviderSpec, ...]) -> House:
    made = House(*answers, providers=providers)
    made.worker = dataclasses.replace(made.worker, vault=cast("Any", kept))
    return made


def chat(model: str, *turns: Any, **said: Any) -> bytes:
    first = {"role": "user", "content": "Look."}
    return msgspec.json.encode(
        {"model": model, "tools": [TOOL], "messages": [first, *turns], **said}
    )


def called(id_: str = "call_Ab1Cd2Ef3Gh4", **said: Any) -> tuple[Any, Any]:
    """A turn as clients send it that keep what they know; and its result."""
    call = {"id": id_, "type": "function", "function": {"name": "look", "arguments": "{}"}}
    turn = {"role": "assistant", "content": None, "tool_calls": [call], **said}
    return turn, {"role": "tool", "tool_call_id": id_, "content": "seen"}


def messages(model: str, *turns: Any, **said: Any) -> bytes:
    first = {"role": "user", "content": "Look."}
    body = {**BODIES[MESSAGES], "model": model, "messages": [first, *turns], **said}
    return msgspec.json.encode(body)


def block(signature: str = SIGNATURE) -> dict[str, Any]:
    return {"type": "thinking", "thinking": "Hm.", "signature": signature}


ANSWERED = {"role": "user", "content": "Go on."}


@pytest.mark.parametrize("dialect", [CHAT, MESSAGES])
async def test_a_plain_request_in_a_session_asks_redis_for_nothing(dialect: Dialect) -> None:
    body = msgspec.json.encode({**BODIES[dialect], "model": "m"})
    made = house(Unasked(), whole(dialect), providers=(provider(dialect, "m"),))
    assert (await made.ask(body, path=PATHS[dialect][0], headers=SESSION)).status == 200
    assert told_by(made)[1].errand.lane == "native"


async def test_seals_without_a_session_go_natively_to_whoever_is_asked() -> None:
    made = house(Unasked(), whole(MESSAGES), providers=(provider(MESSAGES, "m"),))
    turn = {"role": "assistant", "content": [block(), {"type": "text", "text": "a"}]}
    await made.ask(messages("m", turn, ANSWERED), path=PATHS[MESSAGES][0])
    assert SIGNATURE.encode() in made.vendors.calls[0].body
    assert told_by(made)[1].errand.lane == "native"


async def test_the_seals_of_a_session_go_to_who_made_them_only(kept: Vault) -> None:
    answer = whole(MESSAGES, thought())
    made = house(
        kept,
        answer,
        whole(MESSAGES),
        whole(MESSAGES),
        providers=(provider(MESSAGES, "acme"), provider(MESSAGES, "anthropic")),
    )
    turn = {"role": "assistant", "content": [block(), {"type": "text", "text": "a"}]}
    first, *later = messages("acme"), messages("anthropic", turn, ANSWERED)

    await made.ask(first, path=PATHS[MESSAGES][0], headers=SESSION)
    other = await made.ask(later[0], path=PATHS[MESSAGES][0], headers=SESSION)
    await made.ask(messages("acme", turn, ANSWERED), path=PATHS[MESSAGES][0], headers=SESSION)

    _, to_anthropic, to_acme = (call.body for call in made.vendors.calls)
    assert SIGNATURE.encode() not in to_anthropic
    assert other.headers[b"x-switchyard-degraded"] == b"seal"
    assert SIGNATURE.encode() in to_acme


async def test_agents_of_a_session_have_seals_of_their_own(kept: Vault) -> None:
    made = house(
        kept,
        whole(MESSAGES, thought()),
        whole(MESSAGES),
        providers=(provider(MESSAGES, "acme"), provider(MESSAGES, "anthropic")),
    )
    turn = {"role": "assistant", "content": [block(), {"type": "text", "text": "a"}]}
    agent = {**SESSION, b"x-claude-code-agent-id": b"two"}
    await made.ask(messages("acme"), path=PATHS[MESSAGES][0], headers=SESSION)
    await made.ask(messages("anthropic", turn, ANSWERED), path=PATHS[MESSAGES][0], headers=agent)
    assert SIGNATURE.encode() in made.vendors.calls[1].body


async def test_what_another_vendor_says_in_a_pinned_session_is_wrapped(kept: Vault) -> None:
    """Else it would be taken for a seal of the first one's."""
    made = house(
        kept,
        whole(MESSAGES, thought()),
        whole(MESSAGES, thought()),
        providers=(provider(MESSAGES, "acme"), provider(MESSAGES, "anthropic")),
    )
    turn = {"role": "assistant", "content": [block(), {"type": "text", "text": "a"}]}
    await made.ask(messages("acme"), path=PATHS[MESSAGES][0], headers=SESSION)
    told = await made.ask(
        messages("anthropic", turn, ANSWERED), path=PATHS[MESSAGES][0], headers=SESSION
    )
    assert msgspec.json.decode(told.body)["content"][0]["signature"].startswith("c3kx")


async def test_with_redis_out_there_is_no_pin() -> None:
    made = vault(url=NOBODY)
    at = house(made, whole(MESSAGES), providers=(provider(MESSAGES, "acme"),))
    turn = {"role": "assistant", "content": [block(), {"type": "text", "text": "a"}]}
    told = await at.ask(messages("acme", turn, ANSWERED), path=PATHS[MESSAGES][0], headers=SESSION)
    await made.close()
    assert told.status == 200
    assert told_by(at)[1].errand.lane == "native"
    # Nor is one set that might not be the one there is.
    assert not made._pins  # noqa: SLF001 - nobody else could tell


@pytest.mark.parametrize("stream", [False, True])
async def test_a_seal_of_one_account_is_not_shown_to_another(
    kept: Vault,
    stream: bool,  # noqa: FBT001
) -> None:
    openai = [provider(RESPONSES, name, of="openai") for name in ("first", "second")]
    answer = thought(STEP[0])
    told = streamed(RESPONSES, *frames(RESPONSES, answer)) if stream else whole(RESPONSES, answer)
    made = house(kept, told, whole(RESPONSES), whole(RESPONSES), providers=(openai[0], openai[1]))
    client = await made.ask(messages("first", stream=stream), path=PATHS[MESSAGES][0])
    found = client.body.partition(b"c3kx")[2].partition(b'"')[0].decode()
    turn = {
        "role": "assistant",
        "content": [block(f"c3kx{found}"), {"type": "text", "text": "a"}],
    }

    await made.ask(messages("second", turn, ANSWERED), path=PATHS[MESSAGES][0])
    await made.ask(messages("first", turn, ANSWERED), path=PATHS[MESSAGES][0])

    _, to_second, to_first = (call.body for call in made.vendors.calls)
    assert SIGNATURE.encode() not in to_second
    assert SIGNATURE.encode() in to_first


async def test_a_session_of_responses_is_pinned_to_its_account(kept: Vault) -> None:
    openai = [provider(RESPONSES, name, of="openai") for name in ("first", "second")]
    made = house(
        kept,
        whole(RESPONSES, thought(STEP[0])),
        whole(RESPONSES),
        providers=(openai[0], openai[1]),
    )
    await made.ask(
        msgspec.json.encode({"model": "first", "input": "Hi"}),
        path=PATHS[RESPONSES][0],
        headers=SESSION,
    )
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": SIGNATURE}
    turn = [{"role": "user", "content": "Hi"}, item, {"role": "user", "content": "And?"}]
    await made.ask(
        msgspec.json.encode({"model": "second", "input": turn}),
        path=PATHS[RESPONSES][0],
        headers=SESSION,
    )
    assert SIGNATURE.encode() not in made.vendors.calls[1].body


PASSBACK: Any = {"reasoning_passback": "tool_turns"}
THOUGHTS = whole(CHAT, thought(ir.Thinking(text="Hm."), STEP[1]))


@pytest.mark.parametrize("stream", [False, True])
async def test_a_stripped_thought_returns_to_who_wants_it_back(
    kept: Vault,
    stream: bool,  # noqa: FBT001
) -> None:
    answer = thought(ir.Thinking(text="Hm."), STEP[1])
    said = streamed(CHAT, *frames(CHAT, answer)) if stream else whole(CHAT, answer)
    made = house(kept, said, whole(CHAT), providers=(provider(CHAT, "kimi", **PASSBACK),))
    told = await made.ask(chat("kimi", stream=stream))
    assert b"Hm." in told.body
    await made.ask(chat("kimi", *called()))
    turn = msgspec.json.decode(made.vendors.calls[1].body)["messages"][1]
    assert turn["reasoning_content"] == "Hm."


@pytest.mark.parametrize(
    ("turns", "said", "lane_"),
    [
        ((), {"tools": []}, "translation"),
        (called(reasoning_content="Hm."), {}, "native"),
        (called(), {}, "translation"),
    ],
)
async def test_who_sends_thoughts_back_is_asked_in_its_own_words(
    kept: Vault, turns: Any, said: Any, lane_: str
) -> None:
    made = house(kept, whole(CHAT), providers=(provider(CHAT, "kimi", **PASSBACK),))
    await made.ask(chat("kimi", *turns, **said))
    assert told_by(made)[1].errand.lane == lane_


async def test_ids_that_conversations_share_do_not_share_thoughts(kept: Vault) -> None:
    weak = ir.ToolCall(id="functions.look:0", name="look")
    made = house(
        kept,
        whole(CHAT, thought(ir.Thinking(text="of one"), weak)),
        whole(CHAT, thought(ir.Thinking(text="of two"), weak)),
        whole(CHAT),
        whole(CHAT),
        providers=(provider(CHAT, "kimi", **PASSBACK),),
    )
    one, two = {"role": "user", "content": "One."}, {"role": "user", "content": "Two."}
    for turns in ((one,), (two,), (one, *called(weak.id)), (two, *called(weak.id))):
        assert (await made.ask(chat("kimi", *turns))).status == 200
    bodies = [call.body for call in made.vendors.calls]
    assert b"of one" in bodies[2]
    assert b"of two" in bodies[3]


async def test_gemini_cli_renames_the_calls_it_was_told(kept: Vault) -> None:
    made = house(
        kept,
        whole(MESSAGES, thought()),
        whole(MESSAGES),
        providers=(provider(MESSAGES, "claude", of="anthropic"),),
    )
    tools = [{"functionDeclarations": [{"name": "look"}]}]
    user = {"role": "user", "parts": [{"text": "Look."}]}
    path = b"/v1beta/models/claude:generateContent"
    await made.ask(msgspec.json.encode({"contents": [user], "tools": tools}), path=path)
    id_ = f"look__{STEP[1].id}"
    turn = {"role": "model", "parts": [{"functionCall": {"id": id_, "name": "look", "args": {}}}]}
    result = {"functionResponse": {"id": id_, "name": "look", "response": {"a": 1}}}
    contents = [user, turn, {"role": "user", "parts": [result]}]
    await made.ask(msgspec.json.encode({"contents": contents, "tools": tools}), path=path)
    sent = msgspec.json.decode(made.vendors.calls[1].body)["messages"][1]["content"]
    assert sent[0] == {"type": "thinking", "thinking": "Hm.", "signature": SIGNATURE}


async def test_a_body_that_is_none_of_its_dialect_is_refused_before_the_vault_is_asked() -> None:
    made = house(Unasked(), providers=(provider(MESSAGES, "claude", of="anthropic"),))
    body = b'{"model":"claude","messages":[{"role":"assistant","tool_calls":[{"function":1}]}]}'
    assert (await made.ask(body)).status == 400


async def test_what_cannot_be_kept_is_lost(kept: Vault) -> None:
    large = ir.Thinking(text="x" * 70_000, seal=ir.Seal(origin="x", signature=SIGNATURE))
    made = house(
        kept,
        whole(MESSAGES, thought(large, STEP[1])),
        whole(MESSAGES, thought()),
        providers=(provider(MESSAGES, "claude", of="anthropic"),),
    )
    lost = await made.ask(chat("claude"))
    assert lost.headers[b"x-switchyard-degraded"] == b"seal"
    found = await made.ask(chat("claude"))
    assert b"x-switchyard-degraded" not in found.headers


@pytest.mark.parametrize("stream", [False, True])
async def test_no_client_knows_a_call_s_id_before_it_is_kept(stream: bool) -> None:  # noqa: FBT001
    known: list[str] = []
    client = Client()

    class Slow(lane.Empty):
        wait_s = 1.0

        async def keep(self, _tenant_id: str, entries: Any, *, within_s: float) -> bool:
            for _ in range(5):
                await asyncio.sleep(0)
            assert STEP[1].id.encode() not in client.body
            known.extend(entries)
            return within_s > 0

    calls = [ir.ToolCall(id=f"call_Ab1Cd2Ef3Gh{n}", name="look") for n in (4, 5)]
    answer = thought(STEP[0], *calls)
    pieces = frames(MESSAGES, answer)
    said = streamed(MESSAGES, *pieces) if stream else whole(MESSAGES, answer)
    made = house(Slow(), said, providers=(provider(MESSAGES, "claude", of="anthropic"),))
    told = await made.ask(chat("claude", stream=stream), client=client)
    assert known == [STEP[1].id]
    assert all(call.id.encode() in told.body for call in calls)


async def test_a_seal_that_chat_carries_itself_is_not_looked_up() -> None:
    made = house(
        lane.Empty(), whole(GOOGLE), providers=(provider(GOOGLE, "gemini", seal_required=True),)
    )
    turn, result = called()
    turn["tool_calls"][0]["extra_content"] = {"google": {"thought_signature": SIGNATURE}}
    await made.ask(chat("gemini", turn, result))
    assert SIGNATURE.encode() in made.vendors.calls[0].body


async def test_only_who_can_use_them_has_seals_looked_up_for_it() -> None:
    made = house(Unasked(), whole(CHAT), providers=(provider(CHAT, "plain"),))
    turn = {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}],
    }
    told = await made.ask(messages("plain", turn, ANSWERED), path=PATHS[MESSAGES][0])
    assert told.status == 200


def test_a_pin_is_a_value() -> None:
    assert Pin("a") == Pin("a", None) != Pin("a", "00")
