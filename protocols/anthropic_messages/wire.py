"""Words and objects that whole answers and streams of the dialect share."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Raw

from protocols import ir
from protocols.anthropic_messages.citations import citation_object
from protocols.anthropic_messages.usage import read_usage
from protocols.codec import Loss
from protocols.fields import OBJECTS
from protocols.ir import Extra, StopReason
from protocols.lenient import VALUES, an_object, read

STOP_REASONS: Final[Mapping[StopReason, str]] = {
    "end_turn": "end_turn",
    "stop_sequence": "stop_sequence",
    "max_tokens": "max_tokens",
    "context_window": "model_context_window_exceeded",
    "tool_call": "tool_use",
    "pause": "pause_turn",
    "refusal": "refusal",
    "content_filter": "refusal",
    "malformed": "end_turn",
    "error": "end_turn",
    "other": "end_turn",
}
# And back; what is no word of the dialect stands for nothing we know.
REASONS: Final[Mapping[str, StopReason]] = {
    "end_turn": "end_turn",
    "stop_sequence": "stop_sequence",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "context_window",
    "tool_use": "tool_call",
    "pause_turn": "pause",
    "compaction": "pause",
    "refusal": "refusal",
}
# What Anthropic's SDKs know of tools that the vendor runs, and how its ids begin.
SERVER_TOOLS: Final = frozenset(
    {
        "web_search",
        "web_fetch",
        "code_execution",
        "bash_code_execution",
        "text_editor_code_execution",
        "tool_search_tool_regex",
        "tool_search_tool_bm25",
    }
)
SERVER_IDS: Final = ("srvtoolu_", "mcptoolu_")
EXECUTORS: Final = {"client": "tool_use", "provider": "server_tool_use"}


def block_object(block: ir.Content) -> dict[str, Any] | Raw | None:
    """None for what the dialect has no words for; arguments are an object, whatever they were."""
    match block:
        case ir.Text():
            return _text(block)
        case ir.Refusal():
            return {"type": "text", "text": block.text}
        case ir.Thinking(redacted=True):
            said = {"type": "redacted_thinking", "data": _signature(block)}
            return with_rest(said, block.extra)
        case ir.Thinking(text="", seal=None):
            return None
        case ir.Thinking():
            said = {"type": "thinking", "thinking": block.text, "signature": _signature(block)}
            return with_rest(said, block.extra)
        case ir.ToolCall() if not is_of_others(block):
            return {**call_head(block), "input": arguments_object(block.arguments)}
        case ir.Opaque(dialect="anthropic.messages"):
            return block.raw
        case ir.Opaque(text=str() as text):
            return {"type": "text", "text": text}
        case _:
            return None


def is_of_others(call: ir.ToolCall) -> bool:
    """A call that a vendor made and answered itself, in words that only its own clients know."""
    return (
        call.executor == "provider"
        and call.name not in SERVER_TOOLS
        and not call.id.startswith(SERVER_IDS)
        and "type" not in (call.extra or {})
    )


def call_head(call: ir.ToolCall) -> dict[str, Any]:
    said = {"type": EXECUTORS[call.executor], "id": call.id, "name": call.name, "input": {}}
    return with_rest(said, call.extra)


def with_rest(said: dict[str, Any], extra: Extra | None) -> dict[str, Any]:
    """Fields nobody has a word for, where they were."""
    for key, raw in (extra or {}).items():
        _put(said, key, raw)
    return said


def _put(said: dict[str, Any], key: str, raw: Raw) -> None:
    """Beside what is said of the same object, if something is."""
    inner = said.get(key)
    if isinstance(inner, dict):
        with_rest(inner, OBJECTS.decode(raw))
    else:
        said[key] = raw


def arguments_object(arguments: str) -> dict[str, str] | Raw:
    if is_object(arguments):
        return Raw(arguments.encode())
    return wrapped_arguments(arguments)


def wrapped_arguments(arguments: str) -> dict[str, str]:
    return {"_raw": arguments} if arguments else {}


def is_object(arguments: str) -> bool:
    return isinstance(read(VALUES, arguments.encode()), dict)


def losses_of(block: ir.Content, path: str) -> list[Loss]:
    if isinstance(block, ir.ToolResult) or (isinstance(block, ir.ToolCall) and is_of_others(block)):
        why = "Messages knows no such tool of a vendor"
        return [Loss(code="provider_tool", path=path, why=why)]
    if block_object(block) is None and not isinstance(block, ir.Thinking):
        code = block.kind if isinstance(block, ir.Media) else "opaque"
        why = "an answer in Messages holds no such block"
        return [Loss(code=code, path=path, why=why, content=True)]
    return [*_losses_within(block, path)]


def _losses_within(block: ir.Content, path: str) -> Iterator[Loss]:
    match block:
        case ir.ToolCall(arguments=arguments) if is_broken(arguments):
            yield loss_of_arguments(path)
        case ir.Text():
            yield from _losses_of_text(block, path)
        case _:
            pass
    seal = None if isinstance(block, ir.Thinking) else getattr(block, "seal", None)
    if seal is not None and seal.signature is not None:
        yield loss_of_seal(path)


def _losses_of_text(block: ir.Text, path: str) -> Iterator[Loss]:
    if block.logprobs:
        yield loss_of_logprobs(path)
    if any(citation_object(each) is None for each in block.citations):
        yield loss_of_citation(path)


def is_broken(arguments: str) -> bool:
    return bool(arguments) and not is_object(arguments)


def loss_of_arguments(path: str) -> Loss:
    why = "Messages knows objects only"
    return Loss(code="tool_arguments", path=f"{path}.arguments", why=why)


def loss_of_seal(path: str) -> Loss:
    return Loss(code="seal", path=path, why="only thoughts have a field for it")


def loss_of_logprobs(path: str) -> Loss:
    return Loss(code="logprobs", path=f"{path}.logprobs", why="Messages has none")


def loss_of_citation(path: str) -> Loss:
    return Loss(code="citations", path=f"{path}.citations", why="name no place Messages knows")


def stop_object(stop: ir.Stop) -> dict[str, Any]:
    """The vendor's word where it is one of the dialect's, and what it says beside."""
    word = STOP_REASONS[stop.reason]
    if stop.raw is not None and REASONS.get(stop.raw) == stop.reason:
        word = stop.raw
    return with_rest({"stop_reason": word, "stop_sequence": stop.sequence}, stop.extra)


def usage_object(usage: ir.Usage) -> dict[str, Any] | Raw:
    """Fresh input is told apart from the cache; both totals are always there, or SDKs fail.

    What says the same in the words of the dialect is its own: it is told as it came.
    """
    if usage.raw and read_usage(an_object(usage.raw)) == usage:
        return usage.raw
    written = usage.cache_write_tokens
    cached = (usage.cache_read_tokens or 0) + sum((written or {}).values())
    searches = (usage.provider_tool_calls or {}).get("web_search")
    searched = {"web_search_requests": searches, "web_fetch_requests": 0}
    said = {
        "input_tokens": max(0, (usage.input_tokens or 0) - cached),
        "cache_read_input_tokens": usage.cache_read_tokens,
        "cache_creation_input_tokens": None if written is None else sum(written.values()),
        "cache_creation": _split(written),
        "output_tokens": usage.output_tokens or 0,
        "output_tokens_details": _one("thinking_tokens", usage.reasoning_tokens),
        "server_tool_use": None if searches is None else searched,
    }
    return {key: value for key, value in said.items() if value is not None}


def _text(block: ir.Text) -> dict[str, Any]:
    said: dict[str, Any] = {"type": "text", "text": block.text}
    citations = [each for each in map(citation_object, block.citations) if each is not None]
    if citations:
        said["citations"] = citations
    return with_rest(said, block.extra)


def _signature(block: ir.Thinking) -> str:
    return (block.seal.signature if block.seal else None) or ""


def _split(written: Mapping[str, int] | None) -> dict[str, int] | None:
    """The dialect knows two lifetimes; every other is counted with the shorter."""
    if written is None:
        return None
    hour = written.get("1h", 0)
    return {
        "ephemeral_5m_input_tokens": sum(written.values()) - hour,
        "ephemeral_1h_input_tokens": hour,
    }


def _one(key: str, value: int | None) -> dict[str, int] | None:
    return None if value is None else {key: value}
