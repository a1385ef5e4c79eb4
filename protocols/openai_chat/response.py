"""A whole Chat answer, written."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from protocols import ir
from protocols.codec import Encoded, Loss
from protocols.openai_chat.wire import (
    GOOGLE,
    add_rest,
    annotations,
    finish,
    image_part,
    is_old_call,
    is_thinking_part,
    thinking_part,
    thought_key,
    tool_call,
    usage_object,
)


def encode_response(response: ir.Response, *, legacy: bool) -> Encoded:
    losses: list[Loss] = []
    told = [(response.content, response.stop)]
    told += [(other.content, other.stop) for other in response.alternatives]
    choices = []
    for index, (content, stop) in enumerate(told):
        choices.append({"index": index, **_choice(content, stop, legacy=legacy)})
        losses.extend(_losses(index, content))
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
    add_rest(said, response.extra)
    return Encoded(body=msgspec.json.encode(said), losses=tuple(losses))


def _choice(content: Sequence[ir.Content], stop: ir.Stop, *, legacy: bool) -> dict[str, Any]:
    message = _message(content, legacy=legacy)
    choice: dict[str, Any] = {"message": message, **finish(stop, legacy=legacy)}
    texts = (block for block in content if isinstance(block, ir.Text))
    logprobs = next((text.logprobs for text in texts if text.logprobs), None)
    if logprobs is not None:
        choice["logprobs"] = {"content": logprobs}
    add_rest(choice, stop.extra)
    return choice


def _message(content: Sequence[ir.Content], *, legacy: bool) -> dict[str, Any]:
    texts = [block for block in content if isinstance(block, ir.Text)]
    calls = [
        block for block in content if isinstance(block, ir.ToolCall) and block.executor == "client"
    ]
    message: dict[str, Any] = {"role": "assistant", "content": _spoken(content)}
    for thought in _thoughts(content):
        key = thought_key(thought)
        message[key] = message.get(key, "") + thought.text
    _add(message, "refusal", "".join(_refusals(content)))
    _add(message, "annotations", [each for text in texts for each in annotations(text.citations)])
    for media in content:
        if isinstance(media, ir.Media):
            _add_media(message, media)
    told = [tool_call(call, arguments=call.arguments) for call in calls]
    if told and is_old_call(calls[0], legacy=legacy):
        # Whoever looks for it there knows one call only.
        message["function_call"] = told.pop(0)["function"]
    _add(message, "tool_calls", told)
    if message["content"] == [] or (message["content"] == "" and not texts and len(message) > 2):
        message["content"] = None
    return message


def _spoken(content: Sequence[ir.Content]) -> str | list[Any]:
    """Parts only where the vendor had parts that are more than text."""
    parts = [part for block in content for part in _parts(block)]
    if any(not isinstance(part, str) for part in parts):
        return [{"type": "text", "text": part} if isinstance(part, str) else part for part in parts]
    return "".join(parts)


def _parts(block: ir.Content) -> Iterator[Any]:
    match block:
        case ir.Text():
            yield block.text
        case ir.Thinking() if is_thinking_part(block):
            yield thinking_part(block, block.text)
        case ir.Opaque(dialect="openai.chat", text=None):
            yield block.raw
        case ir.Opaque(text=str() as text):
            yield text
        case _:
            return


def _thoughts(content: Sequence[ir.Content]) -> Iterator[ir.Thinking]:
    return (
        block
        for block in content
        if isinstance(block, ir.Thinking) and block.text and not is_thinking_part(block)
    )


def _add_media(message: dict[str, Any], media: ir.Media) -> None:
    if media.kind == "audio" and isinstance(media.source, ir.Inline):
        # SDKs want all four.
        said: dict[str, Any] = {"data": media.source.data, "transcript": media.context or ""}
        add_rest(said, media.extra)
        message["audio"] = {"id": "", "expires_at": 0, **said}
    elif media.kind == "image" and is_sayable(media):
        message.setdefault("images", []).append(image_part(media))


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
    if _is_unproven(block):
        yield Loss(code="seal", path=path, why="Chat has no field for it")
    match block:
        case ir.Text(citations=citations) if len(annotations(citations)) < len(citations):
            yield Loss(code="citations", path=path, why="Chat cites the web only")
        case ir.Media() if not is_sayable(block):
            why = "Chat answers hold no such media"
            yield Loss(code=block.kind, path=path, why=why, content=True)
        case ir.Opaque(text=None) if block.dialect != "openai.chat":
            why = f"Chat has no words for {block.kind}"
            yield Loss(code="opaque", path=path, why=why, content=True)
        case ir.ToolResult() | ir.ToolCall(executor="provider"):
            why = "Chat knows no tools that the vendor runs"
            yield Loss(code="provider_tool", path=path, why=why)
        case _:
            return


def _is_unproven(block: ir.Content) -> bool:
    """Calls have a field for what Google signs them with."""
    seal: ir.Seal | None = getattr(block, "seal", None)
    if seal is None or seal.signature is None:
        return False
    return not (isinstance(block, ir.ToolCall) and seal.origin in GOOGLE)


def is_sayable(media: ir.Media) -> bool:
    """OpenAI speaks; images are OpenRouter's, and what clients of image models read."""
    match media.kind:
        case "audio":
            return isinstance(media.source, ir.Inline)
        case "image":
            return isinstance(media.source, ir.Inline | ir.Link)
        case _:
            return False
