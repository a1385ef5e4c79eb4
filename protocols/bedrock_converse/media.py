"""Images, documents, sounds and films: a format of the dialect's own, and where the bytes are."""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Raw

from protocols.bedrock_converse.rests import with_rest
from protocols.errors import DecodeError
from protocols.fields import Fields
from protocols.ir import Inline, InlineBlocks, InlineText, Link, Media, Source, Text

Kind: TypeAlias = Literal["image", "audio", "video", "document"]
WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Where two formats have one media type, the first is the one that it is told as.
TYPES: Final[Mapping[Kind, Mapping[str, str]]] = {
    "image": {
        "png": "image/png",
        "jpeg": "image/jpeg",
        "gif": "image/gif",
        "webp": "image/webp",
    },
    "document": {
        "pdf": "application/pdf",
        "csv": "text/csv",
        "doc": "application/msword",
        "docx": WORD,
        "xls": "application/vnd.ms-excel",
        "xlsx": SHEET,
        "html": "text/html",
        "txt": "text/plain",
        "md": "text/markdown",
    },
    "video": {
        "mp4": "video/mp4",
        "mkv": "video/x-matroska",
        "mov": "video/quicktime",
        "webm": "video/webm",
        "flv": "video/x-flv",
        "mpeg": "video/mpeg",
        "mpg": "video/mpeg",
        "wmv": "video/x-ms-wmv",
        "three_gp": "video/3gpp",
    },
    "audio": {
        "mp3": "audio/mpeg",
        "wav": "audio/wav",
        "opus": "audio/opus",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "mp4": "audio/mp4",
        "ogg": "audio/ogg",
        "mkv": "audio/x-matroska",
        "webm": "audio/webm",
        "pcm": "audio/pcm",
        "m4a": "audio/mp4",
        "mka": "audio/x-matroska",
        "mpeg": "audio/mpeg",
        "mpga": "audio/mpeg",
        "x-aac": "audio/aac",
    },
}
FORMATS: Final[Mapping[Kind, Mapping[str, str]]] = {
    kind: {mime: name for name, mime in reversed(tuple(types.items()))}
    for kind, types in TYPES.items()
}
OTHER_NAMES: Final[Mapping[str, str]] = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "text/x-markdown": "text/markdown",
}
# How base64 begins, where nobody says what it is.
BEGINNINGS: Final[Mapping[str, str]] = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi": "application/pdf",
}
S3: Final = "s3://"
UNNAMED: Final = "Document"


def read_media(kind: Kind, fields: Fields) -> Media:
    said = fields.object("source")
    if said is None:
        raise DecodeError(fields.at("source"), "is missing; expected an object")
    source = _source(said)
    fields.put_back_rest("source", said)
    mime = _type(kind, fields)
    cited = fields.object("citations")
    is_citable = bool(cited and cited.flag("enabled"))
    if cited:
        fields.put_back_rest("citations", cited)
    return Media(
        kind=kind,
        source=source,
        mime=mime,
        name=fields.text("name"),
        context=fields.text("context"),
        citable=is_citable,
        extra=fields.rest(),
    )


def _type(kind: Kind, fields: Fields) -> str | None:
    """A format that its media type does not lead back to stays with the rest."""
    raw = fields.raw("format")
    if not raw:
        return None
    fields.put_back("format", raw)
    name = fields.text("format") or ""
    mime = TYPES[kind].get(name)
    if mime is None or FORMATS[kind][mime] != name:
        fields.put_back("format", raw)
    return mime


def _source(said: Fields) -> Source:
    if said.has("bytes"):
        return Inline(data=said.required_text("bytes"))
    if said.has("text"):
        return InlineText(text=said.required_text("text"))
    if said.has("content"):
        parts = (item.fields() for item in said.items("content"))
        return InlineBlocks(content=tuple(Text(text=part.required_text("text")) for part in parts))
    location = said.object("s3Location")
    if location is None:
        raise DecodeError(said.path, "holds no source we know: bytes, text, content or s3Location")
    link = Link(url=location.required_text("uri"))
    said.put_back_rest("s3Location", location)
    return link


def media_object(media: Media) -> dict[str, Any] | None:
    """None for what the dialect cannot show."""
    source = _source_object(media)
    if source is None:
        return None
    said: dict[str, Any] = {}
    name = _format(media)
    if name is not None:
        said["format"] = name
    elif media.kind != "document" and "format" not in (media.extra or {}):
        return None
    said["source"] = source
    if media.kind == "document":
        said["name"] = media.name or UNNAMED
        if media.context is not None:
            said["context"] = media.context
        if media.citable:
            said["citations"] = {"enabled": True}
    return {media.kind: with_rest(said, media.extra)}


def _format(media: Media) -> str | None:
    if "format" in (media.extra or {}):
        return None
    mime = (media.mime or "").partition(";")[0].strip().lower()
    return FORMATS[media.kind].get(OTHER_NAMES.get(mime, mime))


def guessed(source: Source) -> str:
    """The media type, where nobody says it."""
    match source:
        case Inline(data=data):
            found = (mime for start, mime in BEGINNINGS.items() if data.startswith(start))
            return next(found, "")
        case Link(url=url):
            ending = url.rpartition(".")[2].lower()
            found = (types[ending] for types in TYPES.values() if ending in types)
            return next(found, "")
        case _:
            return ""


def _source_object(media: Media) -> dict[str, Any] | None:
    match media.source:
        case Inline(data=data):
            return {"bytes": data}
        case Link(url=url) if url.startswith(S3):
            return {"s3Location": {"uri": url}}
        case InlineText(text=text) if media.kind == "document":
            return {"text": text}
        case InlineBlocks(content=content) if media.kind == "document":
            texts = [{"text": part.text} for part in content if isinstance(part, Text)]
            return {"content": texts} if len(texts) == len(content) else None
        case _:
            return None


def image_start(name: str) -> Media:
    """An image that a stream begins."""
    raw = Raw(msgspec.json.encode(name))
    mime = TYPES["image"].get(name)
    return Media(
        kind="image",
        source=Inline(data=""),
        mime=mime,
        extra=None if mime else {"format": raw},
    )
