"""Words and objects of a vendor's answer that whole answers and streams share.

Law: what is looked at is taken out; what is left, and says something, is kept.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.ir import NOTHING, Citation, Extra, Seal, StopReason
from protocols.lenient import VALUES, as_object, read, whole, words
from protocols.media import read_url
from protocols.openai_chat.notes import NULL, WORD
from protocols.openai_chat.wire import OBJECTS, WORDS

Said = dict[str, Raw]
LISTS: Final = msgspec.json.Decoder(list[Raw])
OBJECT_LISTS: Final = msgspec.json.Decoder(list[dict[str, Raw]])
# Two spellings of the same; where a vendor uses both, the second stays with the rest.
REASONING_KEYS: Final = ("reasoning_content", "reasoning")
STOPS: Final[Mapping[str, StopReason]] = {
    "stop": "end_turn",
    "eos": "end_turn",
    "eos_token": "end_turn",
    "end_turn": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "max_tokens": "max_tokens",
    "model_length": "context_window",
    "model_context_window_exceeded": "context_window",
    "tool_calls": "tool_call",
    "tool_call": "tool_call",
    "function_call": "tool_call",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
    "network_error": "error",
    "insufficient_system_resource": "error",
    "error": "error",
}


def an_object_in(said: Said, key: str) -> Said:
    raw = said.pop(key, NOTHING)
    return (read(OBJECTS, raw) or {}) if raw else {}


def objects_in(said: Said, key: str) -> list[Said]:
    """One that is not a list of objects stays."""
    raw = said.get(key, NOTHING)
    found = read(OBJECT_LISTS, raw) if raw and raw != NULL else []
    if found is not None:
        said.pop(key, None)
    return found or []


def text_in(said: Said, key: str) -> str | None:
    """One that is no text stays."""
    raw = said.get(key, NOTHING)
    if not raw:
        return None
    value = read(VALUES, raw)
    if value is None or isinstance(value, str):
        del said[key]
        return value
    return None


def whole_in(said: Said, key: str) -> int | None:
    raw = said.pop(key, NOTHING)
    return whole(read(VALUES, raw)) if raw else None


def rest_of(said: Said) -> Extra | None:
    """What is null says nothing."""
    return {key: raw for key, raw in said.items() if raw != NULL} or None


def put_back_rest(said: Said, key: str, inner: Said) -> None:
    rest = rest_of(inner)
    if rest is not None:
        said[key] = Raw(msgspec.json.encode(rest))


def reasoning_in(said: Said) -> tuple[str, str | None]:
    """The key it stands under, and the text."""
    for key in REASONING_KEYS:
        if key in said:
            text = text_in(said, key)
            if text:
                return key, text
    return REASONING_KEYS[0], None


NO_STOP: Final = ir.Stop(reason="other", extra={WORD: NULL})


def stop_of(choice: Said, *, has_calls: bool, has_refused: bool) -> ir.Stop | None:
    """Takes the word out of the choice; None where there is none yet."""
    word = text_in(choice, "finish_reason")
    if not word:
        return None
    reason = STOPS.get(word, "other")
    if reason == "end_turn" and has_calls:
        # Some end with `stop` what ends with a call; OpenAI does, where the call was forced.
        reason = "tool_call"
    elif reason == "end_turn" and has_refused:
        reason = "refusal"
    return ir.Stop(reason=reason, raw=word, extra=None if word in WORDS else {WORD: NULL})


def citations_in(said: Said) -> Iterator[Citation]:
    for item in objects_in(said, "annotations"):
        kind = text_in(item, "type")
        inner = an_object_in(item, "url_citation")
        url = text_in(inner, "url")
        if kind != "url_citation" or url is None:
            put_back_rest(item, "url_citation", inner)
            extra = {"type": Raw(msgspec.json.encode(kind)), **(rest_of(item) or {})}
            yield Citation(extra=extra)
            continue
        start, end = whole_in(inner, "start_index"), whole_in(inner, "end_index")
        citation = Citation(
            url=url,
            title=text_in(inner, "title") or None,
            text=text_in(inner, "content"),
            unit="web",
            start=start if (start, end) != (0, 0) else None,
            end=end if (start, end) != (0, 0) else None,
        )
        put_back_rest(item, "url_citation", inner)
        yield msgspec.structs.replace(citation, extra=rest_of(item))


def google_seal_in(call: Said) -> Seal | None:
    raw = call.get("extra_content", NOTHING)
    if not raw:
        return None
    google = as_object(as_object(read(VALUES, raw)).get("google"))
    signature = words(google.get("thought_signature"))
    if signature is None:
        return None
    del call["extra_content"]
    return Seal(origin="google", signature=signature)


def arguments_in(inner: Said, key: str) -> str:
    """Some send the object itself."""
    raw = inner.pop(key, NOTHING)
    if not raw or raw == NULL:
        return ""
    value = read(VALUES, raw)
    return value if isinstance(value, str) else bytes(raw).decode(errors="replace")


def image_of(item: Said) -> ir.Media | None:
    """OpenRouter's: a part as in a request."""
    said = an_object_in(item, "image_url")
    url = text_in(said, "url")
    if url is None:
        return None
    source, mime = read_url(url)
    put_back_rest(item, "image_url", said)
    item.pop("type", None)
    return ir.Media(kind="image", source=source, mime=mime, extra=rest_of(item))


def thought_of(part: Said) -> str:
    """Mistral's: a list of texts."""
    value: Any = read(VALUES, part.get("thinking", NULL))
    if isinstance(value, str):
        return value
    texts = (as_object(each).get("text") for each in value or ()) if isinstance(value, list) else ()
    return "".join(filter(None, map(words, texts)))
