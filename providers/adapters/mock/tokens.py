"""Tokens of the mock: a word with the blanks behind it is one. Pure."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Raw

from protocols import ir

TOKEN: Final = re.compile(r"\S{1,12}\s*|\s+")
PER_MEDIA: Final = 85
PER_MESSAGE: Final = 3


def tokens(text: str) -> list[str]:
    """Joined they are the text; no word of a language without blanks is longer than 12."""
    return TOKEN.findall(text)


def count(text: str) -> int:
    return len(tokens(text))


def words_of(content: Iterable[ir.Content]) -> Iterator[str]:
    """Everything written in it."""
    for block in content:
        match block:
            case ir.Text() | ir.Thinking() | ir.Refusal():
                yield block.text
            case ir.ToolCall():
                yield block.name
                yield block.arguments
            case ir.ToolResult():
                yield from words_of(block.content)
                yield _json(block.structured)
            case ir.Opaque():
                yield block.text or ""


def text_of(message: ir.Message) -> str:
    return "".join(block.text for block in message.content if isinstance(block, ir.Text))


def count_message(message: ir.Message) -> int:
    media = sum(isinstance(block, ir.Media) for block in message.content)
    return PER_MESSAGE + media * PER_MEDIA + sum(map(count, words_of(message.content)))


def count_input(request: ir.Request) -> int:
    return sum(map(count_message, request.messages)) + sum(map(_count_tool, request.tools))


def count_cached(request: ir.Request) -> int:
    """What a vendor that caches prefixes would know from the turn before."""
    answers = [at for at, message in enumerate(request.messages) if message.role == "assistant"]
    if not answers:
        return 0
    return sum(map(count_message, request.messages[: answers[-1] + 1]))


def _count_tool(tool: ir.FunctionTool | ir.CustomTool | ir.ProviderTool) -> int:
    if isinstance(tool, ir.FunctionTool):
        return count(tool.name) + count(tool.description or "") + count(_json(tool.parameters))
    return PER_MESSAGE


def _json(raw: Raw) -> str:
    return bytes(raw).decode("utf-8", "replace")


def seed_of(request: ir.Request) -> bytes:
    """Of what was asked; a gateway on the way that adds an option or an id changes nothing."""
    digest = hashlib.sha256(request.model.encode())
    for message in request.messages:
        digest.update(f"\0{message.role}".encode())
        for word in words_of(message.content):
            digest.update(b"\1" + word.encode("utf-8", "replace"))
        for block in message.content:
            if isinstance(block, ir.Media):
                digest.update(b"\2" + media_bytes(block))
    return digest.digest()


def media_bytes(media: ir.Media) -> bytes:
    source = media.source
    if isinstance(source, ir.Inline):
        text = source.data
    elif isinstance(source, ir.InlineText):
        text = source.text
    elif isinstance(source, ir.Link):
        text = source.url
    elif isinstance(source, ir.FileRef):
        text = source.id
    else:
        text = "\n".join(words_of(source.content))
    return text.encode("utf-8", "replace")
