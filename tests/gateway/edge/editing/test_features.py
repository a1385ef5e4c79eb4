"""What the operator has switched off, or on."""

from typing import Any, Final

import msgspec
import pytest

from gateway.edge.edge_settings import EdgeSettings
from gateway.edge.editing.features import USUAL, Features
from gateway.env import parse
from gateway.setting_kinds import PARSERS
from protocols.codec import Target
from protocols.efforts import BUDGETS
from tests.gateway.edge.house import PLAIN, House, told_by
from tests.gateway.edge.questions.test_translation import MESSAGE
from tests.gateway.edge.vendors import CHAT_ANSWER, Said, provider, target

TOOL: Final = {"name": "look", "input_schema": {"type": "object"}}
TURN: Final = {"role": "user", "content": "Hi"}
PDF: Final = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "a"},
}
ASKED: Final = {"model": "m", "max_tokens": 4_000, "messages": [TURN]}
MESSAGES: Final = b"/v1/messages"


def claude(*, cache: bool = False) -> Any:
    can = Target(
        model="m", vendor="anthropic", cache=cache, effort="budget", links=frozenset({"https"})
    )
    return provider("claude", kind="anthropic", targets=(target(price_model="m", target=can),))


def house(features: Features, *answers: Any, **more: Any) -> House:
    return House(*answers, features=features, **more)


def sent(gateway: House) -> Any:
    return msgspec.json.decode(gateway.vendors.calls[0].body)


async def ask(gateway: House, **more: Any) -> Any:
    return await gateway.ask(msgspec.json.encode({**ASKED, **more}), path=MESSAGES)


async def test_tools_may_be_switched_off() -> None:
    gateway = house(Features(tool_use=False), providers=(claude(),))
    client = await ask(gateway, tools=[TOOL])

    assert client.status == 400
    assert b"Tools are switched off" in client.body
    assert gateway.vendors.calls == []
    _, final = told_by(gateway)
    assert final.outcome.error_code == "feature_disabled"


@pytest.mark.parametrize(
    "content",
    [
        [PDF],
        [{"type": "tool_result", "tool_use_id": "t", "content": [PDF]}],
    ],
)
async def test_documents_may_be_switched_off(content: Any) -> None:
    gateway = house(Features(documents=False), providers=(claude(),))
    client = await ask(gateway, messages=[{"role": "user", "content": content}])

    assert client.status == 400
    assert b"Documents are switched off" in client.body


@pytest.mark.parametrize("words", ["my file", "words"])
async def test_who_only_speaks_of_documents_is_served(words: str) -> None:
    gateway = house(Features(documents=False, tool_use=False), Said(MESSAGE), providers=(claude(),))
    client = await ask(gateway, messages=[{"role": "user", "content": words}])

    assert (client.status, client.body) == (200, MESSAGE)


async def test_thinking_may_be_switched_off() -> None:
    gateway = house(Features(thinking=False), Said(MESSAGE), providers=(claude(),))
    client = await ask(gateway, thinking={"type": "enabled", "budget_tokens": 2_000})

    assert client.status == 200
    assert "thinking" not in sent(gateway)
    assert client.headers[b"x-switchyard-degraded"] == b"reasoning"
    _, final = told_by(gateway)
    assert final.errand.lane == "translation"


async def test_words_stand_for_the_tokens_the_operator_says() -> None:
    values = parse({"REASONING_BUDGETS": "128,1024,2048,6000,8192,16384"})
    budgets = EdgeSettings.from_values(values).reasoning_budgets
    body = {"model": "m", "messages": [TURN], "reasoning_effort": "high"}
    for said, expected in ((BUDGETS, 4_096), (budgets, 6_000)):
        gateway = House(Said(MESSAGE), providers=(claude(),), reasoning_budgets=said)
        client = await gateway.ask(msgspec.json.encode(body))
        assert client.status == 200, client.body
        assert sent(gateway)["thinking"]["budget_tokens"] == expected


async def test_tokens_are_the_words_the_operator_says() -> None:
    can = Target(model="m", vendor="v", effort="effort", efforts=("low", "medium", "high"))
    spec = provider(targets=(target(price_model="m", target=can),))
    thinking = {"type": "enabled", "budget_tokens": 2_000}
    for said, expected in ((BUDGETS, "medium"), ((1, 2, 3, 4, 5, 6), "high")):
        gateway = House(Said(CHAT_ANSWER), providers=(spec,), reasoning_budgets=said)
        client = await ask(gateway, thinking=thinking)
        assert client.status == 200, client.body
        assert sent(gateway)["reasoning_effort"] == expected


@pytest.mark.parametrize(
    "said",
    ["1,2,3,4,5", "1,2,3,4,5,6,7", "0,2,3,4,5,6", "1,2,2,4,5,6", "6,5,4,3,2,1", "1,2,3,4,5,x", ""],
)
def test_budgets_rise_from_word_to_word(said: str) -> None:
    with pytest.raises(ValueError, match="six whole numbers"):
        PARSERS["budgets"](said)
    with pytest.raises(ValueError, match="six whole numbers"):
        PARSERS["budgets"]("1,2,3,4,5,1000000")


async def test_who_asks_for_no_thinking_loses_none() -> None:
    gateway = house(Features(thinking=False), Said(MESSAGE), providers=(claude(),))
    client = await ask(gateway, messages=[{"role": "user", "content": "I think"}])

    assert client.status == 200
    assert b"x-switchyard-degraded" not in client.headers


async def test_what_every_turn_begins_with_is_marked_where_that_is_wanted() -> None:
    gateway = house(Features(prompt_caching=True), Said(MESSAGE), providers=(claude(cache=True),))
    await ask(gateway, system="Be kind.", tools=[TOOL, TOOL | {"name": "see"}])

    said = sent(gateway)
    assert [tool.get("cache_control") for tool in said["tools"]] == [None, {"type": "ephemeral"}]
    assert said["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in str(said["messages"])


async def test_a_client_that_marks_for_itself_is_left_alone() -> None:
    gateway = house(Features(prompt_caching=True), Said(MESSAGE), providers=(claude(cache=True),))
    marked = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    await ask(gateway, system="Be kind.", messages=[{"role": "user", "content": [marked]}])

    assert sent(gateway)["system"] == "Be kind."


async def test_a_client_of_another_dialect_that_marks_is_left_alone_too() -> None:
    gateway = house(Features(prompt_caching=True), Said(MESSAGE), providers=(claude(cache=True),))
    part = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    turns = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": [part]}]
    await gateway.ask(msgspec.json.encode({"model": "m", "messages": turns}))

    assert str(sent(gateway)).count("cache_control") == 1


async def test_without_a_system_or_tools_nothing_is_marked() -> None:
    gateway = house(Features(prompt_caching=True), Said(MESSAGE), providers=(claude(cache=True),))
    await ask(gateway)

    assert b"cache_control" not in gateway.vendors.calls[0].body


async def test_where_nothing_can_be_marked_the_clients_words_go_up() -> None:
    gateway = house(Features(prompt_caching=True), Said(CHAT_ANSWER))
    client = await gateway.ask(PLAIN)

    assert client.body == CHAT_ANSWER


async def test_vectors_are_not_read_for_any_of_this() -> None:
    off = Features(tool_use=False, documents=False, thinking=False, prompt_caching=True)
    embeds = target(price_model="m", operations=frozenset({"embeddings"}))
    answer = b'{"data":[],"usage":{"prompt_tokens":4,"total_tokens":4}}'
    gateway = house(off, Said(answer), providers=(provider(targets=(embeds,)),))
    client = await gateway.ask(b'{"model":"m","input":"a file to think"}', path=b"/v1/embeddings")

    assert client.body == answer


async def test_no_spelling_passes_a_switch() -> None:
    gateway = house(Features(thinking=False, documents=False), Said(MESSAGE), providers=(claude(),))
    escaped = rb'"\u0074hinking":{"type":"enabled","\u0062udget_tokens":2000}'
    asked = msgspec.json.encode({**ASKED, "messages": [TURN]})[:-1] + b"," + escaped + b"}"
    client = await gateway.ask(asked, path=MESSAGES)
    assert client.status == 200
    assert "thinking" not in sent(gateway)

    turn = msgspec.json.encode({**ASKED, "messages": [{"role": "user", "content": [PDF]}]})
    spelled = turn.replace(b'"document"', rb'"d\u006fcument"')
    client = await gateway.ask(spelled, path=MESSAGES)
    assert (client.status, b"Documents are switched off" in client.body) == (400, True)


def test_the_settings_say_it() -> None:
    usual = parse({})
    assert EdgeSettings.from_values(usual).features is USUAL
    off = {**usual, "ENABLE_TOOL_USE": False}
    assert EdgeSettings.from_values(off).features == Features(tool_use=False)
