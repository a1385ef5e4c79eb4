"""Items of a Responses request. Law: each is one message; none is merged, split or moved."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

from msgspec import Raw
from msgspec.structs import replace

from protocols.errors import DecodeError
from protocols.fields import Fields, Item, one_of
from protocols.ir import (
    Media,
    Message,
    Opaque,
    Seal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from protocols.naming import minted_id
from protocols.openai_responses.parts import read_parts
from protocols.openai_responses.wire import (
    CALLS,
    DIALECT,
    IMAGE,
    ITEM,
    VENDOR,
    image_of,
    unusual,
)

Role: TypeAlias = Literal["system", "user", "assistant"]
ROLES: Final[Mapping[str, Role]] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "system",
}
# What the client says in return, among the items we do not model.
ANSWERING: Final = ("_output", "_response")


def read_items(items: Iterable[Item]) -> Iterator[Message]:
    names: dict[str, str] = {}  # tool call id -> name, for the results that follow
    for item in items:
        fields = item.fields()
        kind = fields.text("type") or "message"
        is_known = fields.has("result") if kind == IMAGE else kind in READERS
        message = READERS[kind](fields) if is_known else _opaque(item, kind)
        yield _named(message, names)


def _named(message: Message, names: dict[str, str]) -> Message:
    match message.content:
        case (ToolCall() as call,):
            names[call.id] = call.name
        case (ToolResult() as result,) if result.call_id in names:
            named = replace(result, name=names[result.call_id])
            return replace(message, content=(named,))
        case _:
            pass
    return message


def _message(fields: Fields) -> Message:
    word = fields.required_text("role")
    if word not in ROLES:
        raise one_of(fields.at("role"), word, tuple(ROLES))
    item = fields.item("content")
    if item is None:
        raise DecodeError(fields.at("content"), "is missing; expected a string or a list of parts")
    content = read_parts(item)
    if any(isinstance(block, Text | Media) for block in content):
        # Where no block can carry it, the id stays with the rest.
        seal = _seal(fields)
        content = tuple(
            replace(block, seal=seal) if isinstance(block, Text | Media) else block
            for block in content
        )
    return Message(
        role=ROLES[word],
        content=content,
        developer=word == "developer",
        extra=unusual(fields.rest()),
    )


def _seal(fields: Fields, signature: str | None = None) -> Seal | None:
    id_ = fields.text("id")
    if id_ is None and signature is None:
        return None
    return Seal(origin=VENDOR, id=id_, signature=signature)


def _reasoning(fields: Fields) -> Message:
    """The signature is on the last of its parts."""
    signature = fields.text("encrypted_content")
    seal = _seal(fields)
    signed = (
        seal
        if signature is None
        else Seal(origin=VENDOR, id=seal.id if seal else None, signature=signature)
    )
    thoughts = [
        *(_thought(part, summary=True, seal=seal) for part in fields.items("summary")),
        *(_thought(part, summary=False, seal=seal) for part in fields.items("content")),
    ] or [Thinking()]
    extra = unusual(fields.rest())
    thoughts[-1] = replace(thoughts[-1], seal=signed)
    return Message(role="assistant", content=tuple(thoughts), extra=extra)


def _thought(part: Item, *, summary: bool, seal: Seal | None) -> Thinking:
    fields = part.fields()
    fields.text("type")
    text = fields.required_text("text")
    return Thinking(text=text, summary=summary, seal=seal, extra=fields.rest())


def _function_call(fields: Fields) -> Message:
    return _call(fields, "function")


def _custom_call(fields: Fields) -> Message:
    return _call(fields, "custom")


def _call(fields: Fields, form: Literal["function", "custom"]) -> Message:
    name, said = fields.required_text("name"), fields.text(CALLS[form].key)
    call = ToolCall(
        id=fields.text("call_id") or minted_id(fields.path),
        name=name,
        arguments="{}" if said is None else said,
        form=form,
        seal=_seal(fields),
        extra=unusual(fields.rest()),
    )
    return Message(role="assistant", content=(call,))


def _function_output(fields: Fields) -> Message:
    return _output(fields, "function")


def _custom_output(fields: Fields) -> Message:
    return _output(fields, "custom")


def _output(fields: Fields, form: Literal["function", "custom"]) -> Message:
    item = fields.item("output")
    parts = read_parts(item) if item else ()
    result = ToolResult(
        call_id=fields.required_text("call_id"),
        content=tuple(part for part in parts if isinstance(part, Text | Media | Opaque)),
        form=form,
        extra=unusual(fields.rest()),
    )
    return Message(role="user", content=(result,))


def _image(fields: Fields) -> Message:
    """One that the model has made."""
    data, form = fields.required_text("result"), fields.text("output_format")
    seal, extra = _seal(fields), {ITEM: Raw(b'"%s"' % IMAGE.encode())}
    made = image_of(
        data, form=form or "", seal=seal, extra={**extra, **(unusual(fields.rest()) or {})}
    )
    return Message(role="assistant", content=(made,))


def _opaque(item: Item, kind: str) -> Message:
    """Vendors add items every month; they return to who knows them."""
    block = Opaque(dialect=DIALECT, kind=kind, raw=item.raw)
    return Message(role="user" if kind.endswith(ANSWERING) else "assistant", content=(block,))


READERS: Final[Mapping[str, Callable[[Fields], Message]]] = {
    "message": _message,
    "reasoning": _reasoning,
    "function_call": _function_call,
    "function_call_output": _function_output,
    "custom_tool_call": _custom_call,
    "custom_tool_call_output": _custom_output,
    IMAGE: _image,
}
