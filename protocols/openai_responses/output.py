"""A vendor's output, read: items and their parts in, events out.

Law: an item is named by its place in the output, or by whatever else is unique to it.
"""

from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec
from msgspec import Raw

from protocols.codec import Memo
from protocols.ir import Event, Extra
from protocols.openai_responses.answers import Said
from protocols.openai_responses.item_readers import (
    FORMS,
    Answer,
    CallReader,
    ImageReader,
    PartsReader,
    Place,
    WholeReader,
)
from protocols.openai_responses.wire import IMAGE

Key: TypeAlias = int | str
WITH_PARTS: Final = frozenset({"message", "reasoning"})
OF_MESSAGES: Final = frozenset({"output_text", "refusal"})


class OutputReader:
    __slots__ = ("_answer", "_items", "_seen")

    def __init__(self, memo: Memo) -> None:
        self._answer = Answer(memo)
        self._items: dict[
            Key, PartsReader | CallReader | ImageReader | WholeReader
        ] = {}  # those not done
        self._seen: set[Key] = set()

    @property
    def has_calls(self) -> bool:
        return self._answer.has_calls

    @property
    def has_refused(self) -> bool:
        return self._answer.has_refused

    @property
    def beside(self) -> Extra:
        """What the items said too late to be told with their blocks."""
        return self._answer.beside

    def has_seen(self, key: Key, id_: str) -> bool:
        return key in self._seen or id_ in self._seen

    def added(self, key: Key, raw: Raw) -> Iterator[Event]:
        said = Said(raw)
        if key in self._items or not said.left:
            return
        kind, id_ = Said(raw).text("type"), Said(raw).text("id")
        self._seen |= {key, id_ or key}
        if kind in WITH_PARTS:
            self._items[key] = PartsReader(self._answer, key, said)
        elif kind in FORMS:
            call = self._items[key] = CallReader(self._answer, key, FORMS[kind])
            yield from call.start(said)
        else:
            reader = ImageReader if kind == IMAGE else WholeReader
            whole = self._items[key] = reader(self._answer, key)
            yield from whole.start(raw)

    def part_added(self, key: Key, place: Place, part: Said) -> Iterator[Event]:
        return self._with_parts(key, part.left).begin(place, part)

    def delta(self, key: Key, place: Place, kind: str, delta: Said) -> Iterator[Event]:
        told = {"type": Raw(msgspec.json.encode(kind))}
        return self._with_parts(key, told).delta(place, kind, delta)

    def cited(self, key: Key, place: Place, annotation: Said) -> Iterator[Event]:
        return self._with_parts(key, {}).cite(place, annotation)

    def part_done(self, key: Key, place: Place, part: Said, *, ends: bool) -> Iterator[Event]:
        item = self._with_parts(key, part.left)
        yield from item.settle(place, part)
        if ends:
            yield from item.end(place)

    def called(self, key: Key, text: str, *, whole: bool) -> Iterator[Event]:
        item = self._items.get(key)
        return item.called(text, whole=whole) if isinstance(item, CallReader) else iter(())

    def done(self, key: Key, raw: Raw) -> Iterator[Event]:
        yield from self.added(key, raw)
        if Said(raw).left and key in self._items:
            yield from self._items.pop(key).done(raw)

    def close(self) -> Iterator[Event]:
        """The answer is over, and with it whatever was not."""
        self._items.clear()
        yield from self._answer.sequencer.end_all()

    def _with_parts(self, key: Key, part: dict[str, Raw]) -> PartsReader:
        """Some vendors do not say that an item begins."""
        item = self._items.get(key)
        if isinstance(item, PartsReader):
            return item
        is_message = Said(part).text("type") in OF_MESSAGES
        head = Raw(b'{"type":"message"}' if is_message else b'{"type":"reasoning"}')
        self._seen.add(key)
        made = self._items[key] = PartsReader(self._answer, key, Said(head))
        return made
