"""A whole Responses answer, written: what its stream says in the end."""

from typing import Any, Final

import msgspec

from protocols import ir
from protocols.codec import Encoded, Loss
from protocols.openai_responses.assembly import Assembly
from protocols.openai_responses.usage import usage_object
from protocols.openai_responses.wire import (
    INCOMPLETE,
    STATUSES,
    choice_object,
    format_object,
    known,
    tool_object,
)
from protocols.stream import replay

TEXT: Final = {"format": {"type": "text"}}


def encode_response(response: ir.Response, request: ir.Request) -> Encoded:
    losses: list[Loss] = []
    assembly = Assembly(response.id, losses)
    for event in replay(response):
        assembly.feed(event)
    assembly.finish(response.stop)
    said = {
        **head(response, request),
        **ending(response.stop, response.usage),
        "output": assembly.output,
        **(response.extra or {}),
        **tier(response.service_tier),
    }
    return Encoded(body=msgspec.json.encode(said), losses=tuple(losses))


def head(begun: ir.Response | ir.Started, request: ir.Request) -> dict[str, Any]:
    """What an answer says from the start; of what was asked, what SDKs look for."""
    said: dict[str, Any] = {
        "id": begun.id,
        "object": "response",
        "created_at": begun.created or 0,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": begun.model,
        "output": [],
        "usage": None,
    }
    return said if begun.extra is not None else {**said, **_asked(request)}


def ending(stop: ir.Stop, usage: ir.Usage) -> dict[str, Any]:
    said: dict[str, Any] = {"status": STATUSES[stop.reason], "usage": usage_object(usage)}
    if stop.reason in INCOMPLETE:
        said["incomplete_details"] = {"reason": INCOMPLETE[stop.reason]}
    if stop.reason == "error":
        said["error"] = {"code": "server_error", "message": stop.raw or "the model failed"}
    return {**said, **(stop.extra or {})}


def tier(name: str | None) -> dict[str, str]:
    return {} if name is None else {"service_tier": name}


def _asked(request: ir.Request) -> dict[str, Any]:
    heads = [block for message in request.messages if message.head for block in message.content]
    texts = [block.text for block in heads if isinstance(block, ir.Text)]
    choice, sampling = request.tool_choice or ir.ToolChoice(), request.sampling
    tools = [
        tool.raw if isinstance(tool, ir.ProviderTool) else tool_object(tool, name=tool.name)
        for tool in request.tools
    ]
    text = {"format": format_object(request.output)} if request.output else TEXT
    return {
        "instructions": "\n\n".join(texts) if texts else None,
        "max_output_tokens": sampling.max_tokens,
        "metadata": request.metadata or {},
        "parallel_tool_calls": choice.parallel is not False,
        "previous_response_id": request.previous_response_id,
        "reasoning": {"effort": request.reasoning.effort if request.reasoning else None},
        "store": False,
        "temperature": 1.0 if sampling.temperature is None else sampling.temperature,
        "text": {**text, **known({"verbosity": request.verbosity})},
        "tool_choice": choice_object(choice, request.tools, {}) or "auto",
        "tools": tools,
        "top_p": 1.0 if sampling.top_p is None else sampling.top_p,
        "truncation": "disabled",
    }
