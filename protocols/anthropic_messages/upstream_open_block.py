"""A block of a stream, while it is open."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from protocols import ir
from protocols.anthropic_messages.blocks import VENDOR
from protocols.anthropic_messages.citations import read_citation
from protocols.anthropic_messages.upstream_response import named_as_asked, read_plainly
from protocols.codec import Memo
from protocols.custom_tools import InputReader
from protocols.errors import DecodeError
from protocols.fields import OBJECTS, Fields
from protocols.ir import NOTHING, Event, Extra
from protocols.lenient import UNREADABLE, an_object, read, words


class Delta(Struct, forbid_unknown_fields=True):
    type: Any = None
    text: Any = None
    thinking: Any = None
    partial_json: Any = None
    signature: Any = None
    citation: Raw = NOTHING


class LooseDelta(Delta, forbid_unknown_fields=False):
    """With fields nobody has a word for."""


DELTAS: Final = msgspec.json.Decoder(Delta)
# Most deltas hold nothing else; they are read once.
LOOSE_DELTAS: Final = msgspec.json.Decoder(LooseDelta)
# What a delta of each type begins, where nothing has begun.
BEGINNINGS: Final[Mapping[str | None, Raw]] = {
    "thinking_delta": Raw(b'{"type":"thinking","thinking":""}'),
    "signature_delta": Raw(b'{"type":"thinking","thinking":""}'),
    "input_json_delta": Raw(b'{"type":"tool_use","id":"","name":"","input":{}}'),
}
# Whose events take it along.
WITH_EXTRA: Final = frozenset({"text_delta", "thinking_delta"})
KNOWN: Final = frozenset(Delta.__struct_fields__)
TEXT: Final = Raw(b'{"type":"text","text":""}')


class OpenBlock:
    __slots__ = (
        "_block", "_heard", "_input", "_is_schema", "_said", "beside", "head", "is_call",
    )  # fmt: skip

    def __init__(self, raw: Raw, memo: Memo, position: int) -> None:
        """`position`: among the blocks of the answer."""
        block = read_plainly(raw)
        self._heard = False  # arguments, in pieces
        self._input: InputReader | None = None
        self._said: dict[str, Any] | None = None  # of a block we do not model
        self.beside: Extra = {}  # what the last delta said that has no place in the block
        self._is_schema = isinstance(block, ir.ToolCall) and block.name == memo.schema_tool
        self.is_call = isinstance(block, ir.ToolCall) and not self._is_schema
        self.head = self._head(block, memo, position)
        self._block = block

    @staticmethod
    def raw_of(delta: Raw) -> Raw:
        """The block that a delta seems to continue."""
        said, _ = _read_delta(delta)
        return BEGINNINGS.get(words(said.type), TEXT)

    def _head(self, block: ir.Content, memo: Memo, position: int) -> ir.Content:
        match block:
            case ir.Text():
                return replace(block, text="", citations=())
            case ir.Thinking(redacted=False):
                return replace(block, text="", seal=None)
            case ir.ToolCall():
                if self._is_schema:
                    return ir.Text(text="")
                call = named_as_asked(block, memo, position)
                self._input = InputReader() if call.form == "custom" else None
                return replace(call, arguments="")
            case _:
                return block

    def begun(self, index: int) -> Sequence[Event]:
        """What the block said already as it began."""
        block, told = self._block, list[Event]()
        match block:
            case ir.Text() | ir.Thinking(redacted=False):
                if block.text:
                    told.append(ir.TextDelta(index=index, text=block.text))
                if isinstance(block, ir.Text):
                    told += [
                        ir.CitationAdded(index=index, citation=each) for each in block.citations
                    ]
                elif block.seal is not None:
                    told.append(ir.Sealed(index=index, seal=block.seal))
            case _:
                pass
        return told

    def delta(self, raw: Raw, index: int) -> Sequence[Event] | None:
        """None for what the block has no words for."""
        said, extra = _read_delta(raw)
        self.beside = {} if extra is None or said.type in WITH_EXTRA else extra
        match said:
            case Delta(type="text_delta", text=str() as text) if isinstance(self._block, ir.Text):
                return [ir.TextDelta(index=index, text=text, extra=extra)]
            case Delta(type="thinking_delta", thinking=str() as text) if self._is_thought:
                return [ir.TextDelta(index=index, text=text, extra=extra)]
            case Delta(type="signature_delta", signature=str() as signature) if self._is_thought:
                seal = ir.Seal(origin=VENDOR, signature=signature)
                return [ir.Sealed(index=index, seal=seal)] if signature else ()
            case Delta(type="input_json_delta", partial_json=str() as text) if isinstance(
                self._block, ir.ToolCall
            ):
                return self._arguments(text, index)
            case Delta(type="citations_delta", citation=citation) if citation:
                return self._citation(citation, index)
            case _:
                self._add(raw)
                return None

    @property
    def _is_thought(self) -> bool:
        return isinstance(self._block, ir.Thinking)

    def _arguments(self, text: str, index: int) -> Sequence[Event]:
        if not text:
            return ()
        self._heard = True
        if self._is_schema:
            return [ir.TextDelta(index=index, text=text)]
        if self._input is not None:
            text = self._input.feed(text)
        return [ir.ArgumentsDelta(index=index, text=text)] if text else ()

    def _citation(self, raw: Raw, index: int) -> Sequence[Event] | None:
        try:
            cited = read_citation(Fields(raw, ""))
        except DecodeError:
            return None
        return [ir.CitationAdded(index=index, citation=cited)]

    def _add(self, raw: Raw) -> None:
        """What is added to a block we do not model is added to what it is in the end."""
        if isinstance(self._block, ir.Opaque):
            said = self._said = self._said or an_object(self._block.raw)
            for key, value in an_object(raw).items():
                if key != "type":
                    before = said.get(key)
                    both = isinstance(before, str) and isinstance(value, str)
                    said[key] = before + value if both else value

    def rest(self, index: int) -> Sequence[Event]:
        """What can be told only as the block ends."""
        block = self._block
        if not isinstance(block, ir.ToolCall):
            return ()
        told: Sequence[Event] = ()
        if not self._heard:
            # All came as it began; clients want an object, be it empty.
            told = self._arguments(block.arguments, index)
        if self._input is not None:
            last = self._input.close()
            return [*told, ir.ArgumentsDelta(index=index, text=last)] if last else told
        return told

    def final(self) -> ir.Content | None:
        if self._said is None or not isinstance(self._block, ir.Opaque):
            return None
        return replace(self._block, raw=Raw(msgspec.json.encode(self._said)))


def _read_delta(raw: Raw) -> tuple[Delta, Extra | None]:
    try:
        return DELTAS.decode(raw), None
    except UNREADABLE:
        pass
    fields = read(OBJECTS, raw) or {}
    extra = {key: each.copy() for key, each in fields.items() if key not in KNOWN}
    return read(LOOSE_DELTAS, raw) or Delta(), extra or None
