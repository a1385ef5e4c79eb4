"""What a request asks for, taken apart: each part is in what the target is sent, or is a loss.

The codes of losses are those of protocols.md PR-38.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from protocols import ir
from protocols.cache_points import placed
from protocols.losses import is_usual

Facet: TypeAlias = Callable[[ir.Request], Any]
# Values equal to what vendors do anyway are no loss: of temperature and top_p 1, of tiers these.
USUAL_TIERS: Final = {"auto", "default", "standard"}


def blocks(request: ir.Request) -> Iterator[ir.Content]:
    for message in request.messages:
        yield from message.content


def blocks_within(contents: Iterable[ir.Content]) -> Iterator[ir.Content]:
    """Those of results, and of documents made of blocks, too."""
    for block in contents:
        yield block
        if isinstance(block, ir.ToolResult):
            yield from blocks_within(block.content)
        if isinstance(block, ir.Media) and isinstance(block.source, ir.InlineBlocks):
            yield from blocks_within(block.source.content)


def texts(request: ir.Request) -> list[str]:
    said = (block.text for block in blocks(request) if isinstance(block, ir.Text))
    return [text for text in said if text.strip()]


def user_texts(request: ir.Request) -> list[str]:
    return [
        block.text
        for message in request.messages
        if message.role == "user"
        for block in message.content
        if isinstance(block, ir.Text) and block.text.strip()
    ]


def calls(request: ir.Request) -> list[ir.ToolCall]:
    found = (block for block in blocks(request) if isinstance(block, ir.ToolCall))
    return [call for call in found if call.executor == "client"]


def results(request: ir.Request) -> list[ir.ToolResult]:
    return [block for block in blocks(request) if isinstance(block, ir.ToolResult)]


def media(request: ir.Request) -> list[ir.Media]:
    within = blocks_within(blocks(request))
    return [block for block in within if isinstance(block, ir.Media)]


def bytes_or_links(request: ir.Request) -> list[ir.Media]:
    """Media that no text can stand for."""
    written = (ir.InlineText, ir.InlineBlocks)
    return [block for block in media(request) if not isinstance(block.source, written)]


def texts_of_documents(request: ir.Request) -> list[str]:
    found = [block.source for block in media(request)]
    return [source.text for source in found if isinstance(source, ir.InlineText)]


def tool_names(request: ir.Request) -> list[str]:
    tools = (tool for tool in request.tools if not isinstance(tool, ir.ProviderTool))
    return [tool.name for tool in tools]


def cache_points(request: ir.Request) -> int:
    """One said of the whole request counts where it is put by who does not say it so."""
    request = placed(request)
    cacheable = [*blocks_within(blocks(request)), *request.tools]
    return sum(getattr(each, "cache", None) is not None for each in cacheable)


def parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return text


def _choice(request: ir.Request) -> Any:
    choice = request.tool_choice
    if choice is None or choice.mode in {None, "auto"}:
        return None
    if choice.mode == "named" and choice.name not in tool_names(request):
        return None  # one of the vendor's, which is lost as such
    return choice.mode, choice.name


def _serial(request: ir.Request) -> Any:
    choice = request.tool_choice
    return True if choice is not None and choice.parallel is False and request.tools else None


def _schema(request: ir.Request) -> Any:
    output = request.output
    if output is None or output.kind == "text":
        return None
    return output.kind, msgspec.json.decode(output.schema) if output.schema else None


def _reasoning(request: ir.Request) -> Any:
    asked = request.reasoning
    if asked is None or (asked.effort is None and not asked.budget_tokens and asked.mode != "off"):
        return None  # as the model sees fit
    return "off" if asked.mode == "off" or asked.effort == "none" else "on"


def _unusual(request: ir.Request, name: str) -> Any:
    value = getattr(request.sampling, name)
    return None if is_usual(request.dialect, name, value) else value


# What may be asked for, and the losses of which one is told when it is not passed on.
FACETS: Final[Mapping[str, tuple[Facet, frozenset[str]]]] = {
    "temperature": (
        lambda asked: asked.sampling.temperature if asked.sampling.temperature != 1 else None,
        frozenset({"temperature"}),
    ),
    "top_p": (
        lambda asked: _unusual(asked, "top_p") if asked.sampling.top_p != 1 else None,
        frozenset({"top_p"}),
    ),
    "top_k": (lambda asked: _unusual(asked, "top_k"), frozenset({"top_k"})),
    "seed": (lambda asked: asked.sampling.seed, frozenset({"seed"})),
    "stop": (lambda asked: asked.sampling.stop or None, frozenset({"stop"})),
    "presence_penalty": (
        lambda asked: asked.sampling.presence_penalty or None,
        frozenset({"penalties"}),
    ),
    "frequency_penalty": (
        lambda asked: asked.sampling.frequency_penalty or None,
        frozenset({"penalties"}),
    ),
    "n": (
        lambda asked: asked.sampling.candidates if asked.sampling.candidates != 1 else None,
        frozenset({"n"}),
    ),
    "logprobs": (lambda asked: asked.sampling.logprobs or None, frozenset({"logprobs"})),
    "max_tokens": (lambda asked: asked.sampling.max_tokens, frozenset({"max_tokens"})),
    "tool_choice": (_choice, frozenset({"tool_choice"})),
    "parallel": (_serial, frozenset({"parallel", "tool_choice"})),
    "output": (_schema, frozenset({"output", "schema"})),
    "reasoning": (_reasoning, frozenset({"reasoning", "effort"})),
    "verbosity": (
        lambda asked: asked.verbosity if asked.verbosity != "medium" else None,
        frozenset({"verbosity"}),
    ),
    "service_tier": (
        lambda asked: asked.service_tier if asked.service_tier not in USUAL_TIERS else None,
        frozenset({"service_tier"}),
    ),
    "cache_key": (lambda asked: asked.cache_key, frozenset({"cache_key"})),
    "metadata": (lambda asked: asked.metadata or None, frozenset({"metadata"})),
    "store": (lambda asked: asked.store or None, frozenset({"store"})),
    "cache": (
        lambda asked: cache_points(asked) or None,
        frozenset({"cache", "image", "document", "file"}),
    ),
    "citations": (
        lambda asked: sum(each.citable for each in media(asked)) or None,
        frozenset({"citations", "document"}),
    ),
    "provider_tool": (
        lambda asked: sum(isinstance(tool, ir.ProviderTool) for tool in asked.tools) or None,
        frozenset({"provider_tool"}),
    ),
}
