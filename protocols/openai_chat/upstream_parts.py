"""Content of a message, written part by part. Law: media a target refuses are a content loss."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Raw

from protocols import ir
from protocols.ir import FileRef, Inline, InlineBlocks, InlineText, Link, Media, Opaque, Text
from protocols.media import file_name, note_unsaid
from protocols.openai_chat.notes import URL
from protocols.openai_chat.sending import OPENAI, Sending
from protocols.openai_chat.wire import is_thinking_part, thinking_part

Part = dict[str, Any]
# What an audio format is called here.
FORMATS: Final[Mapping[str, str]] = {
    "mpeg": "mp3",
    "x-wav": "wav",
    "wave": "wav",
    "vnd.wave": "wav",
    "x-m4a": "m4a",
}
FETCHED: Final = ("http://", "https://")


def parts_of(content: Iterable[ir.Content], sending: Sending, path: str) -> list[Part | Raw]:
    """Those blocks that are parts; of others nothing is said here."""
    parts: list[Part | Raw] = []
    for position, block in enumerate(content):
        here = f"{path}.content[{position}]"
        match block:
            case Text():
                parts.append(text_part(block, sending, here))
            case Media():
                parts.extend(media_parts(block, sending, here))
            case Opaque():
                parts.extend(_opaque(block, sending, here))
            case ir.Thinking() if sending.is_same and is_thinking_part(block):
                parts.append(thinking_part(block, block.text))
            case _:
                pass
    return parts


def written(parts: list[Part | Raw], sending: Sending, *, between: str) -> Any:
    """A string where it can be one: some servers take nothing else. None where there is nothing."""
    plain = [part["text"] for part in parts if isinstance(part, dict) and is_plain(part)]
    if len(plain) == len(parts) and (len(plain) == 1 or (plain and not sending.knows_openai)):
        return between.join(plain)
    return parts or None


def is_plain(part: Part) -> bool:
    return len(part) == 2 and part["type"] == "text"


def text_part(text: Text, sending: Sending, path: str) -> Part:
    part: Part = {"type": "text", "text": text.text}
    sending.cache(part, text.cache, path)
    sending.rest(part, text.extra, path)
    if text.citations:
        sending.losses.add("citations", f"{path}.citations", "a request in Chat cites nothing")
    if text.seal is not None and text.seal.signature is not None:
        sending.losses.add("seal", path, "Chat has no field for it")
    return part


def media_parts(media: Media, sending: Sending, path: str) -> Iterator[Part]:
    said: Iterable[Part | None]
    if not sending.takes(media.kind):
        _lose(media, sending, path, "the target takes none")
        return
    match media.kind:
        case "image":
            said = (_image(media, sending),)
        case "audio":
            said = (_audio(media),)
        case "video":
            said = (_video(media, sending),)
        case _:
            said = _document(media, sending, path)
    if not sending.is_same:
        note_unsaid(media, sending.losses, path, detail=True)
    parts = list(said)
    for number, part in enumerate(parts, start=1):
        if part is None:
            _lose(media, sending, path, "Chat has no words for such a source")
            continue
        if number == len(parts):
            # What ends with the whole ends with the last of what it became.
            sending.cache(part, media.cache, path)
            sending.rest(part, media.extra, path)
        yield part


def _lose(media: Media, sending: Sending, path: str, why: str) -> None:
    code = "file" if isinstance(media.source, FileRef) else media.kind
    sending.losses.add(code, path, why, content=True)
    if media.cache is not None:
        sending.losses.add("cache", f"{path}.cache", "it goes with what it stood on")


def url_of(media: Media, sending: Sending) -> str | None:
    match media.source:
        case Inline(data=data):
            return f"data:{media.mime or ''};base64,{data}"
        case Link(url=url):
            fetches = url.startswith(FETCHED) or url.partition(":")[0] in sending.target.links
            return url if sending.is_same or fetches else None
        case _:
            return None


def _image(media: Media, sending: Sending) -> Part | None:
    url = url_of(media, sending)
    if url is None:
        return None
    if sending.noted(media.extra, URL):
        return {"type": "image_url", "image_url": url}
    said = {"url": url} if media.detail is None else {"url": url, "detail": media.detail}
    return {"type": "image_url", "image_url": said}


def _video(media: Media, sending: Sending) -> Part | None:
    # OpenAI has no such part; it is what compatible servers agree on.
    url = None if sending.is_openai and not sending.is_same else url_of(media, sending)
    return None if url is None else {"type": "video_url", "video_url": {"url": url}}


def _audio(media: Media) -> Part | None:
    if not isinstance(media.source, Inline):
        return None
    if media.mime is None:  # as Mistral has it
        return {"type": "input_audio", "input_audio": media.source.data}
    form = media.mime.rpartition("/")[2]
    said = {"data": media.source.data, "format": FORMATS.get(form, form)}
    return {"type": "input_audio", "input_audio": said}


def _document(media: Media, sending: Sending, path: str) -> Iterator[Part | None]:
    if media.citable:
        sending.losses.add("citations", f"{path}.citations", "Chat cites no documents")
    match media.source:
        case InlineText(text=text):
            # There are no files of text; the words are what matters.
            yield _told(media, text)
        case InlineBlocks(content=content):
            if media.name or media.context:
                yield _told(media)
            for position, block in enumerate(content):
                here = f"{path}.source.content[{position}]"
                if isinstance(block, Text):
                    yield text_part(block, sending, here)
                else:
                    yield from media_parts(block, sending, here)
        case _:
            if media.context:
                yield {"type": "text", "text": media.context}
            yield _file(media, sending)


def _told(media: Media, *words: str) -> Part:
    told = filter(None, (media.name, media.context, *words))
    return {"type": "text", "text": "\n\n".join(told)}


def _file(media: Media, sending: Sending) -> Part | None:
    said = {} if media.name is None else {"filename": media.name}
    match media.source:
        case FileRef(origin=origin, id=reference):
            # File ids are known to who holds the file.
            if not sending.is_same and not (sending.is_openai and origin in OPENAI):
                return None
            said["file_id"] = reference
        case Inline(data=data) if media.mime is None:
            said["file_data"] = data
        case Link() if not sending.is_same:
            return None
        case _:
            said["file_data"] = url_of(media, sending) or ""
            if not sending.is_same:
                said["filename"] = file_name(media)
    return {"type": "file", "file": said}


def _opaque(block: Opaque, sending: Sending, path: str) -> Iterator[Part | Raw]:
    if block.dialect == "openai.chat" and sending.is_same:
        yield block.raw
    elif block.text is not None:
        sending.losses.told(block, path)
        yield {"type": "text", "text": block.text}
    else:
        sending.losses.opaque(block, path, f"Chat has no words for {block.kind}")
