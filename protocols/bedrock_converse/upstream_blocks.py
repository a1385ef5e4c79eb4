"""Content blocks of a request, written."""

import base64
from collections.abc import Iterator

from msgspec.structs import replace

from protocols import ir
from protocols.bedrock_converse.blocks import DIALECT
from protocols.bedrock_converse.media import S3, guessed, media_object
from protocols.bedrock_converse.upstream_writing import Writing, Written, is_cache_point
from protocols.bedrock_converse.wire import (
    arguments_object,
    block_object,
    call_head,
    is_object,
    result_head,
)
from protocols.custom_tools import arguments_of
from protocols.media import note_unsaid

PLAIN = "text/plain"
# What may stand within a result.
IN_RESULTS = frozenset({"text", "json", "image", "document", "video", "searchResult"})


def write_blocks(writing: Writing, blocks: tuple[ir.Content, ...], path: str) -> list[Written]:
    written: list[Written] = []
    for position, block in enumerate(blocks):
        add_block(writing, written, block, f"{path}[{position}]")
    return written


def add_block(writing: Writing, made: list[Written], block: ir.Content, path: str) -> None:
    written = write_block(writing, block, path)
    if not written and isinstance(block, ir.Text) and made and not is_cache_point(made[-1]):
        # A blank text that ends what is kept: what stands before it ends there as well.
        written = writing.cache_point(block.cache, path)
    made.extend(written)


def write_block(writing: Writing, block: ir.Content, path: str) -> list[Written]:
    """With the cache point behind it; nothing for what is not sent.

    That stands among the losses then, unless it said nothing.
    """
    match block:
        case ir.Media(source=ir.InlineBlocks(content=inner), citable=False) if not writing.is_own:
            return _told(writing, block, inner, path)
        case _:
            pass
    made = _block(writing, block, path)
    if made is None:
        return []
    return [made, *writing.cache_point(getattr(block, "cache", None), path)]


def _told(
    writing: Writing, block: ir.Media, inner: tuple[ir.Content, ...], path: str
) -> list[Written]:
    """Converse has no documents made of blocks but those that are to be cited."""
    writing.losses.unknown(block.extra, path=path)
    named = tuple(ir.Text(text=each) for each in (block.name, block.context) if each)
    told = write_blocks(writing, (*named, *inner), f"{path}.source.content")
    return [*told, *writing.cache_point(block.cache, path)]


def _block(writing: Writing, block: ir.Content, path: str) -> Written | None:
    match block:
        case ir.Text():
            return _text(writing, block, path)
        case ir.ToolCall():
            return _call(writing, block, path)
        case ir.ToolResult():
            return _result(writing, block, path)
        case ir.Thinking():
            return _thinking(writing, block, path)
        case ir.Media():
            return _media(writing, block, path)
        case ir.Refusal():
            return {"text": block.text} if block.text.strip() else None
        case _:
            return _opaque(writing, block, path)


def _text(writing: Writing, block: ir.Text, path: str) -> Written | None:
    if writing.is_own:
        return block_object(block)
    # Converse takes no text without a character to see, and it says nothing.
    if not block.text.strip():
        return None
    _unsealed(writing, block.seal, path)
    if block.citations:
        why = "only those of the dialect's own answers are taken back"
        writing.losses.add("citations", f"{path}.citations", why)
    return writing.rest({"text": block.text}, block.extra, path)


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
    writing.called[block.id] = block.name
    arguments = block.arguments
    if block.form == "custom":
        arguments = arguments_of(arguments)
    elif arguments and not is_object(arguments):
        writing.losses.add("tool_arguments", f"{path}.arguments", "Converse knows objects only")
    named = replace(block, id=writing.id(block.id), name=writing.name(block.name))
    said = {**call_head(named), "input": arguments_object(arguments)}
    return {"toolUse": writing.rest(said, block.extra, path)}


def _result(writing: Writing, block: ir.ToolResult, path: str) -> Written:
    if writing.is_own:
        head = result_head(block)
    else:
        head = result_head(replace(block, call_id=writing.id(block.call_id)))
    content: list[Written] = [*_value(writing, block)]
    for position, part in enumerate(block.content):
        at = f"{path}.content[{position}]"
        for made in write_block(writing, part, at):
            if writing.is_own or not isinstance(made, dict) or IN_RESULTS & made.keys():
                content.append(made)
            else:
                code = part.kind if isinstance(part, ir.Media) else "cache"
                is_media = isinstance(part, ir.Media)
                writing.losses.add(code, at, "a result cannot hold it", content=is_media)
    return {"toolResult": writing.rest({**head, "content": content}, block.extra, path)}


def _value(writing: Writing, block: ir.ToolResult) -> Iterator[Written]:
    """The result as one value, where it is not told in blocks."""
    told = any(isinstance(part, ir.Text) for part in block.content)
    if not block.structured or (told and not writing.is_own):
        return
    if writing.is_own or bytes(block.structured).lstrip()[:1] == b"{":
        yield {"json": block.structured}
    else:
        yield {"text": bytes(block.structured).decode()}


def _thinking(writing: Writing, block: ir.Thinking, path: str) -> Written | None:
    signature = block.seal.signature if block.seal else None
    if signature is not None and block.seal and block.seal.origin != writing.target.vendor:
        writing.losses.add("seal", path, "another vendor's reasoning is not understood")
        return None
    if signature is None and not writing.is_own:
        if block.text or block.redacted:
            writing.losses.add("reasoning", path, "is not signed by the vendor")
        return None
    return block_object(block if writing.is_own else replace(block, extra=None))


def _media(writing: Writing, block: ir.Media, path: str) -> Written | None:
    if writing.is_own:
        made = None if writing.refuses(block.kind) else media_object(block)
        if made is None:
            _not_shown(writing, block, path)
        return made
    shown: ir.Media | None = None
    if not writing.refuses(block.kind) and _is_reachable(writing, block.source):
        shown = replace(block, extra=None, mime=block.mime or guessed(block.source))
        if isinstance(block.source, ir.InlineText) and not block.citable:
            # Texts as such are for citing only.
            data = base64.b64encode(block.source.text.encode(errors="replace")).decode()
            shown = replace(shown, source=ir.Inline(data=data), mime=block.mime or PLAIN)
        if block.kind == "document":
            shown = replace(shown, name=writing.title(block.name))
    made = None if shown is None else media_object(shown)
    if made is None:
        _not_shown(writing, block, path)
        return None
    _unsealed(writing, block.seal, path)
    if isinstance(block.source, ir.InlineBlocks):
        _note_inner(writing, block.source.content, f"{path}.source.content")
    note_unsaid(block, writing.losses, path)
    writing.losses.unknown(block.extra, path=path)
    return made


def _note_inner(writing: Writing, blocks: tuple[ir.Content, ...], path: str) -> None:
    """Of a document's blocks the words are sent; what else they say is noticed as it is written."""
    for position, block in enumerate(blocks):
        at = f"{path}[{position}]"
        _block(writing, block, at)
        if getattr(block, "cache", None) is not None:
            writing.losses.add("cache", f"{at}.cache", "ends within a document")


def _not_shown(writing: Writing, block: ir.Media, path: str) -> None:
    code = "file" if isinstance(block.source, ir.FileRef) else block.kind
    writing.losses.add(code, path, "the target does not take it", content=True)


def _is_reachable(writing: Writing, source: ir.Source) -> bool:
    return not isinstance(source, ir.Link) or (
        source.url.startswith(S3) and "s3" in writing.target.links
    )


def _opaque(writing: Writing, block: ir.Opaque, path: str) -> Written | None:
    if block.dialect == DIALECT:
        return block.raw
    if block.text is None:
        writing.losses.opaque(block, path, f"{block.kind} is unknown here")
        return None
    writing.losses.told(block, path)
    return {"text": block.text} if block.text.strip() else None


def result_text(block: ir.ToolResult) -> tuple[ir.Content, ...]:
    """The blocks, else the value as text."""
    if not block.content and block.structured:
        return (ir.Text(text=bytes(block.structured).decode()),)
    return block.content
