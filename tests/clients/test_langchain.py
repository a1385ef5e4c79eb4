"""LangChain on both SDKs, with only base URL and key changed."""

from typing import Any, Final

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from openai import DefaultHttpxClient
from pydantic import SecretStr

from tests.clients.kept import Keep
from tests.clients.stack import Stack
from tests.clients.tools import WEATHER, answer_of_tool
from tests.faults.referee import Referee

QUESTION: Final = "Count to five."
VENDORS: Final = ("oai", "ant")


def model_of(vendor: str, *, url: str, key: str, model: str) -> BaseChatModel:
    if vendor == "oai":
        return ChatOpenAI(base_url=f"{url}/v1", api_key=SecretStr(key), model=model, max_retries=0)
    named: Any = {"model": model, "base_url": url, "api_key": SecretStr(key)}
    return ChatAnthropic(max_retries=0, **named)


def through(stack: Stack, vendor: str, model: str) -> BaseChatModel:
    return model_of(vendor, url=stack.url, key=stack.key.value, model=model)


def shown(message: Any) -> Any:
    """All of it but what LangChain makes up for each run."""
    said = message.model_dump()
    said["response_metadata"].pop("headers", None)
    if str(said.get("id", "")).startswith(("run-", "lc_run-")):
        del said["id"]
    return said


@pytest.mark.parametrize("vendor", VENDORS)
def test_answers_are_the_vendor_s_own(stack: Stack, referee: Referee, vendor: str) -> None:
    asked = through(stack, vendor, f"{vendor}.decent")
    straight = model_of(vendor, url=referee.url, key="sk-good", model="decent")
    assert shown(asked.invoke(QUESTION)) == shown(straight.invoke(QUESTION))
    told = [[shown(chunk) for chunk in model.stream(QUESTION)] for model in (asked, straight)]
    assert told[0] == told[1]
    assert len(told[0]) > 3


@pytest.mark.parametrize("vendor", VENDORS)
def test_tools_in_two_turns(stack: Stack, vendor: str) -> None:
    tool = {"type": "function", "function": WEATHER}
    model = through(stack, vendor, "mock-tools").bind_tools([tool])
    talk: list[Any] = [HumanMessage("What is the weather in Oslo and Rome?")]
    first = model.invoke(talk)
    assert isinstance(first, AIMessage)
    assert first.tool_calls
    talk.append(first)
    for call in first.tool_calls:
        city = call["args"]["city"]
        said = answer_of_tool(f'{{"city":"{city}"}}')
        talk.append(ToolMessage(said, tool_call_id=str(call["id"])))
    assert "21" in str(model.invoke(talk).text)


def test_embeddings(stack: Stack, keep: Keep) -> None:
    model = OpenAIEmbeddings(
        base_url=f"{stack.url}/v1",
        api_key=SecretStr(stack.key.value),
        model="mock-embed",
        check_embedding_ctx_length=False,  # counting tokens would download a vocabulary
        max_retries=0,
        http_client=keep(DefaultHttpxClient()),
    )
    one, two, same = model.embed_documents(["one", "two", "one"])
    assert one == same != two
