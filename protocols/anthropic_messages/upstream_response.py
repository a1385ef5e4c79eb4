"""A whole Messages answer, read.

Law: what of it is not as expected is kept as it is; only what is no answer at all is refused.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.anthropic_messages.blocks import DIALECT, READERS
from protocols.anthropic_messages.usage import read_tier, read_usage
from protocols.anthropic_messages.wire import REASONS
from protocols.codec import Memo
from protocols.custom_tools import input_of
from protocols.errors import DecodeError
from protocols.fields import NULL, Fields
from protocols.ir import Extra
from protocols.lenient import VALUES, an_object, read, whole_characters, words
from protocols.naming import minted_id

OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])
LISTS: Final = msgspec.json.Decoder(list[Raw])
# Some vendors that speak the dialect give calls no ids.
CALLS: Final = frozenset({"tool_use", "server_tool_use"})
NO_ID: Final = Raw(b'""')
KNOWN_OF_THE_STOP: Final = frozenset({"stop_reason", "stop_sequence"})
OF_THE_STOP: Final = ("stop_details", "container")
KNOWN: Final = frozenset(
    {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"}
).union(OF_THE_STOP)


def decode_response(body: bytes, memo: Memo) -> ir.Response:
    said = read(OBJECTS, whole_characters(body))
    content = None if said is None else read(LISTS, said.get("content", NULL))
    if said is None or content is None:
        raise DecodeError("content", "is missing; expected a list of blocks")
    usage = an_object(said.get("usage", NULL))
    blocks = tuple(_as_asked(read_plainly(raw), memo, at) for at, raw in enumerate(content))
    has_calls = any(isinstance(block, ir.ToolCall) for block in blocks)
    return ir.Response(
        id=read_text(said, "id"),
        model=read_text(said, "model"),
        content=blocks,
        stop=read_stop(said, memo, has_calls=has_calls),
        usage=read_usage(usage) or ir.Usage(),
        service_tier=read_tier(usage),
        extra=read_extra(said),
    )


def read_plainly(raw: Raw) -> ir.Content:
    """A block as the vendor has it; one that cannot be read is kept whole."""
    try:
        fields = Fields(raw, "")
        kind = fields.required_text("type")
        if kind in CALLS and not fields.has("id"):
            fields.put_back("id", NO_ID)
        if kind in READERS:
            return READERS[kind](fields)
    except DecodeError:
        kind = words(an_object(raw).get("type")) or ""
    return ir.Opaque(dialect=DIALECT, kind=kind, raw=raw.copy())


def _as_asked(block: ir.Content, memo: Memo, position: int) -> ir.Content:
    if not isinstance(block, ir.ToolCall):
        return block
    if block.name == memo.schema_tool:
        return ir.Text(text=block.arguments)
    call = named_as_asked(block, memo, position)
    return replace(call, arguments=input_of(call.arguments)) if call.form == "custom" else call


def named_as_asked(call: ir.ToolCall, memo: Memo, position: int) -> ir.ToolCall:
    """`position`: of the block in the answer."""
    name = memo.names.get(call.name, call.name)
    id_ = call.id or minted_id(memo.seed, position)
    if name in memo.custom:
        return replace(call, id=id_, name=name, form="custom")
    return call if (id_, name) == (call.id, call.name) else replace(call, id=id_, name=name)


def read_stop(
    said: Mapping[str, Raw], memo: Memo, *, has_calls: bool, beside: Iterable[str] = OF_THE_STOP
) -> ir.Stop:
    """`beside`: of what is said, the fields that are about the end."""
    word = read_text(said, "stop_reason") or None
    reason = REASONS.get(word or "", "other")
    if reason == "tool_call" and memo.schema_tool is not None and not has_calls:
        reason = "end_turn"
    extra = {
        key: said[key].copy()
        for key in beside
        if key not in KNOWN_OF_THE_STOP and said.get(key, NULL) != NULL
    }
    if word is not None and word not in REASONS:
        extra["stop_reason"] = said["stop_reason"].copy()
    return ir.Stop(
        reason=reason,
        raw=word,
        sequence=read_text(said, "stop_sequence") or None,
        extra=extra or None,
    )


def read_extra(said: Mapping[str, Raw]) -> Extra | None:
    found = {key: raw.copy() for key, raw in said.items() if key not in KNOWN and raw != NULL}
    return found or None


def read_text(said: Mapping[str, Raw], key: str) -> str:
    value: Any = read(VALUES, said[key]) if key in said else None
    return value if isinstance(value, str) else ""
