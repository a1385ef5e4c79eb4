"""The anthropic SDK as it talks to clouds, whatever dialect the model speaks."""

from typing import Any, Final

import anthropic
import pytest
from anthropic import AnthropicBedrock, AnthropicVertex

from tests.clients.foreign import GREETING, KINDS, vendors
from tests.clients.kept import Keep
from tests.clients.stack import Stack

__all__ = ["vendors"]

CLOUDS: Final = ("bedrock", "vertex")
NOBODY: Final = "sy-live-" + "A" * 43
HELLO: Final[Any] = [{"role": "user", "content": GREETING}]


def client_of(cloud: str, *, stack: Stack, key: str) -> Any:
    if cloud == "vertex":
        return AnthropicVertex(
            base_url=f"{stack.url}/v1",
            access_token=key,
            project_id="any",
            region="anywhere",
            max_retries=0,
        )
    return AnthropicBedrock(base_url=stack.url, api_key=key, aws_region="us-east-1", max_retries=0)


@pytest.fixture(params=CLOUDS)
def client(request: pytest.FixtureRequest, vendors: Stack, keep: Keep) -> Any:
    return keep(client_of(request.param, stack=vendors, key=vendors.key.value))


@pytest.mark.parametrize("vendor", [*KINDS, "mock"])
def test_an_answer(client: Any, vendor: str) -> None:
    model = f"{vendor}.mock-echo"
    answer = client.messages.create(model=model, max_tokens=64, messages=HELLO)
    assert (answer.content[0].text, answer.stop_reason) == (GREETING, "end_turn")


@pytest.mark.parametrize("vendor", [*KINDS, "mock"])
def test_a_stream(client: Any, vendor: str) -> None:
    model = f"{vendor}.mock-lorem"
    with client.messages.stream(model=model, max_tokens=500, messages=HELLO) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    assert len("".join(pieces).split()) == 60
    assert final.usage.output_tokens > 50


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_wrong_key_is_refused(cloud: str, stack: Stack, keep: Keep) -> None:
    stranger = keep(client_of(cloud, stack=stack, key=NOBODY))
    with pytest.raises(anthropic.APIStatusError) as raised:
        stranger.messages.create(model="mock-echo", max_tokens=9, messages=HELLO)
    assert raised.value.status_code == (403 if cloud == "bedrock" else 401)
