"""Run by `llamaindex.py` with LlamaIndex's interpreter: `URL KEY`. Says what it has heard."""

import sys
from importlib import import_module
from typing import Any

CITIES = "What is the weather in Oslo and Rome?"


def weather(city: str) -> str:
    """The temperature in a city."""
    return f"21 degrees in {city}"


def main(url: str, key: str) -> dict[str, Any]:
    llms: Any = import_module("llama_index.core.llms")
    tools: Any = import_module("llama_index.core.tools")
    like: Any = import_module("llama_index.llms.openai_like")

    def model(name: str) -> Any:
        return like.OpenAILike(
            model=name,
            api_base=f"{url}/v1",
            api_key=key,
            is_chat_model=True,
            is_function_calling_model=True,
            max_retries=0,
        )

    hello = [llms.ChatMessage(role="user", content="Hello")]
    text = model("mock-echo").chat(hello).message.content
    chunks = [chunk.delta or "" for chunk in model("mock-lorem").stream_chat(hello)]
    tool = tools.FunctionTool.from_defaults(fn=weather)
    talk = [llms.ChatMessage(role="user", content=CITIES)]
    asked = model("mock-tools").chat_with_tools([tool], chat_history=talk)
    calls = model("mock-tools").get_tool_calls_from_response(asked)
    talk.append(asked.message)
    for call in calls:
        told = {"tool_call_id": call.tool_id, "name": call.tool_name}
        said = weather(**call.tool_kwargs)
        talk.append(llms.ChatMessage(role="tool", content=said, additional_kwargs=told))
    last = model("mock-tools").chat_with_tools([tool], chat_history=talk)
    return {
        "text": text,
        "chunks": chunks,
        "calls": [call.tool_kwargs for call in calls],
        "last": last.message.content,
    }


if __name__ == "__main__":
    sys.stdout.write(repr(main(*sys.argv[1:])))
