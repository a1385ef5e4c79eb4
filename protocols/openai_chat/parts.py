"""Content of a Chat message: a string, or a list of parts."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

from protocols.cache_points import take_cache_point
from protocols.errors import DecodeError
from protocols.fields import Fields, Item, read_items
from protocols.ir import FileRef, Inline, Media, Opaque, Refusal, Source, Text, Thinking
from protocols.lenient import an_object, words
from protocols.losses import says_nothing
from protocols.media import read_url
from protocols.openai_chat.notes import PART, URL, note

Part: TypeAlias = Text | Thinking | Media | Refusal | Opaque
WORDS_ONLY: Final = {"type", "text"}
TEXTS: Final = {"input_text", "output_text"}
LONGEST_SCHEME: Final = 8
DETAILS: Final[Mapping[str, Literal["low", "high", "auto", "original"]]] = {
    "low": "low",
    "high": "high",
    "auto": "auto",
    "original": "original",
}


def read_parts(item: Item) -> tuple[Part, ...]:
    if item.is_text():
        return (Text(text=item.text()),)
    return tuple(_part(each) for each in read_items(item.raw, item.path))


def _part(item: Item) -> Part:
    fields = item.fields()
    kind = fields.required_text("type")
    if kind in READERS:
        return READERS[kind](fields)
    if kind == "refusal":
        text = fields.required_text("refusal")
        return Refusal(text=text) if fields.rest() is None else _opaque(item, kind, text)
    # Vendors have parts of their own, and take back what they know.
    # What Responses calls a text is one here as well, whatever stands beside it.
    said = an_object(item.raw)
    is_words = kind in TEXTS or all(map(_is_of_words, said, said.values()))
    return _opaque(item, kind, words(said.get("text")) if is_words else None)


def _is_of_words(name: str, value: Any) -> bool:
    return name in WORDS_ONLY or says_nothing(name, value)


def _opaque(item: Item, kind: str, text: str | None) -> Opaque:
    return Opaque(dialect="openai.chat", kind=kind, raw=item.raw, text=text)


def _text(fields: Fields) -> Text:
    return Text(
        text=fields.required_text("text"), cache=take_cache_point(fields), extra=fields.rest()
    )


def _thinking(fields: Fields) -> Thinking:
    """Mistral: the thought is itself a list of texts."""
    item = _required(fields, "thinking")
    if item.is_text():
        text = item.text()
    else:
        texts = (each.fields().text("text") for each in read_items(item.raw, item.path))
        text = "".join(filter(None, texts))
    return Thinking(text=text, extra={PART: item.raw, **(fields.rest() or {})})


def _image(fields: Fields) -> Media:
    return _at_url(fields, "image_url", "image")


def _video(fields: Fields) -> Media:
    return _at_url(fields, "video_url", "video")


def _at_url(fields: Fields, key: str, kind: Literal["image", "video"]) -> Media:
    item = _required(fields, key)
    notes: tuple[str, ...]
    if item.is_text():  # Mistral leaves the object out
        source, mime = read_url(item.text())
        detail, notes = None, (URL,)
    else:
        notes = ()
        said = item.fields()
        source, mime = read_url(said.required_text("url"))
        detail = said.choice("detail", DETAILS)
        fields.put_back_rest(key, said)
    cache = take_cache_point(fields)
    extra = note(fields.rest(), *notes)
    return Media(kind=kind, source=source, mime=mime, detail=detail, cache=cache, extra=extra)


def _audio(fields: Fields) -> Media:
    item = _required(fields, "input_audio")
    if item.is_text():
        return Media(kind="audio", source=Inline(data=item.text()), extra=fields.rest())
    said = item.fields()
    data, form = said.required_text("data"), said.required_text("format")
    fields.put_back_rest("input_audio", said)
    return Media(
        kind="audio",
        source=Inline(data=data),
        mime=f"audio/{form}",
        cache=take_cache_point(fields),
        extra=fields.rest(),
    )


def _file(fields: Fields) -> Media:
    said = _required(fields, "file").fields()
    name, reference, data = said.text("filename"), said.text("file_id"), said.text("file_data")
    fields.put_back_rest("file", said)
    source: Source
    mime: str | None = None
    if reference is not None:
        source = FileRef(origin="openai", id=reference)
    elif data is not None:
        # Some leave out what is around the bytes.
        source, mime = read_url(data) if ":" in data[:LONGEST_SCHEME] else (Inline(data=data), None)
    else:
        raise DecodeError(said.path, "has neither file_id nor file_data; expected one of them")
    return Media(
        kind="document",
        source=source,
        mime=mime,
        name=name,
        cache=take_cache_point(fields),
        extra=fields.rest(),
    )


def _required(fields: Fields, key: str) -> Item:
    item = fields.item(key)
    if item is None:
        raise DecodeError(fields.at(key), "is missing")
    return item


READERS: Final[Mapping[str, Callable[[Fields], Part]]] = {
    "text": _text,
    "image_url": _image,
    "input_audio": _audio,
    "file": _file,
    "video_url": _video,
    "thinking": _thinking,
}
