"""Media as dialects write it: in place, or by reference."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from protocols import ir
from protocols.losses import Losses

PDF: Final = "application/pdf"
OFFICE: Final = "application/vnd.openxmlformats-officedocument"
# What the end of a file's name does not have in common with its type.
ENDINGS: Final[Mapping[str, str]] = {
    "text/plain": "txt",
    "text/markdown": "md",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    f"{OFFICE}.wordprocessingml.document": "docx",
    f"{OFFICE}.spreadsheetml.sheet": "xlsx",
    f"{OFFICE}.presentationml.presentation": "pptx",
}
ENDING: Final = re.compile(r"\.[A-Za-z0-9]{1,5}$")
DATA_URL: Final = re.compile(r"data:([^;,]*)(?:;[^;,]*)*;base64,")


def read_url(url: str) -> tuple[ir.Source, str | None]:
    """Where the bytes are, and their media type if the URL says it."""
    found = DATA_URL.match(url)
    if found is None:
        return ir.Link(url=url), None
    return ir.Inline(data=url[found.end() :]), found[1] or None


def file_name(media: ir.Media) -> str:
    """OpenAI takes no data without a name, and tells by its ending what they are."""
    name, mime = media.name or "document", media.mime or PDF
    if ENDING.search(name):
        return name
    return f"{name}.{ENDINGS.get(mime, mime.rpartition('/')[2])}"


def note_unsaid(
    media: ir.Media, losses: Losses, path: str, *, detail: bool = False, context: bool = False
) -> None:
    """Of media that have been sent: what the dialect has no place for. A document's name and
    context have one everywhere; `detail`, `context`: so have those of other media."""
    if media.detail not in {None, "auto"} and not (detail and media.kind == "image"):
        losses.add(media.kind, f"{path}.detail", "the target knows one only")
    if media.kind == "document":
        return
    if media.name is not None:
        losses.add("name", f"{path}.name", f"the target names no {media.kind}")
    if media.context is not None and not context:
        losses.add(media.kind, f"{path}.context", f"the target is told nothing of its {media.kind}")


class Linked(NamedTuple):
    """Media that lie elsewhere."""

    path: str  # where in the request they stand
    kind: str
    url: str


def linked_media(request: ir.Request) -> Iterator[Linked]:
    """Also those in results of tools, and in documents that are made of blocks."""
    for number, message in enumerate(request.messages):
        yield from _linked(message.content, f"messages[{number}].content")


def _linked(content: Sequence[ir.Content], path: str) -> Iterator[Linked]:
    for number, block in enumerate(content):
        match block:
            case ir.Media(source=ir.Link(url=url)):
                yield Linked(f"{path}[{number}]", block.kind, url)
            case ir.Media(source=ir.InlineBlocks(content=inner)):
                yield from _linked(inner, f"{path}[{number}].source.content")
            case ir.ToolResult(content=inner):
                yield from _linked(inner, f"{path}[{number}].content")
            case _:
                pass
