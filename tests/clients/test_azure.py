"""The openai SDK as it talks to Azure, on a model that speaks Chat; others: `test_translation`."""

import openai
import pytest
from openai import AzureOpenAI

from tests.clients.foreign import GREETING, vendors
from tests.clients.kept import Keep
from tests.clients.stack import Stack
from tests.clients.test_translation import HELLO, azure_of

__all__ = ["vendors"]

NOBODY = "sy-live-" + "A" * 43


@pytest.fixture
def azure(vendors: Stack, keep: Keep) -> AzureOpenAI:
    return keep(azure_of(vendors, vendors.key.value))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_answer_is_the_vendor_s_own(azure: AzureOpenAI, *, stream: bool) -> None:
    asked = azure.chat.completions.create
    if stream:
        chunks = asked(model="chat.mock-echo", messages=HELLO, stream=True)
        pieces = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
        assert "".join(pieces) == GREETING
        return
    answer = asked(model="chat.mock-echo", messages=HELLO)
    assert (answer.choices[0].message.content, answer.model) == (GREETING, "mock-echo")


def test_embeddings(azure: AzureOpenAI) -> None:
    made = azure.embeddings.create(model="mock-embed", input=["one", "two", "one"])
    vectors = [row.embedding for row in made.data]
    assert vectors[0] == vectors[2] != vectors[1]


def test_responses_are_asked_without_a_deployment(azure: AzureOpenAI) -> None:
    assert azure.responses.create(model="chat.mock-echo", input=GREETING).output_text == GREETING


def test_a_wrong_key_is_an_authentication_error(stack: Stack, keep: Keep) -> None:
    stranger = keep(azure_of(stack, NOBODY))
    with pytest.raises(openai.AuthenticationError) as raised:
        stranger.chat.completions.create(model="mock-echo", messages=HELLO)
    assert raised.value.code == "invalid_api_key"


def test_an_unknown_model_is_not_found(azure: AzureOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        azure.chat.completions.create(model="nothing-like-it", messages=HELLO)
    assert raised.value.code == "model_not_found"
