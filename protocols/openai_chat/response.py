"""A whole Chat answer, written."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from protocols import ir
from protocols.codec import Encoded, Loss
from protocols.openai_chat.wire import annotations, finish, tool_call, usage_object


def encode_response(response: ir.Response) -> Encoded:
    losses: list[Loss] = []
    choices = [_choice(0, response.content, response.stop, losses)]
    for index, other in enumerate(response.alternatives, start=1):
        choices.append(_choice(index, other.content, other.stop, losses))
    said: dict[str, Any] = {
        "id": response.id,
        "object": "chat.completion",
        "created": response.created or 0,
        "model": response.model,
        "choices": choices,
    }
    usage = usage_object(response.usage)
    if usage is not None:
        said["usage"] = usage
    if response.service_tier is not None:
        said["service_tier"] = response.service_tier
    return Encoded(body=msgspec.json.encode(said), losses=tuple(losses))


def _choice(
    index: int, content: Sequence[ir.Content], stop: ir.Stop, losses: list[Loss]
) -> dict[str, Any]:
    said = [block for block in content if isinstance(block, ir.Text | ir.Opaque)]
    texts = [block for block in said if isinstance(block, ir.Text)]
    calls = [
        block for block in content if isinstance(block, ir.ToolCall) and block.executor == "client"
    ]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(block.text or "" for block in said) if said or not calls else None,
    }
    _add(message, "reasoning_content", "".join(_thoughts(content)))
    _add(message, "refusal", "".join(_refusals(content)))
    _add(message, "annotations", [each for text in texts for each in annotations(text.citations)])
    _add(message, "tool_calls", [tool_call(call, arguments=call.arguments) for call in calls])
    choice: dict[str, Any] = {"index": index, "message": message, **finish(stop)}
    logprobs = next((text.logprobs for text in texts if text.logprobs), None)
    if logprobs is not None:
        choice["logprobs"] = {"content": logprobs}
    losses.extend(_losses(index, content))
    return choice


def _thoughts(content: Sequence[ir.Content]) -> Iterator[str]:
    return (block.text for block in content if isinstance(block, ir.Thinking))


def _refusals(content: Sequence[ir.Content]) -> Iterator[str]:
    return (block.text for block in content if isinstance(block, ir.Refusal))


def _add(message: dict[str, Any], key: str, value: object) -> None:
    if value:
        message[key] = value


def _losses(choice: int, content: Iterable[ir.Content]) -> Iterable[Loss]:
    for position, block in enumerate(content):
        yield from losses_of(block, f"choices[{choice}].content[{position}]")


def losses_of(block: ir.Content, path: str) -> Iterable[Loss]:
    """What the dialect has no words for."""
    match block:
        case ir.Thinking(seal=ir.Seal()):
            yield Loss(code="seal", path=path, why="Chat has no field for it")
        case ir.Text(citations=citations) if any(each.url is None for each in citations):
            yield Loss(code="citations", path=path, why="Chat cites the web only")
        case ir.Media():
            why = "Chat answers hold no such media"
            yield Loss(code=block.kind, path=path, why=why, content=True)
        case ir.Opaque(text=None):
            why = f"Chat has no words for {block.kind}"
            yield Loss(code="opaque", path=path, why=why, content=True)
        case ir.ToolResult() | ir.ToolCall(executor="provider"):
            why = "Chat knows no tools that the vendor runs"
            yield Loss(code="provider_tool", path=path, why=why)
        case _:
            return
