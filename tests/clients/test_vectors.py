"""Vectors for official SDKs, whatever dialect the vendor of the model speaks."""

import pytest
from openai import OpenAI

from tests.clients.foreign import vendors
from tests.clients.google_sdk import genai, types
from tests.clients.kept import Keep
from tests.clients.stack import Stack

__all__ = ["vendors"]

TEXTS = ["one", "two", "one"]


@pytest.mark.parametrize("vendor", ["chat", "gemini"])
def test_the_openai_sdk_gets_a_vector_for_each_text(
    vendors: Stack, vendor: str, keep: Keep
) -> None:
    client = keep(OpenAI(base_url=f"{vendors.url}/v1", api_key=vendors.key.value, max_retries=0))
    answer = client.embeddings.create(model=f"{vendor}.mock-embed", input=TEXTS)
    first, second, third = (each.embedding for each in answer.data)
    assert first == third != second
    assert answer.usage.prompt_tokens == 3


@pytest.mark.parametrize("vendor", ["chat", "gemini"])
def test_the_google_sdk_gets_a_vector_for_each_text(vendors: Stack, vendor: str) -> None:
    options = types.HttpOptions(base_url=vendors.url)
    with genai.Client(api_key=vendors.key.value, http_options=options) as client:
        answer = client.models.embed_content(model=f"{vendor}.mock-embed", contents=TEXTS)
    assert answer.embeddings is not None
    first, second, third = (each.values for each in answer.embeddings)
    assert first == third != second
