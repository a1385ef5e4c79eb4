"""The calls of a vendor's stream: whose the next piece is.

Vendors leave out indexes and ids, repeat them, or give all calls the same. Law 1: a name that comes
with another id, or after arguments that are complete, begins a call; everything else continues one.
Law 2: no two calls of an answer have one id.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Raw

from protocols import custom_tools, ir
from protocols.codec import Memo
from protocols.ir import Event
from protocols.lenient import VALUES, read
from protocols.naming import minted_id
from protocols.openai_chat.answers import (
    Said,
    an_object_in,
    arguments_in,
    google_seal_in,
    put_back_rest,
    rest_of,
    text_in,
    whole_in,
)
from protocols.openai_chat.notes import LEGACY, NULL
from protocols.stream import Sequencer

ENDS: Final = ("}", "]", " ", "\n")


class _Call:
    """A call as far as it has come."""

    __slots__ = ("arguments", "block", "id", "is_custom", "is_open", "name", "reader", "seal")

    def __init__(self) -> None:
        self.id: str | None = None  # as said
        self.name = ""
        self.arguments: list[str] = []
        self.is_custom = False
        self.is_open = True
        self.block: int | None = None  # its index, once its name is known
        self.reader: custom_tools.InputReader | None = None
        self.seal: ir.Seal | None = None  # until it begins

    def is_complete(self) -> bool:
        if self.is_custom or not (self.arguments and self.arguments[-1].endswith(ENDS)):
            return self.is_custom
        return read(VALUES, "".join(self.arguments).encode(errors="replace")) is not None


class CallReader:
    """Of one choice."""

    __slots__ = ("_calls", "_choice", "_ids", "_last", "_memo", "_sequencer")

    def __init__(self, memo: Memo, sequencer: Sequencer, *, choice: int) -> None:
        self._memo = memo
        self._sequencer = sequencer
        self._choice = choice
        self._calls: dict[int | str, _Call] = {}  # the latest at each place
        self._last: _Call | None = None
        self._ids: set[str] = set()

    @property
    def has_called(self) -> bool:
        return bool(self._ids)

    def feed(self, item: Said) -> Iterator[Event]:
        """What is left in `item` then is said of a call that has begun before."""
        is_custom = text_in(item, "type") == "custom" or "custom" in item
        inner = an_object_in(item, "custom" if is_custom else "function")
        place, id_ = whole_in(item, "index"), text_in(item, "id") or None
        name = text_in(inner, "name") or ""
        text = arguments_in(inner, "input" if is_custom else "arguments")
        call = self._find(place, id_, name)
        if call is None:
            yield from self._make_room(place, id_)
            call = self._calls[self._key(place, id_)] = self._last = _Call()
            call.is_custom = is_custom
        self._last = call
        call.id = call.id or id_
        seal = google_seal_in(item)
        put_back_rest(item, "custom" if is_custom else "function", inner)
        yield from self._take(call, name, text, seal, item)

    def feed_legacy(self, said: Said) -> Iterator[Event]:
        """From the time when there was one call, without an id."""
        item = {"index": NULL, LEGACY: NULL, "function": Raw(msgspec.json.encode(said))}
        yield from self.feed(item)

    def close(self) -> Iterator[Event]:
        for call in [*self._calls.values()]:
            yield from self._end(call)

    def _key(self, place: int | None, id_: str | None) -> int | str:
        return place if place is not None else id_ or f"#{len(self._calls)}"

    def _find(self, place: int | None, id_: str | None, name: str) -> _Call | None:
        """The call that is continued; None where one begins."""
        if place is not None or id_ is not None:
            found = self._calls.get(self._key(place, id_))
        else:
            found = None if name else self._last
        if found is None or not name or not found.name:
            return found
        if id_ is not None and found.id is not None:
            return found if id_ == found.id else None
        return None if name != found.name or found.is_complete() else found

    def _take(
        self, call: _Call, name: str, text: str, seal: ir.Seal | None, item: Said
    ) -> Iterator[Event]:
        if not call.is_open:
            return
        call.seal = seal or call.seal
        if call.block is None:
            call.arguments.append(text)
            if name:
                call.name = name
                extra = rest_of(item) or {}
                if LEGACY in item:
                    extra[LEGACY] = NULL
                item.clear()
                yield from self._begin(call, extra or None)
            return
        if seal is not None:
            yield ir.Sealed(index=call.block, seal=seal)
        if text:
            call.arguments.append(text)
            yield from self._tell(call, call.block, text)

    def _begin(self, call: _Call, extra: ir.Extra | None) -> Iterator[Event]:
        memo, name = self._memo, call.name
        id_ = call.id
        if id_ is None or id_ in self._ids:
            id_ = minted_id(memo.seed, self._choice, len(self._ids))
        block: ir.Content
        if name == memo.schema_tool:
            block = ir.Text(text="")
        else:
            self._ids.add(id_)
            if memo.names.get(name, name) in memo.custom:
                call.reader = custom_tools.InputReader()
            is_custom = call.is_custom or call.reader is not None
            block = ir.ToolCall(
                id=id_,
                name=memo.names.get(name, name),
                arguments="",
                form="custom" if is_custom else "function",
                seal=call.seal,
                extra=extra,
            )
        begun = self._sequencer.begin(call, block, choice=self._choice)
        call.block = begun.index
        yield begun
        text = "".join(call.arguments)
        if text:
            yield from self._tell(call, begun.index, text)

    def _tell(self, call: _Call, index: int, text: str) -> Iterator[Event]:
        if call.name == self._memo.schema_tool:
            yield ir.TextDelta(index=index, text=text)
            return
        if call.reader is not None:
            text = call.reader.feed(text)
        if text:
            yield ir.ArgumentsDelta(index=index, text=text)

    def _make_room(self, place: int | None, id_: str | None) -> Iterator[Event]:
        """Dialects with one open block at a time need not wait with the next."""
        replaced = self._calls.get(self._key(place, id_))
        if replaced is not None:
            yield from self._end(replaced)
        if self._last is not None and self._last.is_complete():
            yield from self._end(self._last)

    def _end(self, call: _Call) -> Iterator[Event]:
        if not call.is_open:
            return
        if call.block is None:
            if not any(call.arguments):  # it never said anything
                return
            yield from self._begin(call, None)
        call.is_open = False
        rest = call.reader.close() if call.reader is not None else ""
        if rest and call.block is not None:
            yield ir.ArgumentsDelta(index=call.block, text=rest)
        yield from self._sequencer.end(call)
