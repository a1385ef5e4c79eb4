"""Content blocks of a request, written."""

import base64
from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from msgspec import Raw

from protocols import ir
from protocols.anthropic_messages.blocks import DIALECT, VENDOR
from protocols.anthropic_messages.citations import citation_object, is_proven
from protocols.anthropic_messages.upstream_writing import Writing
from protocols.anthropic_messages.wire import EXECUTORS, is_object, wrapped_arguments
from protocols.media import note_unsaid

Written: TypeAlias = dict[str, Any] | Raw
IMAGES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
PDF: Final = "application/pdf"


def write_block(writing: Writing, block: ir.Content, path: str) -> Written | None:
    """None for what is not sent; it stands among the losses then, unless it said nothing."""
    match block:
        case ir.Text():
            return _text(writing, block, path)
        case ir.ToolCall():
            return _call(writing, block, path)
        case ir.ToolResult():
            return write_result(writing, block, path)
        case ir.Thinking():
            return _thinking(writing, block, path)
        case ir.Media():
            return _media(writing, block, path)
        case ir.Refusal():
            return {"type": "text", "text": block.text} if block.text.strip() else None
        case _:
            return _opaque(writing, block, path)


def write_blocks(writing: Writing, blocks: Iterable[ir.Content], path: str) -> list[Written]:
    made: list[Written] = []
    for position, block in enumerate(blocks):
        add_block(writing, made, block, f"{path}[{position}]")
    return made


def add_block(writing: Writing, made: list[Written], block: ir.Content, path: str) -> None:
    written = write_block(writing, block, path)
    if written is not None:
        made.append(written)
    elif isinstance(block, ir.Text) and block.cache is not None:
        # A blank text that ends what is kept: what stands before it ends there as well.
        before = made[-1] if made else None
        if isinstance(before, dict) and "cache_control" not in before:
            writing.finish(before, extra=None, cache=block.cache, path=path)


def _text(writing: Writing, block: ir.Text, path: str) -> Written | None:
    # Messages takes no text without a character to see, and it says nothing.
    if not writing.is_own and not block.text.strip():
        return None
    _unsealed(writing, block.seal, path)
    said: dict[str, Any] = {"type": "text", "text": block.text}
    if block.citations:
        cited = [*_citations(writing, block, path)]
        if cited:
            said["citations"] = cited
    return writing.finish(said, extra=block.extra, cache=block.cache, path=path)


def _citations(writing: Writing, block: ir.Text, path: str) -> Iterator[dict[str, Any]]:
    proven = block.citations if writing.is_own else ()
    found = map(citation_object, filter(is_proven, proven))
    cited = [each for each in found if each is not None]
    if len(cited) < len(block.citations):
        writing.losses.add("citations", f"{path}.citations", "only Anthropic's own are taken back")
    yield from cited


def _unsealed(writing: Writing, seal: ir.Seal | None, path: str) -> None:
    """The dialect has a place for seals of thoughts only."""
    if seal is not None and seal.signature is not None:
        writing.losses.add("seal", f"{path}.seal", "belongs to another vendor")


def _call(writing: Writing, block: ir.ToolCall, path: str) -> Written | None:
    if block.executor == "provider" and not writing.is_own:
        why = "the call was made and answered by another vendor"
        writing.losses.add("provider_tool", path, why)
        return None
    _unsealed(writing, block.seal, path)
    said: dict[str, Any] = {
        "type": EXECUTORS[block.executor],
        "id": writing.id(block.id),
        "name": writing.name(block.name),
    }
    if block.form == "custom":
        said["input"] = {"input": block.arguments}
    elif is_object(block.arguments):
        said["input"] = Raw(block.arguments.encode())
    else:
        said["input"] = wrapped_arguments(block.arguments)
        if block.arguments:
            writing.losses.add("tool_arguments", f"{path}.arguments", "Messages knows objects only")
    return writing.finish(said, extra=block.extra, cache=block.cache, path=path)


def write_result(writing: Writing, block: ir.ToolResult, path: str) -> Written:
    said: dict[str, Any] = {"type": "tool_result", "tool_use_id": writing.id(block.call_id)}
    content = write_blocks(writing, result_content(block), f"{path}.content")
    if content:
        said["content"] = content
    if block.is_error:
        said["is_error"] = True
    return writing.finish(said, extra=block.extra, cache=block.cache, path=path)


def result_content(block: ir.ToolResult) -> tuple[ir.Content, ...]:
    """The value as text, and the blocks."""
    if not block.structured:
        return block.content
    return (ir.Text(text=bytes(block.structured).decode()), *block.content)


def _thinking(writing: Writing, block: ir.Thinking, path: str) -> Written | None:
    signature = block.seal.signature if block.seal else None
    if signature is None and not block.text:
        return None  # who tells nothing of a thought keeps it elsewhere
    if signature is not None and block.seal and block.seal.origin != writing.target.vendor:
        writing.losses.add("seal", path, "another vendor's reasoning is not understood")
        return None
    # Anthropic takes back no thought it has not signed.
    if signature is None and not writing.is_own and writing.target.vendor == VENDOR:
        writing.losses.add("reasoning", path, "is not signed by the vendor")
        return None
    if block.redacted:
        said: dict[str, Any] = {"type": "redacted_thinking", "data": signature or ""}
    else:
        said = {"type": "thinking", "thinking": block.text}
        if signature is not None:
            said["signature"] = signature
    return writing.finish(said, extra=block.extra, cache=None, path=path)


def _media(writing: Writing, block: ir.Media, path: str) -> Written | None:
    source = None if writing.refuses(block.kind) else _source(writing, block)
    if source is None or block.kind not in {"image", "document"}:
        code = "file" if isinstance(block.source, ir.FileRef) else block.kind
        writing.losses.add(code, path, "the target does not take it", content=True)
        return None
    _unsealed(writing, block.seal, path)
    if not writing.is_own:
        note_unsaid(block, writing.losses, path)
    kind = "image" if source.get("media_type") in IMAGES else block.kind
    said: dict[str, Any] = {"type": kind, "source": source}
    if kind == "document":
        if block.name is not None:
            said["title"] = block.name
        if block.context is not None:
            said["context"] = block.context
        if block.citable:
            said["citations"] = {"enabled": True}
    return writing.finish(said, extra=block.extra, cache=block.cache, path=path)


def _source(writing: Writing, block: ir.Media) -> dict[str, Any] | None:
    match block.source:
        case ir.Inline(data=data):
            if writing.is_own:
                kind = {} if block.mime is None else {"media_type": block.mime}
                return {"type": "base64", **kind, "data": data}
            return _inline(block, data)
        case ir.Link(url=url):
            if writing.is_own or url.partition(":")[0] in writing.target.links:
                return {"type": "url", "url": url}
            return None
        case ir.FileRef(origin=origin, id=file_id):
            known = origin == writing.target.vendor
            return {"type": "file", "file_id": file_id} if known else None
        case ir.InlineText(text=text):
            return {"type": "text", "media_type": block.mime or "text/plain", "data": text}
        case _:
            content = write_blocks(writing, block.source.content, "source.content")
            return {"type": "content", "content": content}


def _inline(block: ir.Media, data: str) -> dict[str, Any] | None:
    mime = block.mime or ("image/png" if block.kind == "image" else PDF)
    if mime in IMAGES or mime == PDF:
        return {"type": "base64", "media_type": mime, "data": data}
    if not mime.startswith("text/"):
        return None
    try:
        text = base64.b64decode(data).decode()
    except ValueError:  # no base64, or no text
        return None
    return {"type": "text", "media_type": "text/plain", "data": text}


def _opaque(writing: Writing, block: ir.Opaque, path: str) -> Written | None:
    if block.dialect == DIALECT:
        return block.raw
    if block.text is None:
        writing.losses.opaque(block, path, f"{block.kind} is unknown here")
        return None
    writing.losses.told(block, path)
    return {"type": "text", "text": block.text} if block.text.strip() else None
