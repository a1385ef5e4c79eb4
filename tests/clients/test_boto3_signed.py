"""The official AWS SDK as it comes: it signs, over plain http too."""

from collections.abc import Callable
from typing import Any, Final, Literal, Protocol, TypeAlias

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clients.foreign import GREETING, vendors
from tests.clients.kept import Keep
from tests.clients.stack import Stack

__all__ = ["vendors"]

HELLO: Final[Any] = [{"role": "user", "content": [{"text": GREETING}]}]
MODEL: Final = "bedrock.mock-echo"
ServiceName: TypeAlias = Literal["bedrock", "bedrock-runtime"]


class Signed(Protocol):
    """An AWS client that signs with a pair of keys."""

    def __call__(
        self, pair: tuple[str, str], path: str = "", *, service: ServiceName = "bedrock-runtime"
    ) -> Any: ...


@pytest.fixture
def signed(vendors: Stack, keep: Keep) -> Signed:
    config = Config(region_name="eu-west-1", retries={"total_max_attempts": 1})

    def client(
        pair: tuple[str, str], path: str = "", *, service: ServiceName = "bedrock-runtime"
    ) -> Any:
        key_id, secret = pair
        opened: Any = boto3.client(
            service,
            endpoint_url=f"{vendors.url}{path}",
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=config,
        )
        return keep(opened)

    return client


def test_a_list(signed: Signed, pair: tuple[str, str]) -> None:
    models: Any = signed(pair, service="bedrock").list_foundation_models()["modelSummaries"]
    assert "mock.mock-echo" in {model["modelId"] for model in models}


@pytest.fixture(scope="module")
def pair(vendors: Stack) -> tuple[str, str]:
    return vendors.management.aws_pair(vendors.key)


@pytest.mark.parametrize("path", ["", "/bedrock"])
def test_an_answer(signed: Signed, pair: tuple[str, str], path: str) -> None:
    answer = signed(pair, path).converse(modelId=MODEL, messages=HELLO)
    assert answer["output"]["message"]["content"] == [{"text": GREETING}]


def test_a_stream(signed: Signed, pair: tuple[str, str]) -> None:
    said = signed(pair).converse_stream(modelId=MODEL, messages=HELLO)
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
def test_one_flipped_byte_is_found(signed: Signed, pair: tuple[str, str], part: str) -> None:
    client = signed(pair)
    client.meta.events.register("before-send.bedrock-runtime", flipped(part))
    assert word_of(client) == (403, "InvalidSignatureException")


def test_what_is_no_pair_of_ours_is_not_recognized(signed: Signed, pair: tuple[str, str]) -> None:
    key_id, secret = pair
    assert word_of(signed(("AKIAIOSFODNN7EXAMPLE", secret))) == (
        403,
        "UnrecognizedClientException",
    )
    assert word_of(signed((key_id, "x" * 40))) == (403, "InvalidSignatureException")
