"""Parts of a content, read. Laws: what is not modelled is kept, whole; base64 becomes the usual."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Raw

from protocols.errors import DecodeError
from protocols.fields import Fields, Item
from protocols.gemini_generate.ids import Calls, said_id
from protocols.gemini_generate.reading import camelled, camelled_part, each, inner, is_object, note
from protocols.ir import (
    NOTHING,
    Content,
    Dialect,
    FileRef,
    Inline,
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
from protocols.lenient import an_object

Kind: TypeAlias = Literal["image", "audio", "video", "document"]
DIALECT: Final[Dialect] = "gemini.generate"
VENDOR: Final = "gemini"
KINDS: Final[Mapping[str, Kind]] = {"image": "image", "audio": "audio", "video": "video"}
FILES: Final = ("https://generativelanguage.googleapis.com/", "files/")
VIDEOS: Final = ("https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/")
EMPTY_OBJECT: Final = "{}"
TRUE: Final = Raw(b"true")
NULL: Final = Raw(b"null")
# Of parts we do not model: where they say something in words.
WORDS: Final[Mapping[str, str]] = {"executableCode": "code", "codeExecutionResult": "output"}
# What stands beside the data of a part, whatever the data.
BESIDE: Final = frozenset({"videoMetadata", "mediaResolution", "partMetadata"})
URL_SAFE: Final = Raw(b'"url"')


def read_part(item: Item, calls: Calls) -> Content:
    fields = camelled(item.fields())
    thought = fields.flag("thought") or False
    signature = fields.text("thoughtSignature")
    seal = Seal(origin=VENDOR, signature=signature) if signature else None
    text = fields.text("text")
    if text is not None:
        return _text(text, thought=thought, seal=seal, fields=fields)
    for key, reader in READERS.items():
        data = inner(fields, key)
        if data is not None:
            if thought:
                fields.put_back("thought", TRUE)  # pictures made on the way
            return reader(fields, data, seal, calls)
    kind = next((name for name in fields.names() if name not in BESIDE), None)
    if kind is None:
        return _text("", thought=thought, seal=seal, fields=fields)
    words = an_object(fields.raw(kind)).get(WORDS.get(kind, ""))
    text = words if isinstance(words, str) else None
    return Opaque(dialect=DIALECT, kind=kind, raw=camelled_part(item.raw), text=text)


def _text(text: str, *, thought: bool, seal: Seal | None, fields: Fields) -> Text | Thinking:
    if thought:
        return Thinking(text=text, seal=seal, extra=fields.rest())
    return Text(text=text, seal=seal, extra=fields.rest())


def _inline(fields: Fields, data: Fields, seal: Seal | None, calls: Calls) -> Media:
    mime = data.text("mimeType")
    encoded = data.required_text("data")
    fields.put_back_rest("inlineData", data)
    if "-" in encoded or "_" in encoded:
        # google-genai for Python writes the alphabet for URLs, which no other vendor reads.
        encoded = encoded.replace("-", "+").replace("_", "/")
        note(fields, "alphabet", URL_SAFE)
    source = Inline(data=encoded)
    return Media(kind=_kind(mime), source=source, mime=mime, seal=seal, extra=fields.rest())


def _file(fields: Fields, data: Fields, seal: Seal | None, calls: Calls) -> Media:
    mime = data.text("mimeType")
    uri = data.required_text("fileUri")
    fields.put_back_rest("fileData", data)
    source: Source = FileRef(origin=VENDOR, id=uri) if uri.startswith(FILES) else Link(url=uri)
    kind: Kind = "video" if mime is None and uri.startswith(VIDEOS) else _kind(mime)
    return Media(kind=kind, source=source, mime=mime, seal=seal, extra=fields.rest())


def _kind(mime: str | None) -> Kind:
    return KINDS.get((mime or "").partition("/")[0], "document")


def _call(fields: Fields, data: Fields, seal: Seal | None, calls: Calls) -> ToolCall:
    id_, name = data.text("id"), data.required_text("name")
    arguments = data.raw("args")
    if arguments and not is_object(arguments):
        raise DecodeError(data.at("args"), "is no object")
    fields.put_back_rest("functionCall", data)
    return ToolCall(
        id=calls.begin(id_, name),
        name=name,
        arguments=bytes(arguments).decode() or EMPTY_OBJECT,
        seal=seal,
        extra=fields.rest(),
    )


def _result(fields: Fields, data: Fields, seal: Seal | None, calls: Calls) -> ToolResult:
    id_, name = data.text("id"), data.required_text("name")
    call_id = calls.end(id_, name)
    if id_ != said_id(call_id):
        note(fields, "id", NULL if id_ is None else Raw(msgspec.json.encode(id_)))
    response = data.raw("response")
    media = tuple(_media(part, calls) for part in each(data, "parts"))
    fields.put_back_rest("functionResponse", data)
    if seal is not None:
        fields.put_back("thoughtSignature", Raw(msgspec.json.encode(seal.signature)))
    said = an_object(response)
    text = _only_text(said)
    return ToolResult(
        call_id=call_id,
        name=name,
        content=media if text is None else (Text(text=text), *media),
        structured=response if text is None else NOTHING,
        is_error=[*said] == ["error"],
        extra=fields.rest(),
    )


def _only_text(said: dict[str, Any]) -> str | None:
    """What Google's own SDKs make of a result that is only text."""
    if len(said) != 1:
        return None
    text = said.get("output", said.get("error"))
    if not isinstance(text, str) or ("output" in said and _is_object(text)):
        return None
    return text


def _is_object(text: str) -> bool:
    return text.lstrip()[:1] == "{" and bool(an_object(text.encode(errors="replace")))


def _media(item: Item, calls: Calls) -> Text | Media | Opaque:
    part = read_part(item, calls)
    if isinstance(part, Text | Media | Opaque):
        return part
    return Opaque(dialect=DIALECT, kind=type(part).__name__, raw=item.raw)


Reader: TypeAlias = Callable[[Fields, Fields, Seal | None, Calls], Content]
READERS: Final[Mapping[str, Reader]] = {
    "functionCall": _call,
    "functionResponse": _result,
    "inlineData": _inline,
    "fileData": _file,
}
