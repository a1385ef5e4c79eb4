"""The official openai SDK with answers that their vendor keeps: the gateway's own mock, which must
have one worker to know its own, and `switchyard mock` as a vendor elsewhere.
"""

from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.clients.kept import Keep
from tests.clients.stack import Stack

FIRST = "My name is Ada."


@pytest.fixture(scope="module")
def answering(bare_stack: Stack, mock_url: str) -> Stack:
    bare_stack.vendor("elsewhere", url=mock_url)
    return bare_stack


@pytest.fixture
def client(answering: Stack, keep: Keep) -> OpenAI:
    return keep(OpenAI(base_url=f"{answering.url}/v1", api_key=answering.key.value, max_retries=0))


@pytest.mark.parametrize("model", ["mock-echo", "elsewhere.mock-echo"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_answer_is_gone_on_with_read_and_deleted(
    client: OpenAI, model: str, *, stream: bool
) -> None:
    if stream:
        with client.responses.stream(model=model, input=FIRST) as events:
            first: Any = events.get_final_response()
    else:
        first = client.responses.create(model=model, input=FIRST)
    second = client.responses.create(
        model=model, input="What is it?", previous_response_id=first.id
    )
    assert second.usage is not None
    assert second.usage.input_tokens > first.usage.input_tokens
    assert client.responses.retrieve(first.id).output_text == FIRST
    [item] = client.responses.input_items.list(first.id).data
    assert item.model_dump()["content"][0]["text"] == FIRST
    with pytest.raises(openai.BadRequestError):
        client.responses.cancel(first.id)
    client.responses.delete(first.id)
    for gone in (
        lambda: client.responses.retrieve(first.id),
        lambda: client.responses.delete(first.id),
        lambda: client.responses.create(model=model, input="?", previous_response_id=first.id),
    ):
        with pytest.raises(openai.NotFoundError):
            gone()


def test_nobody_goes_on_with_what_was_never_given(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        client.responses.create(model="mock-echo", input="?", previous_response_id="resp_other")
    assert raised.value.code == "not_found"
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve("resp_other")


def test_a_conversation_is_compacted(client: OpenAI) -> None:
    compacted = client.responses.compact(model="mock-echo", input=FIRST)
    assert compacted.object == "response.compaction"
