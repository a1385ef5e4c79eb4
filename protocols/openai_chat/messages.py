"""Messages of a Chat request. Law: none is merged, split or moved."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final, Literal

from msgspec.structs import replace

from protocols.cache_points import take_cache_point
from protocols.errors import DecodeError
from protocols.fields import Fields, Item, one_of
from protocols.ir import (
    Content,
    Extra,
    FileRef,
    Media,
    Message,
    Opaque,
    Refusal,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from protocols.openai_chat.notes import LEGACY, NAME, NULL, REASONING, note
from protocols.openai_chat.parts import read_parts

CALL_FORMS: Final[Mapping[str, Literal["function", "custom"]]] = {
    "function": "function",
    "custom": "custom",
}
# Two spellings of the same; where a vendor sends both, the second stays with the rest.
REASONING_KEYS: Final[Mapping[str, Extra | None]] = {
    "reasoning_content": None,
    "reasoning": {REASONING: NULL},
}


def read_messages(items: Iterable[Item]) -> tuple[Message, ...]:
    calls: dict[str, ToolCall] = {}  # by id, for the results that follow
    messages: list[Message] = []
    for item in items:
        fields = item.fields()
        role = fields.required_text("role")
        if role not in READERS:
            raise one_of(fields.at("role"), role, tuple(READERS))
        message = READERS[role](fields, calls)
        calls.update((block.id, block) for block in message.content if isinstance(block, ToolCall))
        messages.append(message)
    return tuple(messages)


def _system(fields: Fields, calls: Mapping[str, ToolCall]) -> Message:
    return _said(fields, role="system")


def _developer(fields: Fields, calls: Mapping[str, ToolCall]) -> Message:
    return _said(fields, role="system", developer=True)


def _user(fields: Fields, calls: Mapping[str, ToolCall]) -> Message:
    return _said(fields, role="user")


def _said(fields: Fields, *, role: Literal["system", "user"], developer: bool = False) -> Message:
    item = fields.item("content")
    if item is None:
        raise DecodeError(fields.at("content"), "is missing; expected a string or a list of parts")
    return Message(
        role=role,
        content=read_parts(item),
        developer=developer,
        name=fields.text("name"),
        extra=fields.rest(),
    )


def _assistant(fields: Fields, calls: Mapping[str, ToolCall]) -> Message:
    content = fields.item("content")
    blocks: list[Content] = [
        *_reasoning(fields),
        *(read_parts(content) if content else ()),
        *_refusal(fields),
        *_spoken(fields),
        *(_call(item) for item in fields.items("tool_calls")),
        *_legacy_call(fields),
    ]
    name = fields.text("name")
    return Message(role="assistant", content=tuple(blocks), name=name, extra=fields.rest())


def _reasoning(fields: Fields) -> Iterator[Thinking]:
    key = next((key for key in REASONING_KEYS if fields.has(key)), None)
    text = fields.text(key) if key else None
    if key and text:
        yield Thinking(text=text, extra=REASONING_KEYS[key])


def _refusal(fields: Fields) -> Iterator[Refusal]:
    text = fields.text("refusal")
    if text is not None:
        yield Refusal(text=text)


def _spoken(fields: Fields) -> Iterator[Media]:
    """What the model said aloud before, by its id."""
    audio = fields.object("audio")
    if audio is not None:
        reference = FileRef(origin="openai", id=audio.required_text("id"))
        fields.put_back_rest("audio", audio)
        yield Media(kind="audio", source=reference)


def _call(item: Item) -> ToolCall:
    fields = item.fields()
    form = fields.choice("type", CALL_FORMS) or "function"
    inner = fields.object(form)
    if inner is None:
        raise DecodeError(fields.at(form), "is missing; expected an object")
    name = inner.required_text("name")
    text = _text_or_json(inner, "arguments" if form == "function" else "input")
    fields.put_back_rest(form, inner)
    return ToolCall(
        id=fields.text("id") or minted_id(item.path),
        name=name,
        arguments="{}" if text is None else text,
        form=form,
        cache=take_cache_point(fields),
        seal=_google_seal(fields),
        extra=fields.rest(),
    )


def _text_or_json(fields: Fields, key: str) -> str | None:
    """Some send the object itself."""
    item = fields.item(key)
    if item is None or item.is_text():
        return item.text() if item else None
    return bytes(item.raw).decode()


def _legacy_call(fields: Fields) -> Iterator[ToolCall]:
    said = fields.object("function_call")
    if said is not None:
        call = ToolCall(
            id=minted_id(fields.path),
            name=said.required_text("name"),
            arguments=_text_or_json(said, "arguments") or "{}",
            extra={LEGACY: NULL},
        )
        fields.put_back_rest("function_call", said)
        yield call


def _google_seal(fields: Fields) -> Seal | None:
    raw = fields.raw("extra_content")
    if not raw:
        return None
    google = Fields(raw, fields.at("extra_content")).object("google")
    signature = google.text("thought_signature") if google else None
    if signature is None:
        fields.put_back("extra_content", raw)
        return None
    return Seal(origin="google", signature=signature)


def _tool(fields: Fields, calls: Mapping[str, ToolCall]) -> Message:
    call_id = fields.required_text("tool_call_id")
    named = fields.text("name")
    call = calls.get(call_id) or ToolCall(id=call_id, name="")
    result = _result(fields, call, notes=(NAME,) if named else ())
    return _answered(fields, replace(result, name=named or call.name or None, form=call.form))


def _function(fields: Fields, calls: Mapping[str, ToolCall]) -> Message:
    """The result of a call from the time when calls had no ids: of the last of that name."""
    name = fields.required_text("name")
    named = [call for call in calls.values() if call.name == name]
    call = named[-1] if named else ToolCall(id=minted_id(fields.path), name=name)
    return _answered(fields, _result(fields, call, notes=(LEGACY,)))


def _result(fields: Fields, call: ToolCall, *, notes: tuple[str, ...]) -> ToolResult:
    item = fields.item("content")
    parts = read_parts(item) if item else ()
    return ToolResult(
        call_id=call.id,
        name=call.name,
        content=tuple(part for part in parts if isinstance(part, Text | Media | Opaque)),
        cache=take_cache_point(fields),
        extra=note(None, *notes),
    )


def _answered(fields: Fields, result: ToolResult) -> Message:
    return Message(role="user", content=(result,), extra=fields.rest())


def minted_id(path: str) -> str:
    """The same for the same place: decoding twice gives the same ids."""
    return f"call_{sha256(path.encode()).hexdigest()[:24]}"


READERS: Final[Mapping[str, Callable[[Fields, Mapping[str, ToolCall]], Message]]] = {
    "system": _system,
    "developer": _developer,
    "user": _user,
    "assistant": _assistant,
    "tool": _tool,
    "function": _function,
}
