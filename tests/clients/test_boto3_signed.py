"""The official AWS SDK as it comes: it signs, over plain http too."""

from collections.abc import Callable
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.foreign import GREETING, vendors
from tests.clients.stack import Stack

__all__ = ["vendors"]

HELLO: Final[Any] = [{"role": "user", "content": [{"text": GREETING}]}]
MODEL: Final = "bedrock.mock-echo"


def client_of(stack: Stack, pair: tuple[str, str], path: str = "") -> Any:
    config = Config(region_name="eu-west-1", retries={"total_max_attempts": 1})
    key_id, secret = pair
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=f"{stack.url}{path}",
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        config=config,
    )


def test_a_list(vendors: Stack, pair: tuple[str, str]) -> None:
    key_id, secret = pair
    client = boto3.client(
        "bedrock",
        endpoint_url=vendors.url,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        region_name="eu-west-1",
    )
    models: Any = client.list_foundation_models()["modelSummaries"]
    assert "mock.mock-echo" in {model["modelId"] for model in models}


@pytest.fixture(scope="module")
def pair(vendors: Stack) -> tuple[str, str]:
    return vendors.management.aws_pair(vendors.key)


@pytest.mark.parametrize("path", ["", "/bedrock"])
def test_an_answer(vendors: Stack, pair: tuple[str, str], path: str) -> None:
    answer = client_of(vendors, pair, path).converse(modelId=MODEL, messages=HELLO)
    assert answer["output"]["message"]["content"] == [{"text": GREETING}]


def test_a_stream(vendors: Stack, pair: tuple[str, str]) -> None:
    said = client_of(vendors, pair).converse_stream(modelId=MODEL, messages=HELLO)
    kinds = [next(iter(event)) for event in said["stream"]]
    assert (kinds[0], kinds[-1]) == ("messageStart", "metadata")


def word_of(client: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as refused:
        client.converse(modelId=MODEL, messages=HELLO)
    said: Any = refused.value.response
    return said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Code"]


def flipped(part: str) -> Callable[..., None]:
    """One byte is another after the signature was made."""

    def change(request: Any, **_: object) -> None:
        if part == "body":
            request.body = request.body[:-1] + b" "
        elif part == "path":
            request.url = request.url.replace("mock-echo", "mock-ech0")
        else:
            stamp = request.headers["X-Amz-Date"]
            last = b"0" if stamp[-2:-1] != b"0" else b"1"
            request.headers["X-Amz-Date"] = stamp[:-2] + last + stamp[-1:]

    return change


@pytest.mark.parametrize("part", ["body", "path", "date"])
def test_one_flipped_byte_is_found(vendors: Stack, pair: tuple[str, str], part: str) -> None:
    client = client_of(vendors, pair)
    client.meta.events.register("before-send.bedrock-runtime", flipped(part))
    assert word_of(client) == (403, "InvalidSignatureException")


def test_what_is_no_pair_of_ours_is_not_recognized(vendors: Stack, pair: tuple[str, str]) -> None:
    key_id, secret = pair
    assert word_of(client_of(vendors, ("AKIAIOSFODNN7EXAMPLE", secret))) == (
        403,
        "UnrecognizedClientException",
    )
    assert word_of(client_of(vendors, (key_id, "x" * 40))) == (403, "InvalidSignatureException")
