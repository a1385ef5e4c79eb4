"""A whole answer, written."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from protocols import ir
from protocols.codec import Encoded
from protocols.gemini_generate.citations import grounding_object
from protocols.gemini_generate.logprobs import logprobs_object
from protocols.gemini_generate.reading import noted
from protocols.gemini_generate.usage import usage_object
from protocols.gemini_generate.wire import finish_word, is_object, part_object, with_extra
from protocols.ir import NOTHING
from protocols.losses import Losses

GROUNDING: Final = ("groundingMetadata", "citationMetadata")


def encode_response(response: ir.Response) -> Encoded:
    losses = Losses()
    said: dict[str, Any] = {}
    if noted(response.stop.extra, "blocked") is None:
        said["candidates"] = [
            _candidate(0, response.content, response.stop, losses),
            *(
                _candidate(number, other.content, other.stop, losses)
                for number, other in enumerate(response.alternatives, start=1)
            ),
        ]
    elif "promptFeedback" not in (response.extra or {}):
        said["candidates"] = []
    said |= {"modelVersion": response.model, "responseId": response.id}
    usage = usage_object(response.usage)
    if usage is not None:
        said["usageMetadata"] = usage
    return Encoded(
        body=msgspec.json.encode(with_extra(said, response.extra)), losses=tuple(losses.found)
    )


def _candidate(
    number: int, content: Sequence[ir.Content], stop: ir.Stop, losses: Losses
) -> dict[str, Any]:
    parts = []
    for position, block in enumerate(content):
        note_losses(block, f"candidates[{number}].content[{position}]", losses)
        part = part_object(block)
        if part is not None:
            parts.append(part)
    said: dict[str, Any] = {"content": {"role": "model", **({"parts": parts} if parts else {})}}
    if number:
        said["index"] = number
    word = finish_word(stop)
    if word is not None:
        said["finishReason"] = word
    texts = [block for block in content if isinstance(block, ir.Text)]
    said |= beside(texts, stop, losses)
    return with_extra(said, stop.extra)


def beside(texts: Sequence[ir.Text], stop: ir.Stop, losses: Losses) -> dict[str, Any]:
    """What a candidate says of its texts, where it is not kept as the vendor said it."""
    said: dict[str, Any] = {}
    kept = stop.extra or {}
    cited = [text for text in texts if text.citations]
    if cited and not any(key in kept for key in GROUNDING):
        if any(citation.url is None for text in cited for citation in text.citations):
            losses.add("citations", "citations", "generateContent cites the web only")
        elif len(cited) > 1:
            losses.add("citations", "citations", "generateContent cites in one text only")
        # Places are counted in one text; where several cite, the last does.
        grounding = grounding_object(cited[-1].citations, cited[-1].text)
        if grounding is not None:
            said["groundingMetadata"] = grounding
    logprobs = next((text.logprobs for text in texts if text.logprobs), NOTHING)
    if logprobs and "logprobsResult" not in kept:
        said["logprobsResult"] = logprobs_object(logprobs)
    return said


def note_losses(block: ir.Content, path: str, losses: Losses) -> None:
    if part_object(block) is None:
        code: str = block.kind if isinstance(block, ir.Media) else "opaque"
        if isinstance(block, ir.ToolCall | ir.ToolResult):
            code = "provider_tool"
        losses.add(code, path, "an answer of generateContent holds no such block", content=True)
    if isinstance(block, ir.ToolCall) and block.arguments and not is_object(block.arguments):
        losses.add("tool_arguments", f"{path}.arguments", "generateContent knows objects only")
