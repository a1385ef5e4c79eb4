"""Parts of what is said to a vendor: texts, pictures, files, sound."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.media import file_name, note_unsaid
from protocols.openai_responses.parts import PART
from protocols.openai_responses.sending import Sending
from protocols.openai_responses.wire import DIALECT, ITEM, annotation, known

Part: TypeAlias = dict[str, Any] | Raw
FETCHED: Final = ("http://", "https://")
# Formats that are said in `input_audio`.
SOUNDS: Final = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
}


def parts_of(
    content: Iterable[ir.Content], sending: Sending, path: str, *, is_answer: bool
) -> list[Part]:
    """`is_answer`: the model said it. Blocks that are no parts are told elsewhere."""
    return [
        part
        for position, block in enumerate(content)
        for part in part_of(block, sending, f"{path}.content[{position}]", is_answer=is_answer)
    ]


def part_of(block: ir.Content, sending: Sending, path: str, *, is_answer: bool) -> Iterator[Part]:
    match block:
        case ir.Text():
            yield _text(block, sending, path, is_answer=is_answer)
        case ir.Refusal(text=text) if is_answer:
            yield {"type": "refusal", "refusal": text}
        case ir.Refusal(text=text):
            yield {"type": "input_text", "text": text}
        case ir.Media() if is_answer and not sending.is_same:
            why = "a model's words hold no media"
            sending.losses.add(block.kind, path, why, content=True)
        case ir.Media():
            yield from _media(block, sending, path)
        case ir.Opaque(dialect=dialect, raw=raw) if dialect == DIALECT:
            yield raw
        case ir.Opaque(text=str() as text):
            sending.losses.told(block, path)
            yield {"type": "output_text" if is_answer else "input_text", "text": text}
        case ir.Opaque():
            sending.losses.opaque(block, path, f"Responses has no words for {block.kind}")
        case _:
            why = "Responses has no words for it"
            sending.losses.add("opaque", path, why, content=True)


def is_part(block: ir.Content) -> bool:
    """Whether it stands in a message, not beside it."""
    match block:
        case ir.Opaque(dialect=dialect, kind=kind) if dialect == DIALECT:
            return kind.startswith(PART)
        case ir.Media(extra=extra) if ITEM in (extra or {}):
            return False
        case ir.Text() | ir.Refusal() | ir.Media() | ir.Opaque():
            return True
        case _:
            return False


def _text(block: ir.Text, sending: Sending, path: str, *, is_answer: bool) -> Part:
    said: dict[str, Any] = {
        "type": "output_text" if is_answer else "input_text",
        "text": block.text,
    }
    cited = [
        # What only another dialect understands, OpenAI refuses.
        annotation(each if sending.is_same else replace(each, extra=None), end=len(block.text))
        for each in block.citations
    ]
    told = [each for each in cited if each is not None]
    if told and is_answer:
        said["annotations"] = told
    if None in cited or (told and not is_answer):
        sending.losses.add("citations", f"{path}.citations", "answers cite, and the web only")
    if block.logprobs and sending.is_same:
        said["logprobs"] = block.logprobs
    sending.cache(block.cache, path)
    sending.rest(said, block.extra, path)
    return said


def _media(media: ir.Media, sending: Sending, path: str) -> Iterator[Part]:
    if not sending.takes(media.kind):
        why = f"the target takes no {media.kind}"
        sending.losses.add(media.kind, path, why, content=True)
        return
    sending.cache(media.cache, path)
    if media.citable:
        sending.losses.add("citations", path, "answers cite the web only")
    match media.source:
        case ir.InlineText(text=text):
            sending.losses.unknown(media.extra, path=path)
            yield {"type": "input_text", "text": _titled(media.name, text)}
        case ir.InlineBlocks(content=content):
            sending.losses.unknown(media.extra, path=path)
            if media.name is not None:
                yield {"type": "input_text", "text": media.name}
            yield from parts_of(content, sending, path, is_answer=False)
        case _:
            said = _written(media, sending, path)
            if said is None:
                return
            if not sending.is_same:
                note_unsaid(media, sending.losses, path, detail=True, context=True)
            sending.rest(said, media.extra, path)
            yield said
    if media.context is not None:
        yield {"type": "input_text", "text": media.context}


def _titled(title: str | None, text: str) -> str:
    return text if title is None else f"{title}\n\n{text}"


def _written(media: ir.Media, sending: Sending, path: str) -> dict[str, Any] | None:
    """None where it is lost."""
    place = _place(media, sending)
    if place is None:
        why = "the target cannot reach it"
        code = "file" if isinstance(media.source, ir.FileRef) else media.kind
        sending.losses.add(code, path, why, content=True)
        return None
    match media.kind:
        case "image":
            detail = media.detail or (None if sending.is_same else "auto")
            return {"type": "input_image", **place, **known({"detail": detail})}
        case "document":
            return {"type": "input_file", **_named(media, place, sending), **place}
        case "audio":
            return {"type": "input_audio", **place}
        case _:
            sending.losses.add(media.kind, path, "Responses knows no films", content=True)
            return None


def _named(media: ir.Media, place: dict[str, Any], sending: Sending) -> dict[str, str]:
    if "file_data" in place and not sending.is_same:
        return {"filename": file_name(media)}
    return {} if media.name is None else {"filename": media.name}


def _place(media: ir.Media, sending: Sending) -> dict[str, Any] | None:
    match media.source:
        case ir.Inline(data=data) if media.kind == "audio":
            form = SOUNDS.get(media.mime or "", (media.mime or "wav").rpartition("/")[2])
            return {"input_audio": {"data": data, "format": form}}
        case ir.Inline(data=data):
            mime = media.mime or (None if media.kind == "document" else "image/png")
            url = data if mime is None else f"data:{mime};base64,{data}"
            return {"image_url" if media.kind == "image" else "file_data": url}
        case ir.Link(url=url) if media.kind != "audio" and (
            sending.is_same or url.startswith(FETCHED)
        ):
            return {"image_url" if media.kind == "image" else "file_url": url}
        case ir.FileRef(origin=origin, id=id_) if media.kind != "audio" and (
            sending.is_same or origin == sending.target.vendor
        ):
            return {"file_id": id_}
        case _:
            return None
