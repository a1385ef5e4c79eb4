"""Content blocks, read. Law: what is not modelled is kept, whole.

A block is an object with one member that says what it is. A cache point, which the dialect has as
a block of its own, belongs to the block before it.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias

from msgspec import Raw
from msgspec.structs import replace

from protocols.bedrock_converse.citations import read_citation
from protocols.bedrock_converse.media import read_media
from protocols.cache_points import CACHE_POINTS
from protocols.errors import DecodeError
from protocols.fields import Fields, Item
from protocols.ir import (
    NOTHING,
    CachePoint,
    Content,
    Media,
    Opaque,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from protocols.lenient import an_object, as_object, words

Reader: TypeAlias = Callable[[Item, Fields], Content]
DIALECT: Final = "bedrock.converse"
# Whose seals travel in the dialect, unless somebody knows better.
VENDOR: Final = "anthropic"
CACHED: Final = (Text, Media, ToolCall, ToolResult)
CACHE_POINT: Final = "cachePoint"
SERVER_TOOL: Final = "server_tool_use"
EMPTY_OBJECT: Final = "{}"
# A seal of another vendor that travels through this one begins so, and is base64 already.
WRAPPED: Final = "c3kx"


def read_blocks(items: Iterable[Item]) -> tuple[Content, ...]:
    return _with_cache_points(map(_block, items))


def read_answered(items: Iterable[Item]) -> tuple[Content, ...]:
    """The blocks of an answer: one that is not as expected is kept, and takes no other along."""
    return tuple(map(_answered, items))


def _answered(item: Item) -> Content:
    try:
        return _block(item)
    except DecodeError:
        return Opaque(dialect=DIALECT, kind="unreadable", raw=item.raw)


def _block(item: Item) -> Content:
    fields = item.fields()
    if fields.has("text"):
        return Text(text=fields.required_text("text"), extra=fields.rest())
    return _member(item, fields, READERS)


def _member(item: Item, fields: Fields, readers: Mapping[str, Reader]) -> Content:
    names = [name for name in fields.names() if fields.has(name)]
    if len(names) == 1 and names[0] in readers:
        name = names[0]
        return readers[name](item, Fields(fields.raw(name), fields.at(name)))
    return _opaque(item, names[0] if names else "")


def _opaque(item: Item, kind: str) -> Opaque:
    return Opaque(dialect=DIALECT, kind=kind, raw=item.raw, text=_text_of(kind, item.raw))


def _text_of(kind: str, raw: Raw) -> str | None:
    """What other dialects can be told of a block that they have no words for."""
    said = as_object(an_object(raw).get(kind))
    match kind:
        case "guardContent":
            return words(as_object(said.get("text")).get("text"))
        case "searchResult":
            title, source = words(said.get("title")), words(said.get("source"))
            parts = (title, source, *_texts(said.get("content")))
            return "\n".join(part for part in parts if part) or None
        case "citationsContent":
            return "".join(_texts(said.get("content"))) or None
        case _:
            return None


def _texts(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else []
    return [text for part in parts if (text := words(as_object(part).get("text")))]


def _with_cache_points(blocks: Iterable[Content]) -> tuple[Content, ...]:
    found: list[Content] = []
    for block in blocks:
        point = _cache_point(block)
        last = found[-1] if found else None
        if point is not None and isinstance(last, CACHED) and last.cache is None:
            found[-1] = replace(last, cache=point)
        else:
            found.append(block)
    return tuple(found)


def _cache_point(block: Content) -> CachePoint | None:
    if isinstance(block, Opaque) and block.kind == CACHE_POINT:
        return read_cache_point(block.raw)
    return None


def read_cache_point(raw: Raw) -> CachePoint | None:
    """None for one that says more than we understand."""
    block = an_object(raw)
    said = as_object(block.get(CACHE_POINT)) if len(block) == 1 else {}
    ttl = said.get("ttl")
    understood = said == {"type": "default"} or said == {"type": "default", "ttl": ttl}
    if understood and (ttl is None or isinstance(ttl, str)):
        return CACHE_POINTS.get(ttl)
    return None


def _image(item: Item, fields: Fields) -> Content:
    return read_media("image", fields)


def _document(item: Item, fields: Fields) -> Content:
    return read_media("document", fields)


def _video(item: Item, fields: Fields) -> Content:
    return read_media("video", fields)


def _audio(item: Item, fields: Fields) -> Content:
    return read_media("audio", fields)


def _tool_use(item: Item, fields: Fields) -> ToolCall:
    return ToolCall(
        id=fields.required_text("toolUseId"),
        name=fields.required_text("name"),
        arguments=bytes(fields.raw("input")).decode() or EMPTY_OBJECT,
        executor=take_executor(fields),
        extra=fields.rest(),
    )


def take_executor(fields: Fields) -> Any:
    """A type that is not the vendor's own tools' stays with the rest."""
    raw = fields.raw("type")
    if not raw or bytes(raw) == b'"%b"' % SERVER_TOOL.encode():
        return "provider" if raw else "client"
    fields.put_back("type", raw)
    return "client"


def _tool_result(item: Item, fields: Fields) -> ToolResult:
    return read_result(fields)


def read_result(fields: Fields) -> ToolResult:
    call_id = fields.required_text("toolUseId")
    content = [_result_part(part) for part in fields.items("content")]
    structured = NOTHING
    values = [part for part in content if isinstance(part, Opaque) and part.kind == "json"]
    is_alone = not any(isinstance(part, Text) for part in content)
    if len(values) == 1 and content[0] is values[0] and is_alone:
        # One that stands elsewhere, or beside words, stays in its place.
        structured, content = Fields(values[0].raw, "").raw("json"), content[1:]
    return ToolResult(
        call_id=call_id,
        content=tuple(content),
        structured=structured,
        is_error=take_status(fields),
        extra=fields.rest(),
    )


def take_status(fields: Fields) -> bool:
    """`success` is what is meant where nothing is said; a word we do not know stays."""
    raw = fields.raw("status")
    if raw and bytes(raw) not in {b'"success"', b'"error"'}:
        fields.put_back("status", raw)
    return bytes(raw) == b'"error"'


def _result_part(item: Item) -> Text | Media | Opaque:
    fields = item.fields()
    if fields.has("text"):
        return Text(text=fields.required_text("text"), extra=fields.rest())
    if fields.names() == ["json"] and fields.has("json"):
        value = bytes(fields.raw("json")).decode()
        return Opaque(dialect=DIALECT, kind="json", raw=item.raw, text=value)
    part = _member(item, fields, IN_RESULTS)
    assert isinstance(part, Media | Opaque)  # noqa: S101 - the readers make nothing else
    return part


def _reasoning(item: Item, fields: Fields) -> Content:
    said = fields.object("reasoningText")
    if said is not None and not fields.names():
        signature = said.text("signature")
        return Thinking(
            text=said.required_text("text"),
            seal=Seal(origin=VENDOR, signature=signature) if signature else None,
            extra=said.rest(),
        )
    if fields.has("redactedContent") and said is None:
        seal = Seal(origin=VENDOR, signature=read_redacted(fields.required_text("redactedContent")))
        return Thinking(redacted=True, seal=seal, extra=fields.rest())
    return _opaque(item, "reasoningContent")


def read_redacted(data: str) -> str:
    """As its vendor writes it: the dialect puts it into base64 once more."""
    if data.startswith(WRAPPED):
        return data
    try:
        text = base64.b64decode(data, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return UNTOUCHED + data
    return text if base64.b64encode(text.encode()).decode() == data else UNTOUCHED + data


def write_redacted(signature: str) -> str:
    if signature.startswith(WRAPPED):
        return signature
    if signature.startswith(UNTOUCHED):
        return signature.removeprefix(UNTOUCHED)
    return base64.b64encode(signature.encode()).decode()


def _citations_content(item: Item, fields: Fields) -> Content:
    parts = [part.fields() for part in fields.items("content")]
    citations = tuple(read_citation(part.fields()) for part in fields.items("citations"))
    if len(parts) == 1 and parts[0].names() == ["text"] and citations and fields.rest() is None:
        return Text(text=parts[0].required_text("text"), citations=citations)
    return _opaque(item, "citationsContent")


# No data of a vendor's begins so: what is no text in base64 is kept as it came.
UNTOUCHED: Final = "\0"
IN_RESULTS: Final[Mapping[str, Reader]] = {
    "image": _image,
    "document": _document,
    "video": _video,
}
READERS: Final[Mapping[str, Reader]] = {
    **IN_RESULTS,
    "audio": _audio,
    "toolUse": _tool_use,
    "toolResult": _tool_result,
    "reasoningContent": _reasoning,
    "citationsContent": _citations_content,
}
