"""Words and objects that requests, whole answers and streams of the dialect share."""

import base64
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.gemini_generate.ids import said_id
from protocols.gemini_generate.parts import DIALECT
from protocols.gemini_generate.reading import noted
from protocols.ir import Extra, StopReason
from protocols.lenient import VALUES, read
from protocols.losses import NOTE

FINISHES: Final[Mapping[StopReason, str]] = {
    "end_turn": "STOP",
    "stop_sequence": "STOP",
    "max_tokens": "MAX_TOKENS",
    "context_window": "MAX_TOKENS",
    "tool_call": "STOP",
    "pause": "STOP",
    "refusal": "SAFETY",
    "content_filter": "SAFETY",
    "malformed": "MALFORMED_FUNCTION_CALL",
    "error": "OTHER",
    "other": "OTHER",
}
FILTERED: Final = (
    "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR",
    "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER", "NO_IMAGE",
)  # fmt: skip
MALFORMED: Final = (
    "MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
)  # fmt: skip
STOP_REASONS: Final[Mapping[str, StopReason]] = {
    "STOP": "end_turn",
    "MAX_TOKENS": "max_tokens",
    "CONTINUATION": "max_tokens",
    **dict.fromkeys(FILTERED, "content_filter"),
    **dict.fromkeys(MALFORMED, "malformed"),
    "OTHER": "other",
}
# Vertex can be asked for numbers instead of words.
NUMBERED: Final[Mapping[int, str]] = {
    1: "STOP",
    2: "MAX_TOKENS",
    3: "SAFETY",
    4: "RECITATION",
    5: "OTHER",
    6: "BLOCKLIST",
    7: "PROHIBITED_CONTENT",
    8: "SPII",
    9: "MALFORMED_FUNCTION_CALL",
    10: "MODEL_ARMOR",
}
OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])


def part_object(block: ir.Content) -> dict[str, Any] | Raw | None:
    """None for what the dialect has no words for; arguments are an object, whatever they were."""
    match block:
        case ir.Text():
            return _sealed({"text": block.text}, block.seal, block.extra)
        case ir.Thinking():
            return _sealed({"text": block.text, "thought": True}, block.seal, block.extra)
        case ir.Refusal():
            return {"text": block.text}
        case ir.ToolCall(executor="client"):
            said = {
                "id": said_id(block.id),
                "name": block.name,
                "args": arguments_object(block.arguments),
            }
            call = {key: value for key, value in said.items() if value is not None}
            return _sealed({"functionCall": call}, block.seal, block.extra)
        case ir.Media():
            media = media_object(block)
            return None if media is None else _sealed(media, block.seal, block.extra)
        case ir.Opaque(dialect=dialect) if dialect == DIALECT:
            return block.raw
        case ir.Opaque(text=str() as text):
            return {"text": text}
        case _:
            return None


def media_object(media: ir.Media) -> dict[str, Any] | None:
    mime = {} if media.mime is None else {"mimeType": media.mime}
    match media.source:
        case ir.Inline(data=data):
            if noted(media.extra, "alphabet") is not None:
                data = data.replace("+", "-").replace("/", "_")
            return {"inlineData": {**mime, "data": data}}
        case ir.InlineText(text=text):
            encoded = base64.b64encode(text.encode(errors="replace")).decode()
            return {"inlineData": {"mimeType": "text/plain", "data": encoded}}
        case ir.Link(url=url) | ir.FileRef(origin="gemini", id=url):
            return {"fileData": {**mime, "fileUri": url}}
        case _:
            return None


def arguments_object(arguments: str) -> Raw:
    if is_object(arguments):
        return Raw(arguments.encode())
    return Raw(msgspec.json.encode({"_raw": arguments} if arguments else {}))


def is_object(arguments: str) -> bool:
    return isinstance(read(VALUES, arguments.encode(errors="replace")), dict)


def with_extra(said: dict[str, Any], extra: Extra | None) -> dict[str, Any]:
    """What stood beside; into objects that were read in part their rest returns."""
    for key, raw in (extra or {}).items():
        if key.startswith(NOTE):
            continue
        known = said.get(key)
        rest: dict[str, Any] = read(OBJECTS, raw) or {}
        said[key] = {**known, **rest} if isinstance(known, dict) else raw
    return said


def _sealed(part: dict[str, Any], seal: ir.Seal | None, extra: Extra | None) -> dict[str, Any]:
    if seal is not None and seal.signature:
        part["thoughtSignature"] = seal.signature
    return with_extra(part, extra)


def finish_word(stop: ir.Stop) -> Any:
    """The vendor's own, if it was the dialect's; None where it gave none."""
    own = noted(stop.extra, "finishReason")
    if own is not None:
        return None if own == Raw(b"null") else own
    return stop.raw if stop.raw in STOP_REASONS else FINISHES[stop.reason]


def stop_of(word: object, *, has_calls: bool) -> tuple[StopReason, str | None]:
    """`word` is as the vendor said it, be it a number."""
    name = NUMBERED.get(word) if isinstance(word, int) else word
    if not isinstance(name, str):
        return "other", None if word is None else str(word)
    if name == "STOP" and has_calls:
        return "tool_call", name
    return STOP_REASONS.get(name, "other"), name
