"""Tokens that are asked for in one dialect and counted in another (protocols.md PR-48)."""

import base64
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from gateway.edge.egress.upstream import Disconnected
from protocols.ir import Dialect
from protocols.registry import COUNT_CODECS
from providers.adapters.registry import ADAPTERS
from providers.specs import ProviderSpec
from tests.gateway.edge.house import House, told_by
from tests.gateway.edge.plane import key_spec
from tests.gateway.edge.vendors import Client, Said, provider, target

LOOK: Final = {"type": "object", "properties": {"at": {"type": "string"}}}
PICTURE: Final = "iVBORw0KGgo="
ESTIMATED: Final = b"x-switchyard-estimated"
BEDROCK_URL: Final = "https://bedrock-runtime.eu-west-1.amazonaws.com"
CLAUDE: Final = "eu.anthropic.claude-sonnet-4-5-v1:0"
PATHS: Final[Mapping[Dialect, bytes]] = {
    "anthropic.messages": b"/v1/messages/count_tokens",
    "openai.responses": b"/v1/responses/input_tokens",
    "gemini.generate": b"/v1beta/models/m:countTokens",
    "bedrock.converse": b"/model/m/count-tokens",
}
ASKED: Final[Mapping[Dialect, dict[str, Any]]] = {
    "anthropic.messages": {
        "model": "m",
        "system": "Be short.",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"name": "look", "input_schema": LOOK}],
    },
    "openai.responses": {
        "model": "m",
        "instructions": "Be short.",
        "input": "Hi",
        "tools": [{"type": "function", "name": "look", "parameters": LOOK}],
    },
    "gemini.generate": {
        "generateContentRequest": {
            "model": "models/m",
            "systemInstruction": {"parts": [{"text": "Be short."}]},
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "tools": [{"functionDeclarations": [{"name": "look", "parametersJsonSchema": LOOK}]}],
        }
    },
    "bedrock.converse": {
        "input": {
            "converse": {
                "system": [{"text": "Be short."}],
                "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
                "toolConfig": {
                    "tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": LOOK}}}]
                },
            }
        }
    },
}
ENDS: Final[Mapping[Dialect, str]] = {
    "anthropic.messages": "/v1/messages/count_tokens",
    "openai.responses": "/responses/input_tokens",
    "gemini.generate": "/models/theirs:countTokens",
    "bedrock.converse": "/model/theirs/count-tokens",
}
KINDS: Final[Mapping[Dialect, str]] = {
    "anthropic.messages": "anthropic",
    "openai.responses": "openai",
    "gemini.generate": "gemini",
    "bedrock.converse": "bedrock",
}
PAIRS: Final = [(asks, counts) for asks in PATHS for counts in PATHS if asks != counts]


def vendor(counts: Dialect, slug: str = "theirs") -> ProviderSpec:
    return _vendor(KINDS[counts], slug, upstream="theirs", dialects=frozenset({counts}))


def claude() -> ProviderSpec:
    """On Bedrock, where it speaks two dialects."""
    return _vendor("bedrock", "aws", upstream=CLAUDE, dialects=frozenset())


def _vendor(kind: str, slug: str, **more: Any) -> ProviderSpec:
    base_url = BEDROCK_URL if kind == "bedrock" else ADAPTERS[kind].default_base_url
    made = provider(slug, kind=kind, base_url=base_url, targets=(target("m", **more),))
    return replace(made, surfaces=ADAPTERS[kind].surfaces(base_url))


def said(counts: Dialect, tokens: int = 7) -> Said:
    return Said(COUNT_CODECS[counts].answer(tokens))


async def count(house: House, asks: Dialect, **more: Any) -> Client:
    return await house.ask(msgspec.json.encode({**ASKED[asks], **more}), path=PATHS[asks])


def estimated(client: Client) -> bool:
    return client.headers.get(ESTIMATED) == b"true"


def sent(house: House) -> dict[str, Any]:
    [call] = house.vendors.calls
    body: dict[str, Any] = msgspec.json.decode(call.body)
    return body


@pytest.mark.parametrize(("asks", "counts"), PAIRS)
async def test_the_vendor_counts_what_it_would_have_been_asked(
    asks: Dialect, counts: Dialect
) -> None:
    house = House(said(counts), providers=(vendor(counts),))

    client = await count(house, asks)

    assert (client.status, client.body) == (200, COUNT_CODECS[asks].answer(7)), client.body
    assert not estimated(client)
    assert b"x-switchyard-degraded" not in client.headers
    [call] = house.vendors.calls
    assert call.url.endswith(ENDS[counts])
    _, inner = COUNT_CODECS[counts].request_in(
        call.body, msgspec.json.decode(call.body, type=dict[str, Raw])
    )
    for word in (b"Be short.", b'"Hi"', b'"look"', b'"at"'):
        assert word in inner
    for word in (b"max_tokens", b"maxTokens", b"max_output_tokens", b"store", b"stream"):
        assert word not in inner
    _, end = told_by(house)
    assert (end.errand.operation, end.errand.lane) == ("count_tokens", "translation")
    assert (end.outcome.status, end.money.cost_nano) == ("ok", 0)


async def test_gemini_s_wrapped_request_names_the_model_of_the_vendor() -> None:
    house = House(said("gemini.generate"), providers=(vendor("gemini.generate"),))
    await count(house, "anthropic.messages")
    assert sent(house)["generateContentRequest"]["model"] == "models/theirs"


async def test_claude_is_counted_by_bedrock_in_its_own_words() -> None:
    house = House(said("bedrock.converse"), providers=(claude(),))

    client = await count(house, "anthropic.messages", odd=1.0)

    assert (client.status, client.body) == (200, b'{"input_tokens":7}')
    [call] = house.vendors.calls
    assert call.url == (f"{BEDROCK_URL}/model/anthropic.claude-sonnet-4-5-v1%3A0/count-tokens")
    invoked = msgspec.json.decode(base64.b64decode(sent(house)["input"]["invokeModel"]["body"]))
    asked = {name: value for name, value in ASKED["anthropic.messages"].items() if name != "model"}
    assert invoked == {
        **asked, "odd": 1.0, "anthropic_version": "bedrock-2023-05-31", "max_tokens": 1,
    }  # fmt: skip


async def test_claude_is_counted_by_bedrock_for_others_by_converse() -> None:
    house = House(said("bedrock.converse"), providers=(claude(),))
    client = await count(house, "gemini.generate")
    assert client.body == b'{"totalTokens":7}'
    assert sent(house)["input"].keys() == {"converse"}


async def test_what_bedrock_s_clients_invoke_is_read_as_claude() -> None:
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "anthropic_beta": ["b-1"]}
    invoked = {**body, "messages": [{"role": "user", "content": "Hi"}]}
    asked = {"invokeModel": {"body": base64.b64encode(msgspec.json.encode(invoked)).decode()}}
    house = House(said("gemini.generate"), providers=(vendor("gemini.generate"),))
    client = await count(house, "bedrock.converse", input=asked)
    assert client.body == b'{"inputTokens":7}'
    request = sent(house)["generateContentRequest"]
    assert request["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]
    assert b"anthropic" not in house.vendors.calls[0].body
    assert b"x-switchyard-degraded" not in client.headers


async def test_what_is_left_out_is_told_and_never_refused() -> None:
    key = key_spec(fidelity="lossless")
    tools = [{"type": "web_fetch_20250910", "name": "web_fetch"}]
    house = House(said("bedrock.converse"), providers=(vendor("bedrock.converse"),), key=key)
    client = await count(house, "anthropic.messages", tools=tools)
    assert (client.status, client.body) == (200, b'{"input_tokens":7}'), client.body
    assert b"provider_tool" in client.headers[b"x-switchyard-degraded"]


NO_COUNTER: Final = b'{"message":"The provided model doesn\'t support counting tokens."}'


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"404 page not found"),
        (405, b"{}"),
        (501, b"{}"),
        (400, NO_COUNTER),
        (400, b'{"message":"Document input not supported for token counting"}'),
        (400, b'{"message":"prompt is too long: 300000 tokens > 200000 maximum"}'),
        (400, b'{"message":"The provided model identifier is invalid."}'),
        (403, b'{"message":"not authorized to perform: bedrock:CountTokens on theirs"}'),
    ],
)
async def test_who_does_not_count_is_guessed_for(status: int, body: bytes) -> None:
    house = House(Said(body, status=status), providers=(vendor("bedrock.converse"),))

    client = await count(house, "anthropic.messages", tools=[{"type": "web_fetch", "name": "a"}])

    assert (client.status, estimated(client)) == (200, True), client.body
    assert msgspec.json.decode(client.body)["input_tokens"] > 4
    assert b"x-switchyard-degraded" not in client.headers  # of a guess nothing is left out
    _, end = told_by(house)
    assert (end.outcome.status, end.outcome.http_status, end.money.cost_nano) == ("ok", 200, 0)


@pytest.mark.parametrize("asks", ["bedrock.converse", "anthropic.messages"])
async def test_who_counts_for_nobody_here_still_answers(asks: Dialect) -> None:
    """Nobody's credential is out of use because it may not count."""
    forbidden = [Said(b'{"message":"no bedrock:CountTokens"}', status=403) for _ in range(9)]
    house = House(*forbidden, said("bedrock.converse"), providers=(claude(),))
    for _ in forbidden:
        assert estimated(await count(house, asks))
    assert not estimated(await count(house, asks))


async def test_a_model_that_bedrock_does_not_count_is_guessed_for_in_its_own_words_too() -> None:
    house = House(Said(NO_COUNTER, status=400), providers=(vendor("bedrock.converse"),))
    client = await count(house, "bedrock.converse")
    assert (client.status, estimated(client)) == (200, True)


@pytest.mark.parametrize(
    ("failed", "status"),
    [
        (Said(b'{"error":{"message":"slow down"}}', status=429), 429),
        (Said(b'{"error":{"message":"models/theirs is not found"}}', status=404), 404),
        (Said(b'{"error":{"message":"no"}}', status=401), 502),
    ],
)
async def test_what_is_no_matter_of_counting_is_told(failed: Said, status: int) -> None:
    house = House(failed, providers=(vendor("gemini.generate"),))
    client = await count(house, "anthropic.messages")
    assert (client.status, estimated(client)) == (status, False), client.body
    assert msgspec.json.decode(client.body)["type"] == "error"


async def test_an_answer_without_a_number_is_none() -> None:
    answers = [Said(b'{"totalTokens":"7"}') for _ in range(3)]
    house = House(*answers, providers=(vendor("gemini.generate"),))
    client = await count(house, "anthropic.messages")
    assert client.status == 502
    assert {end.outcome.status for end in house.notebook.ends} == {"upstream_error"}


async def test_who_could_not_be_reached_is_asked_once_more() -> None:
    broken = Disconnected("reset", sent=False)
    house = House(broken, said("gemini.generate"), providers=(vendor("gemini.generate"),))
    client = await count(house, "anthropic.messages")
    assert client.body == b'{"input_tokens":7}'
    assert len(house.vendors.calls) == 2


@pytest.mark.parametrize("field", ["previous_response_id", "conversation", "prompt"])
async def test_what_only_another_keeps_is_guessed_without(field: str) -> None:
    value = {"id": "pmpt_1"} if field == "prompt" else "resp_1"
    house = House(said("gemini.generate"), providers=(vendor("gemini.generate"),))
    client = await count(house, "openai.responses", **{field: value})
    assert (client.status, estimated(client)) == (200, True), client.body
    assert house.vendors.calls == []


async def test_a_picture_that_cannot_be_fetched_is_guessed() -> None:
    source = {"type": "url", "url": "https://127.0.0.1/a.png"}
    turn = {"role": "user", "content": [{"type": "image", "source": source}]}
    house = House(said("bedrock.converse"), providers=(vendor("bedrock.converse"),))
    client = await count(house, "anthropic.messages", messages=[turn])
    assert (client.status, estimated(client)) == (200, True), client.body
    assert [call.method for call in house.vendors.calls] == ["GET"]


async def test_a_picture_is_counted_as_it_is_sent() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": PICTURE}
    turn = {"role": "user", "content": [{"type": "image", "source": source}]}
    house = House(said("gemini.generate"), providers=(vendor("gemini.generate"),))
    await count(house, "anthropic.messages", messages=[turn])
    [content] = sent(house)["generateContentRequest"]["contents"]
    assert content["parts"] == [{"inlineData": {"mimeType": "image/png", "data": PICTURE}}]


async def test_what_cannot_be_read_is_refused() -> None:
    house = House(said("gemini.generate"), providers=(vendor("gemini.generate"),))
    client = await count(house, "anthropic.messages", messages=[7])
    assert client.status == 400
    assert house.vendors.calls == []


async def test_who_is_drained_is_not_asked_to_count() -> None:
    gone = replace(vendor("gemini.generate"), draining=True)
    assert (await count(House(providers=(gone,)), "anthropic.messages")).status == 529
