"""What blocks that only Anthropic understands tell in words, for all others."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Raw

from protocols.lenient import an_object

# The fields of a block, and of what stands inside, that hold words.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "compaction": ("content",),
    "search_result": ("title", "source", "content", "text"),
    "web_search_tool_result": ("content", "title", "url"),
    "mcp_tool_result": ("content", "text"),
    "bash_code_execution_tool_result": ("content", "stdout", "stderr"),
    "code_execution_tool_result": ("content", "stdout", "stderr"),
}


def told_by(kind: str, raw: Raw) -> str | None:
    fields = FIELDS.get(kind)
    if fields is None:
        return None
    return "\n".join(filter(None, _words(an_object(raw), fields))) or None


def _words(value: object, fields: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _words(each, fields)
    elif isinstance(value, dict):
        for field in fields:
            yield from _words(value.get(field), fields)
