"""A vendor's stream of events, read.

Law: its last event alone says how it ended; a stream without one has failed.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.codec import Frame, Memo
from protocols.ir import NOTHING, Event, Extra
from protocols.lenient import read, readable
from protocols.openai_responses.answers import LISTS, OBJECTS, Head, Said
from protocols.openai_responses.output import Key, OutputReader
from protocols.openai_responses.wire import DIALECT
from protocols.vendor_errors import problem_of

NO_END: Final = "the provider's answer broke off"
# What all events have, and we count or do not need.
COUNTED: Final = ("type", "sequence_number", "obfuscation", "item_id", "output_index")
# All that the events say which we model; a delta of a text takes along whatever else it says.
READ: Final = frozenset(
    {
        *COUNTED,
        "annotation", "annotation_index", "arguments", "content_index", "delta", "input", "item",
        "logprobs", "name", "part", "refusal", "response", "summary_index", "text",
    }
)  # fmt: skip
PLACES: Final = {"content": "content_index", "summary": "summary_index"}
BEGUN: Final = frozenset({"response.created", "response.in_progress"})
ENDED: Final = frozenset({"response.completed", "response.incomplete"})


class PartEvent(NamedTuple):
    """What an event says of a part."""

    parts: str
    kind: str = ""  # of the part


ADDED: Final = {
    "response.content_part.added": PartEvent("content"),
    "response.reasoning_part.added": PartEvent("content"),
    "response.reasoning_summary_part.added": PartEvent("summary"),
}
DONE: Final = {kind.replace(".added", ".done"): part for kind, part in ADDED.items()}
TEXTS: Final = {
    "response.output_text": PartEvent("content", "output_text"),
    "response.refusal": PartEvent("content", "refusal"),
    "response.reasoning_text": PartEvent("content", "reasoning_text"),
    "response.reasoning_summary_text": PartEvent("summary", "summary_text"),
}
TOLD: Final = ("type", "text", "refusal", "logprobs")
ANNOTATED: Final = "response.output_text.annotation.added"
ITEMS: Final = frozenset({"response.output_item.added", "response.output_item.done"})
CALLED: Final = frozenset({"response.function_call_arguments", "response.custom_tool_call_input"})
READERS: Final = frozenset({*BEGUN, *ENDED, *ADDED, *DONE, *ITEMS, ANNOTATED})
PIECES: Final = frozenset(
    {*((of, "done") for of in TEXTS), *((of, what) for of in CALLED for what in ("delta", "done"))}
)


class ResponsesEventDecoder:
    __slots__ = ("_beside", "_is_over", "_output", "_started")

    def __init__(self, memo: Memo) -> None:
        self._output = OutputReader(memo)
        self._beside: Extra = {}  # what events say that has no place in a block
        self._started = False
        self._is_over = False

    def feed(self, frame: Frame) -> Sequence[Event]:
        frame = readable(frame)
        top = read(OBJECTS, frame.data) if frame.data else None
        if self._is_over or top is None:
            return ()
        said = Said(top)
        kind = said.text("type") or frame.event or ""
        if kind == "error" or frame.event == "error":
            return self._fail(frame.data)
        return [*self._read(kind, said)]

    def close(self) -> Sequence[Event]:
        if self._is_over:
            return ()
        self._is_over = True
        return [ir.Failed(kind="upstream_error", message=NO_END)]

    def _read(self, kind: str, said: Said) -> Iterator[Event]:
        if kind in BEGUN and self._started:
            return
        self._keep(kind, said)
        if not self._started:
            self._started = True
            yield _started(said)
        if kind in ENDED or kind == "response.failed":
            yield from self._end(kind, said)
        elif kind.startswith("response.output_item."):
            key, raw = _key(said), said.raw("item")
            read_item = self._output.done if kind.endswith(".done") else self._output.added
            yield from read_item(key, raw)
        elif kind in ADDED or kind in DONE:
            yield from self._part(kind, said)
        else:
            yield from self._piece(kind, said)

    def _keep(self, kind: str, said: Said) -> None:
        of, _, what = kind.rpartition(".")
        if said.left.keys() - READ and (kind in READERS or (of, what) in PIECES):
            self._beside.update((key, raw) for key, raw in said.rest().items() if key not in READ)

    def _part(self, kind: str, said: Said) -> Iterator[Event]:
        place = _place(said, (ADDED.get(kind) or DONE[kind]).parts)
        part, key = said.inner("part"), _key(said)
        if kind in ADDED:
            return self._output.part_added(key, place, part)
        return self._output.part_done(key, place, part, ends=True)

    def _piece(self, kind: str, said: Said) -> Iterator[Event]:
        """Of a text, or of what a tool is called with."""
        of, _, what = kind.rpartition(".")
        if of in TEXTS and what in {"delta", "done"}:
            return self._text(TEXTS[of], said, is_done=what == "done")
        if of in CALLED and what in {"delta", "done"}:
            key = _key(said)
            text = said.text("delta") or said.text("arguments") or said.text("input")
            return self._output.called(key, text, whole=what == "done")
        if kind == ANNOTATED:
            key, place = _key(said), _place(said, "content")
            return self._output.cited(key, place, said.inner("annotation"))
        if not kind or kind in BEGUN:
            return iter(())
        left = {key: raw for key, raw in said.left.items() if key != "sequence_number"}
        raw = Raw(msgspec.json.encode(left))
        return iter((ir.Foreign(dialect=DIALECT, event=kind, raw=raw),))

    def _text(self, part: PartEvent, said: Said, *, is_done: bool) -> Iterator[Event]:
        key, place = _key(said), _place(said, part.parts)
        if is_done:
            said.left["type"] = Raw(b'"%s"' % part.kind.encode())
            whole = Said({name: said.left[name] for name in TOLD if name in said.left})
            return self._output.part_done(key, place, whole, ends=False)
        for name in COUNTED:
            said.raw(name)
        return self._output.delta(key, place, part.kind, said)

    def _end(self, kind: str, said: Said) -> Iterator[Event]:
        self._is_over = True
        answer, output = said.inner("response"), self._output
        items = read(LISTS, answer.raw("output") or NOTHING) or ()
        for number, raw in enumerate(items):
            if not output.has_seen(number, Said(raw).text("id")):
                yield from output.done(number, raw)
        yield from output.close()
        head = Head(answer)
        if kind == "response.failed":
            yield head.failed()
            return
        yield ir.Finished(
            stop=head.stop(has_calls=output.has_calls, has_refused=output.has_refused),
            usage=head.usage or ir.Usage(),
            service_tier=head.tier,
            extra={**self._beside, **output.beside, **(head.extra or {})} or None,
        )

    def _fail(self, data: bytes) -> Sequence[Event]:
        self._is_over = True
        problem = problem_of(0, data, None)
        return [ir.Failed(kind=problem.kind, message=problem.message, raw=Raw(data))]


def _started(said: Said) -> ir.Started:
    answer = Said(said.left.get("response", NOTHING))
    answer.raw("output")
    tier = answer.left.get("service_tier", NOTHING)
    head = Head(answer)
    # As which it is asked for; as which it is served is known in the end.
    extra = {**(head.extra or {}), **({"service_tier": tier} if tier else {})}
    return ir.Started(id=head.id, model=head.model, created=head.created, extra=extra or None)


def _key(said: Said) -> Key:
    """Where the item stands; else what it is called."""
    number, id_ = said.whole("output_index"), said.text("item_id")
    if number is not None:
        return number
    return id_ or Said(said.left.get("item", NOTHING)).text("id")


def _place(said: Said, parts: str) -> tuple[str, int]:
    return parts, said.whole(PLACES[parts]) or 0
