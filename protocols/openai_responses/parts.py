"""Content of a Responses item: a string, or a list of parts."""

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from protocols.errors import DecodeError
from protocols.fields import Fields, Item
from protocols.ir import (
    Citation,
    FileRef,
    Inline,
    Link,
    Media,
    Opaque,
    Refusal,
    Source,
    Text,
)
from protocols.media import read_url
from protocols.openai_responses.wire import DIALECT, VENDOR

Part: TypeAlias = Text | Media | Refusal | Opaque
PART: Final = "part:"  # begins the kinds of those that are no items
DETAILS: Final[Mapping[str, Literal["low", "high", "auto", "original"]]] = {
    "low": "low",
    "high": "high",
    "auto": "auto",
    "original": "original",
}


def read_parts(item: Item) -> tuple[Part, ...]:
    if item.is_text():
        return (Text(text=item.text()),)
    return tuple(_part(each) for each in item.items())


def _part(item: Item) -> Part:
    fields = item.fields()
    kind = fields.required_text("type")
    if kind in READERS:
        return READERS[kind](fields)
    text = fields.text("refusal") if kind == "refusal" else None
    if text is not None and fields.rest() is None:
        return Refusal(text=text)
    return Opaque(dialect=DIALECT, kind=f"{PART}{kind}", raw=item.raw, text=text)


def _text(fields: Fields) -> Text:
    logprobs = fields.raw("logprobs")
    return Text(
        text=fields.required_text("text"),
        citations=tuple(_citation(item.fields()) for item in fields.items("annotations")),
        logprobs=logprobs if bytes(logprobs) != b"[]" else Text(text="").logprobs,
        extra=fields.rest(),
    )


def _citation(fields: Fields) -> Citation:
    """What is not of the web is kept whole."""
    raw = fields.raw("type")
    if bytes(raw) != b'"url_citation"':
        fields.put_back("type", raw)
        return Citation(extra=fields.rest())
    return Citation(
        url=fields.text("url"),
        title=fields.text("title"),
        start=fields.whole("start_index"),
        end=fields.whole("end_index"),
        unit="web",
        extra=fields.rest(),
    )


def _image(fields: Fields) -> Media:
    url, reference = fields.text("image_url"), fields.text("file_id")
    source: Source
    mime: str | None = None
    if url is not None:
        source, mime = read_url(url)
    elif reference is not None:
        source = FileRef(origin=VENDOR, id=reference)
    else:
        raise DecodeError(fields.path, "has neither image_url nor file_id; expected one of them")
    detail = fields.choice("detail", DETAILS)
    return Media(kind="image", source=source, mime=mime, detail=detail, extra=fields.rest())


def _file(fields: Fields) -> Media:
    name, data = fields.text("filename"), fields.text("file_data")
    url, reference = fields.text("file_url"), fields.text("file_id")
    source: Source
    mime: str | None = None
    if reference is not None:
        source = FileRef(origin=VENDOR, id=reference)
    elif data is not None:
        # Some send the bytes without saying what they are.
        source, mime = read_url(data) if data.startswith("data:") else (Inline(data=data), None)
    elif url is not None:
        source = Link(url=url)
    else:
        why = "has none of file_id, file_data and file_url; expected one of them"
        raise DecodeError(fields.path, why)
    return Media(kind="document", source=source, mime=mime, name=name, extra=fields.rest())


def _audio(fields: Fields) -> Media:
    said = fields.object("input_audio")
    if said is None:
        raise DecodeError(fields.at("input_audio"), "is missing; expected an object")
    data, form = said.required_text("data"), said.required_text("format")
    fields.put_back_rest("input_audio", said)
    return Media(kind="audio", source=Inline(data=data), mime=f"audio/{form}", extra=fields.rest())


READERS: Final[Mapping[str, Callable[[Fields], Part]]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "input_image": _image,
    "input_file": _file,
    "input_audio": _audio,
}
