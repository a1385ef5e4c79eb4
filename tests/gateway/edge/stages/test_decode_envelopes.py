"""Bodies in a cloud's envelope: Claude's are read, those of others are told where to go."""

from typing import Any, Final

import msgspec
import pytest

from tests.gateway.edge.dialects import vendor, whole
from tests.gateway.edge.house import House

TURN: Final = {"role": "user", "content": [{"text": "Hi"}]}
OTHERS: Final[Any] = {
    "titan": {"inputText": "Hi", "textGenerationConfig": {"maxTokenCount": 9}},
    "nova": {"schemaVersion": "messages-v1", "messages": [TURN], "system": [{"text": "s"}]},
    "nova, shortly": {"messages": [TURN], "inferenceConfig": {"maxTokens": 9}},
    "llama": {"prompt": "Hi", "max_gen_len": 9},
    "cohere": {"message": "Hi", "chat_history": []},
    "vectors": {"texts": ["Hi"], "input_type": "search_query"},
    "nothing": {},
}


@pytest.mark.parametrize("path", [b"invoke", b"invoke-with-response-stream"])
@pytest.mark.parametrize("body", OTHERS.values(), ids=OTHERS.keys())
@pytest.mark.parametrize("dialect", ["bedrock.converse", "anthropic.messages"])
async def test_a_body_that_is_not_claudes_is_told_of_converse(
    dialect: Any, body: dict[str, Any], path: bytes
) -> None:
    gateway = House(whole(dialect), providers=(vendor(dialect),))
    client = await gateway.ask(msgspec.json.encode(body), path=b"/model/m/" + path)

    assert client.status == 400
    assert b"POST /model/{model}/converse" in client.body
    assert gateway.vendors.calls == []


@pytest.mark.parametrize(
    "version", [{}, {"anthropic_version": "bedrock-2023-05-31"}], ids=["bare", "versioned"]
)
async def test_a_body_of_claudes_is_read_with_its_version_and_without(version: Any) -> None:
    said = {**version, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    gateway = House(whole("bedrock.converse"), providers=(vendor("bedrock.converse"),))
    client = await gateway.ask(msgspec.json.encode(said), path=b"/model/m/invoke")

    assert client.status == 200, client.body


async def test_a_body_of_claudes_that_lacks_its_messages_is_told_so() -> None:
    said = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9}
    client = await House().ask(msgspec.json.encode(said), path=b"/model/m/invoke")

    assert client.status == 400
    assert b"messages is missing" in client.body
