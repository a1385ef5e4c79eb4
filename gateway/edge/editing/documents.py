"""Whether a conversation shows a document, in whatever words its dialect has for one.

Laws: what is shown counts, not where a client puts it: a page among the pictures is one; a block
that nobody has a word for is looked through, for it goes up as it came.
"""

from collections.abc import Iterator
from typing import Any, Final

from protocols import ir
from protocols.lenient import VALUES, an_object, read, words

# What is looked at as a picture, listened to, or watched; all else is read.
SHOWN: Final = ("image/", "audio/", "video/")
# Types of parts and blocks, and of Converse the member that stands for one.
KINDS: Final = frozenset(
    {
        "container_upload", "document", "document_url", "file", "file_url", "input_file", "pdf",
        "pdf_url",
    }
)  # fmt: skip
PAGES: Final = "JVBERi0"  # how a PDF begins, in base64
# Of Responses: texts and files that a stored prompt is filled with.
FILLED_IN: Final = "prompt"


def holds_documents(request: ir.Request) -> bool:
    blocks = (block for message in request.messages for block in message.content)
    if any(map(_is_document, _all(blocks))):
        return True
    filled = (request.extra or {}).get(FILLED_IN)
    return filled is not None and _mentions(an_object(filled).get("variables"))


def _all(blocks: Iterator[ir.Content]) -> Iterator[ir.Content]:
    for block in blocks:
        yield block
        if isinstance(block, ir.ToolResult):
            yield from block.content


def _is_document(block: ir.Content) -> bool:
    match block:
        case ir.Media(kind="document"):
            return True
        case ir.Media(source=ir.Inline(data=data)) if data.startswith(PAGES):
            return True
        case ir.Media(mime=str() as mime):
            return not mime.lower().startswith(SHOWN)
        case ir.Opaque(kind=kind, raw=raw):
            return kind in KINDS or _mentions(read(VALUES, raw))
        case _:
            return False


def _mentions(value: Any) -> bool:
    """Whether anything in it is a document; bodies nest no deeper than a stack holds."""
    if isinstance(value, list):
        return any(map(_mentions, value))
    if not isinstance(value, dict):
        return False
    return words(value.get("type")) in KINDS or any(map(_mentions, value.values()))
