"""What the operator has switched off, or on, for all requests (protocols.md PR-30).

Law: as long as nothing is switched, nothing is looked at.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Raw, Struct
from msgspec.structs import replace

from gateway.edge.editing.spelling import holds, spelled
from gateway.edge.editing.thinking import without_thinking
from protocols import ir
from protocols.codec import Loss, Target

TOOL_FIELDS: Final = ("tools", "functions", "toolConfig")
# A body without any of these holds no such thing, and is not read for it.
HINTS_OF_DOCUMENTS: Final = (b"document", b"file", b"pdf", b"data:", b"inline")
HINTS_OF_THINKING: Final = (b"think", b"reasoning", b"effort")
HINTS_OF_CACHING: Final = (b"cache_control", b"cachePoint")
SPELLED_DOCUMENTS: Final = spelled(*HINTS_OF_DOCUMENTS)
SPELLED_THINKING: Final = spelled(*HINTS_OF_THINKING)
SPELLED_CACHING: Final = spelled(*HINTS_OF_CACHING)


class Features(Struct, frozen=True, kw_only=True):
    tool_use: bool = True
    documents: bool = True
    thinking: bool = True
    prompt_caching: bool = False


USUAL: Final = Features()


def refused_tools(top: Mapping[str, Raw], features: Features) -> str | None:
    """The field that is switched off."""
    if features.tool_use:
        return None
    return next((name for name in TOOL_FIELDS if name in top), None)


def may_hold_documents(body: bytes, features: Features) -> bool:
    return not features.documents and holds(body, HINTS_OF_DOCUMENTS, SPELLED_DOCUMENTS)


def may_change(body: bytes, target: Target, features: Features) -> bool:
    """Whether what goes up is not what came: then the body must be read."""
    if not features.thinking and holds(body, HINTS_OF_THINKING, SPELLED_THINKING):
        return True
    return (
        features.prompt_caching
        and target.cache
        and not holds(body, HINTS_OF_CACHING, SPELLED_CACHING)
    )


def changed(
    request: ir.Request, target: Target, features: Features
) -> tuple[ir.Request, tuple[Loss, ...]]:
    losses: tuple[Loss, ...] = ()
    if not features.thinking:
        request, losses = without_thinking(request)
    if features.prompt_caching and target.cache and not _has_cache_points(request):
        request = _with_cache_points(request)
    return request, losses


def _has_cache_points(request: ir.Request) -> bool:
    blocks = (block for message in request.messages for block in message.content)
    return any(getattr(each, "cache", None) is not None for each in (*request.tools, *blocks))


def _with_cache_points(request: ir.Request) -> ir.Request:
    """After the tools and after the system's words: what every turn begins with."""
    tools = list(request.tools)
    last = next(
        (at for at in reversed(range(len(tools))) if isinstance(tools[at], ir.FunctionTool)), None
    )
    if last is not None:
        tools[last] = _cached(tools[last])
    messages = list(request.messages)
    heads = 0
    while heads < len(messages) and messages[heads].role == "system":
        heads += 1
    if heads and (content := messages[heads - 1].content) and isinstance(content[-1], ir.Text):
        content = (*content[:-1], _cached(content[-1]))
        messages[heads - 1] = replace(messages[heads - 1], content=content)
    return replace(request, tools=tuple(tools), messages=tuple(messages))


def _cached(of: Any) -> Any:
    return replace(of, cache=ir.CachePoint())
