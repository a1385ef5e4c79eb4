"""The official AWS SDK on Converse, whatever dialect the model speaks."""

import base64
from typing import Any, Final

import boto3
import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.foreign import CITIES, GREETING, KINDS, PICTURE, limited, vendors
from tests.clients.kept import Keep
from tests.clients.stack import Stack
from tests.clients.tools import SCHEMA

__all__ = ["vendors"]

VENDORS: Final = tuple(KINDS)
NOBODY: Final = "sy-live-" + "A" * 43
HELLO: Final[Any] = [{"role": "user", "content": [{"text": GREETING}]}]
TOOLS: Final[Any] = {
    "tools": [
        {"toolSpec": {"name": name, "description": name, "inputSchema": {"json": SCHEMA}}}
        for name in ("get_weather", "get_time")
    ]
}


def client_of(stack: Stack, key: str) -> Any:
    """The SDK signs, or sends nothing: the key goes into a header of its own."""
    config = Config(
        signature_version=botocore.UNSIGNED,
        region_name="us-east-1",
        retries={"total_max_attempts": 1},
    )
    client: Any = boto3.client("bedrock-runtime", endpoint_url=stack.url, config=config)

    def with_key(request: Any, **_: object) -> None:
        request.headers["x-api-key"] = key

    client.meta.events.register("before-sign.bedrock-runtime", with_key)
    return client


@pytest.fixture
def bedrock(vendors: Stack, keep: Keep) -> Any:
    return keep(client_of(vendors, vendors.key.value))


def text_of(answer: Any) -> str:
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_answer(bedrock: Any, vendor: str) -> None:
    answer = bedrock.converse(modelId=f"{vendor}.mock-echo", messages=HELLO)
    assert (text_of(answer), answer["stopReason"]) == (GREETING, "end_turn")
    usage = answer["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"] > 0


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_stream(bedrock: Any, vendor: str) -> None:
    events = list(bedrock.converse_stream(modelId=f"{vendor}.mock-lorem", messages=HELLO)["stream"])
    kinds = [next(iter(event)) for event in events]
    assert (kinds[0], kinds[-2:]) == ("messageStart", ["messageStop", "metadata"])
    pieces = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
    assert len("".join(piece.get("text", "") for piece in pieces).split()) == 60
    assert events[-1]["metadata"]["usage"]["outputTokens"] > 50


@pytest.mark.parametrize("vendor", VENDORS)
def test_two_tools_in_two_turns(bedrock: Any, vendor: str) -> None:
    said: list[Any] = [{"role": "user", "content": [{"text": CITIES}]}]
    asked: Any = {"modelId": f"{vendor}.mock-tools", "toolConfig": TOOLS}
    first = bedrock.converse(messages=said, **asked)
    assert first["stopReason"] == "tool_use"
    message = first["output"]["message"]
    calls = [block["toolUse"] for block in message["content"] if "toolUse" in block]
    assert {call["name"] for call in calls} == {"get_weather", "get_time"}
    results = [
        {
            "toolResult": {
                "toolUseId": call["toolUseId"],
                "content": [{"text": f"21 degrees in {call['input']['city']}"}],
            }
        }
        for call in calls
    ]
    said += [message, {"role": "user", "content": results}]
    second = bedrock.converse(messages=said, **asked)
    assert second["stopReason"] == "end_turn"
    assert "21 degrees" in text_of(second)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_picture(bedrock: Any, vendor: str) -> None:
    image = {"format": "png", "source": {"bytes": base64.b64decode(PICTURE)}}
    said = [{"role": "user", "content": [{"image": image}]}]
    answer = bedrock.converse(modelId=f"{vendor}.mock-vision", messages=said)
    assert "image/png" in text_of(answer)


@pytest.mark.parametrize("vendor", VENDORS)
def test_tokens_are_counted_for_any_model(bedrock: Any, vendor: str) -> None:
    counted = bedrock.count_tokens(
        modelId=f"{vendor}.mock-echo", input={"converse": {"messages": HELLO}}
    )
    assert counted["inputTokens"] > 4
    told = counted["ResponseMetadata"]["HTTPHeaders"]
    assert ("x-switchyard-estimated" in told) == (vendor == "chat")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_limit_is_told_as_aws_tells_it(
    bedrock: Any, vendors: Stack, mock_url: str, vendor: str
) -> None:
    model = limited(vendors, mock_url, vendor=vendor, name="bedrock")
    with pytest.raises(ClientError) as raised:
        bedrock.converse(modelId=model, messages=HELLO)
    assert raised.value.response["Error"]["Code"] == "ThrottlingException"


def test_a_wrong_key_has_no_access(stack: Stack, keep: Keep) -> None:
    stranger = keep(client_of(stack, NOBODY))
    with pytest.raises(ClientError) as raised:
        stranger.converse(modelId="mock-echo", messages=HELLO)
    assert raised.value.response["Error"]["Code"] == "AccessDeniedException"


def test_an_unknown_model_is_not_found(bedrock: Any) -> None:
    with pytest.raises(ClientError) as raised:
        bedrock.converse(modelId="nothing-like-it", messages=HELLO)
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"
