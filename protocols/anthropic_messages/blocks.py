"""Content blocks of a Messages request. Law: what is not modelled is kept, whole."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Raw

from protocols.anthropic_messages.citations import read_citation
from protocols.anthropic_messages.opaque_text import told_by
from protocols.cache_points import take_cache_point
from protocols.errors import DecodeError
from protocols.fields import Fields, Item, one_of
from protocols.ir import (
    Content,
    Dialect,
    FileRef,
    Inline,
    InlineBlocks,
    InlineText,
    Link,
    Media,
    Opaque,
    Seal,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

Readers: TypeAlias = Mapping[str, Callable[[Fields], Content]]
DIALECT: Final[Dialect] = "anthropic.messages"
VENDOR: Final = "anthropic"
SOURCES: Final = ("base64", "url", "file", "text", "content")
EMPTY_OBJECT: Final = "{}"


class UnknownInside(DecodeError):
    """A block holds what we do not model: it is kept whole."""


def read_blocks(item: Item) -> tuple[Content, ...]:
    return _read(item, READERS)


def _read(item: Item, readers: Readers) -> tuple[Content, ...]:
    if item.is_text():
        return (Text(text=item.text()),)
    return tuple(_block(each, readers) for each in item.items())


def _block(item: Item, readers: Readers) -> Content:
    fields = item.fields()
    kind = fields.required_text("type")
    if kind in readers:
        try:
            return readers[kind](fields)
        except UnknownInside:
            pass
    # Betas add types of blocks every month; they travel with their beta.
    return Opaque(dialect=DIALECT, kind=kind, raw=item.raw, text=told_by(kind, item.raw))


def _text(fields: Fields) -> Text:
    return Text(
        text=fields.required_text("text"),
        citations=tuple(read_citation(item.fields()) for item in fields.items("citations")),
        cache=take_cache_point(fields),
        extra=fields.rest(),
    )


def _thinking(fields: Fields) -> Thinking:
    signature = fields.text("signature")
    return Thinking(
        text=fields.required_text("thinking"),
        seal=Seal(origin=VENDOR, signature=signature) if signature else None,
        extra=fields.rest(),
    )


def _redacted(fields: Fields) -> Thinking:
    seal = Seal(origin=VENDOR, signature=fields.required_text("data"))
    return Thinking(redacted=True, seal=seal, extra=fields.rest())


def _image(fields: Fields) -> Media:
    return _media(fields, "image")


def _document(fields: Fields) -> Media:
    return _media(fields, "document")


def _media(fields: Fields, kind: Literal["image", "document"]) -> Media:
    said = fields.object("source")
    if said is None:
        raise DecodeError(fields.at("source"), "is missing; expected an object")
    mime = said.text("media_type")
    source = _source(said)
    fields.put_back_rest("source", said)
    cited = fields.object("citations")
    is_citable = bool(cited and cited.flag("enabled"))
    if cited:
        fields.put_back_rest("citations", cited)
    return Media(
        kind=kind,
        source=source,
        mime=mime,
        name=fields.text("title"),
        context=fields.text("context"),
        citable=is_citable,
        cache=take_cache_point(fields),
        extra=fields.rest(),
    )


def _source(said: Fields) -> Source:
    kind = said.required_text("type")
    match kind:
        case "base64":
            return Inline(data=said.required_text("data"))
        case "url":
            return Link(url=said.required_text("url"))
        case "file":
            return FileRef(origin=VENDOR, id=said.required_text("file_id"))
        case "text":
            return InlineText(text=said.required_text("data"))
        case "content":
            item = said.item("content")
            blocks = _read(item, IN_DOCUMENTS) if item else ()
            parts = tuple(each for each in blocks if isinstance(each, Text | Media))
            if len(parts) < len(blocks):
                raise UnknownInside(said.at("content"), "holds blocks of unknown types")
            return InlineBlocks(content=parts)
        case _:
            raise one_of(said.at("type"), kind, SOURCES)


def _tool_use(fields: Fields) -> ToolCall:
    return _call(fields, "client")


def _server_tool_use(fields: Fields) -> ToolCall:
    return _call(fields, "provider")


def _mcp_tool_use(fields: Fields) -> ToolCall:
    fields.put_back("type", Raw(b'"mcp_tool_use"'))
    return _call(fields, "provider")


def _call(fields: Fields, executor: Literal["client", "provider"]) -> ToolCall:
    arguments = fields.raw("input")
    return ToolCall(
        id=fields.required_text("id"),
        name=fields.required_text("name"),
        arguments=bytes(arguments).decode() or EMPTY_OBJECT,
        executor=executor,
        cache=take_cache_point(fields),
        extra=fields.rest(),
    )


def _tool_result(fields: Fields) -> ToolResult:
    item = fields.item("content")
    blocks = _read(item, IN_RESULTS) if item else ()
    return ToolResult(
        call_id=fields.required_text("tool_use_id"),
        content=tuple(each for each in blocks if isinstance(each, Text | Media | Opaque)),
        is_error=fields.flag("is_error") or False,
        cache=take_cache_point(fields),
        extra=fields.rest(),
    )


# What may stand within what: blocks nest no deeper.
IN_DOCUMENTS: Final[Readers] = {"text": _text, "image": _image}
IN_RESULTS: Final[Readers] = {**IN_DOCUMENTS, "document": _document}
READERS: Final[Readers] = {
    **IN_RESULTS,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _tool_use,
    "server_tool_use": _server_tool_use,
    "mcp_tool_use": _mcp_tool_use,
    "tool_result": _tool_result,
}
