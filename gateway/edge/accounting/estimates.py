"""How many tokens a request has, where nobody can be asked: a guess by its letters. Pure.

Law: what a model reads is counted, names and schemas of tools too; what has no letters counts as
much as it usually does.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.edge.accounting.counting import BYTES_PER_TOKEN
from protocols import ir

PER_MESSAGE: Final = 4  # what marks its role and its ends
PER_TOOL: Final = 8
OF_MEDIA: Final[Mapping[str, int]] = {
    "image": 1_000,
    "audio": 1_000,
    "video": 5_000,
    "document": 3_000,
}


def tokens_of_request(request: ir.Request) -> int:
    letters = tokens = 0
    for message in request.messages:
        tokens += PER_MESSAGE
        letters += _letters(message.content)
        tokens += _media(message.content)
    for tool in request.tools:
        tokens += PER_TOOL
        letters += _letters_of_tool(tool)
    if request.output is not None:
        letters += len(memoryview(request.output.schema))
    return tokens + -(-letters // BYTES_PER_TOKEN)


def _letters(content: Iterable[ir.Content]) -> int:
    return sum(map(_letters_of, content))


def _letters_of(block: ir.Content) -> int:
    match block:
        case ir.Text() | ir.Thinking() | ir.Refusal():
            return _bytes(block.text)
        case ir.ToolCall():
            return _bytes(block.name) + _bytes(block.arguments)
        case ir.ToolResult():
            return _letters(block.content) + len(memoryview(block.structured))
        case ir.Opaque():
            return _bytes(block.text) if block.text is not None else len(memoryview(block.raw))
        case ir.Media(source=ir.InlineText(text=text)):
            return _bytes(text)
        case ir.Media(source=ir.InlineBlocks(content=content)):
            return _letters(content)
    return 0


def _media(content: Iterable[ir.Content]) -> int:
    """Of what has no letters."""
    tokens = 0
    for block in content:
        if isinstance(block, ir.ToolResult):
            tokens += _media(block.content)
        elif isinstance(block, ir.Media):
            if isinstance(block.source, ir.InlineBlocks):
                tokens += _media(block.source.content)
            elif not isinstance(block.source, ir.InlineText):
                tokens += OF_MEDIA[block.kind]
    return tokens


def _letters_of_tool(tool: ir.FunctionTool | ir.CustomTool | ir.ProviderTool) -> int:
    if isinstance(tool, ir.ProviderTool):
        return len(memoryview(tool.raw))
    described = _bytes(tool.name) + _bytes(tool.description or "")
    form = tool.parameters if isinstance(tool, ir.FunctionTool) else tool.format
    return described + len(memoryview(form))


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
