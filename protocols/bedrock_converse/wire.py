"""Words and objects that whole answers, streams and requests of the dialect share."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.bedrock_converse.blocks import DIALECT, SERVER_TOOL, write_redacted
from protocols.bedrock_converse.citations import citation_object
from protocols.bedrock_converse.media import media_object
from protocols.bedrock_converse.rests import with_rest
from protocols.codec import Loss
from protocols.ir import StopReason
from protocols.lenient import VALUES, an_object, read

STOP_REASONS: Final[Mapping[StopReason, str]] = {
    "end_turn": "end_turn",
    "stop_sequence": "stop_sequence",
    "max_tokens": "max_tokens",
    "context_window": "model_context_window_exceeded",
    "tool_call": "tool_use",
    "pause": "end_turn",
    "refusal": "content_filtered",
    "content_filter": "guardrail_intervened",
    "malformed": "malformed_model_output",
    "error": "end_turn",
    "other": "end_turn",
}
REASONS: Final[Mapping[str, StopReason]] = {
    "end_turn": "end_turn",
    "stop_sequence": "stop_sequence",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "context_window",
    "tool_use": "tool_call",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "malformed_model_output": "malformed",
    "malformed_tool_use": "malformed",
}
METRICS: Final = "metrics"
NO_METRICS: Final = {"latencyMs": 0}  # the dialect's answers have it; only the vendor knows


def read_stop(word: str | None) -> ir.Stop:
    return ir.Stop(reason=REASONS.get(word or "", "other"), raw=word)


def stop_word(stop: ir.Stop) -> str:
    """The vendor's own where it is one of the dialect's."""
    if stop.raw is not None and REASONS.get(stop.raw) == stop.reason:
        return stop.raw
    return STOP_REASONS[stop.reason]


def block_object(block: ir.Content) -> dict[str, Any] | Raw | None:
    """None for what the dialect has no words for; arguments are an object, whatever they were."""
    match block:
        case ir.Text(citations=()):
            return with_rest({"text": block.text}, block.extra)
        case ir.Text():
            cited = [citation_object(citation) for citation in block.citations]
            return {"citationsContent": {"content": [{"text": block.text}], "citations": cited}}
        case ir.Refusal():
            return {"text": block.text}
        case ir.Thinking():
            return {"reasoningContent": _reasoning(block)}
        case ir.Media():
            return media_object(block)
        case ir.ToolCall():
            said = {**call_head(block), "input": arguments_object(block.arguments)}
            return {"toolUse": with_rest(said, block.extra)}
        case ir.ToolResult():
            return {"toolResult": _result(block)}
        case ir.Opaque(dialect=dialect) if dialect == DIALECT:
            return block.raw
        case ir.Opaque(text=str() as text):
            return {"text": text}
        case _:
            return None


def call_head(call: ir.ToolCall) -> dict[str, Any]:
    said = {"toolUseId": call.id, "name": call.name}
    return {**said, "type": SERVER_TOOL} if call.executor == "provider" else said


def result_head(result: ir.ToolResult) -> dict[str, Any]:
    said = {"toolUseId": result.call_id}
    return {**said, "status": "error"} if result.is_error else said


def _result(result: ir.ToolResult) -> dict[str, Any]:
    parts = [block_object(part) for part in result.content]
    content: list[Any] = [part for part in parts if part is not None]
    if result.structured:
        content.insert(0, {"json": result.structured})
    return with_rest({**result_head(result), "content": content}, result.extra)


def _reasoning(block: ir.Thinking) -> dict[str, Any]:
    signature = block.seal.signature if block.seal else None
    if block.redacted:
        return with_rest({"redactedContent": write_redacted(signature or "")}, block.extra)
    said = {"text": block.text}
    if signature:
        said["signature"] = signature
    return {"reasoningText": with_rest(said, block.extra)}


def arguments_object(arguments: str) -> Raw:
    if is_object(arguments):
        return Raw(arguments.encode())
    return Raw(msgspec.json.encode({"_raw": arguments} if arguments else {}))


def is_object(arguments: str) -> bool:
    return isinstance(read(VALUES, arguments.encode()), dict)


def losses_of(block: ir.Content, path: str) -> list[Loss]:
    """Of an answer's block; a request's are another matter."""
    if block_object(block) is None:
        code = block.kind if isinstance(block, ir.Media) else "opaque"
        why = "an answer in Converse holds no such block"
        return [Loss(code=code, path=path, why=why, content=True)]
    return [*_losses_within(block, path)]


def _losses_within(block: ir.Content, path: str) -> Iterator[Loss]:
    match block:
        case ir.ToolCall(arguments=arguments) if is_broken(arguments):
            yield loss_of_arguments(path)
        case ir.Text(logprobs=logprobs) if logprobs:
            yield Loss(code="logprobs", path=f"{path}.logprobs", why="Converse has none")
        case _:
            pass
    seal = None if isinstance(block, ir.Thinking) else getattr(block, "seal", None)
    if seal is not None and seal.signature is not None:
        yield loss_of_seal(path)


def is_broken(arguments: str) -> bool:
    return bool(arguments) and not is_object(arguments)


def loss_of_arguments(path: str) -> Loss:
    why = "Converse knows objects only"
    return Loss(code="tool_arguments", path=f"{path}.arguments", why=why)


def loss_of_seal(path: str) -> Loss:
    return Loss(code="seal", path=path, why="only thoughts have a field for it")


def usage_object(usage: ir.Usage) -> dict[str, Any]:
    """The vendor's own as it came; fresh input is told apart from the cache."""
    own = an_object(usage.raw)
    if "inputTokens" in own:
        return own
    written = usage.cache_write_tokens
    cached = (usage.cache_read_tokens or 0) + sum((written or {}).values())
    total, output = usage.input_tokens or 0, usage.output_tokens or 0
    said = {
        "inputTokens": max(0, total - cached),
        "outputTokens": output,
        "totalTokens": total + output,
    }
    if usage.cache_read_tokens is not None:
        said["cacheReadInputTokens"] = usage.cache_read_tokens
    if written is None:
        return said
    details = [{"ttl": ttl, "inputTokens": tokens} for ttl, tokens in written.items() if tokens]
    split = {"cacheDetails": details} if details else {}
    return {**said, "cacheWriteInputTokens": sum(written.values()), **split}
