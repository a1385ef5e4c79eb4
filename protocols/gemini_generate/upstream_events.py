"""A stream of a vendor's chunks, read.

Law: a block begins with the first part of its kind and ends with the next of another, or with its
signature; calls and media are whole in one part, or come in pieces and are told when whole.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.codec import Frame, Memo
from protocols.gemini_generate.citations import citations_of
from protocols.gemini_generate.errors import read_problem
from protocols.gemini_generate.ids import Calls
from protocols.gemini_generate.logprobs import read_logprobs
from protocols.gemini_generate.partial_arguments import PartialArguments
from protocols.gemini_generate.parts import DIALECT, NULL
from protocols.gemini_generate.upstream_response import (
    CITING,
    MARKS,
    TAKEN,
    beside_parts,
    block_of,
    blocked,
    camel_object,
    last_searches,
    listed,
    number_of,
    parts_of,
    read_stop,
    text_of,
    values_of,
    without,
)
from protocols.gemini_generate.usage import read_tier, read_usage, with_searches
from protocols.ir import Event
from protocols.lenient import VALUES as ANY
from protocols.lenient import an_object, read, readable
from protocols.stream import Sequencer

BROKEN: Final = "the provider ended the stream without saying why"
LOGPROBS: Final = "logprobsResult"


class _Candidate:
    """One answer as far as it has come."""

    __slots__ = (
        "beside",
        "block",
        "calls",
        "content",
        "is_sealed",
        "partial",
        "parts",
        "said",
        "text",
    )

    def __init__(self, memo: Memo, number: int) -> None:
        self.calls = Calls(memo.seed, number)
        self.said: dict[str, Raw] = {}  # all that stood beside the content
        self.content: dict[str, Raw] = {}  # all that stood in it beside the parts
        self.block: ir.Content | None = None  # that is open
        self.is_sealed = False  # the open block has nothing more to say
        self.text: list[str] = []  # of the open block
        self.parts = 0
        self.partial: tuple[dict[str, Raw], PartialArguments] | None = None
        self.beside: list[ir.Content] = []  # calls, for what they say of the stop


class GenerateEventDecoder:
    def __init__(self, memo: Memo) -> None:
        self._memo = memo
        self._sequencer = Sequencer()
        self._candidates: dict[int, _Candidate] = {}
        self._answer: dict[str, Raw] = {}  # all that stood beside the candidates
        self._usage: ir.Usage | None = None
        self._searches: int | None = None
        self._tier: str | None = None
        self._has_begun = False
        self._is_over = False

    def feed(self, frame: Frame) -> Sequence[Event]:
        frame = readable(frame)
        chunk = camel_object(frame.data)
        if self._is_over or not chunk:
            return ()
        if read(ANY, chunk.pop("error", NULL)):
            return self._fail(frame.data)
        if not chunk.keys() & MARKS:
            raw = Raw(bytes(frame.data))
            return [ir.Foreign(dialect=DIALECT, event="chunk", raw=raw)] if self._has_begun else ()
        events: list[Event] = [] if self._has_begun else [_started(chunk)]
        self._has_begun = True
        self._answer.update((key, raw) for key, raw in chunk.items() if key != "candidates")
        candidates = [camel_object(raw) for raw in listed(chunk.get("candidates"))]
        self._searches = last_searches(candidates, self._searches)
        for position, said in enumerate(candidates):
            number = max(0, number_of(said["index"])) if "index" in said else position
            candidate = self._candidates.get(number)
            if candidate is None:
                candidate = self._candidates[number] = _Candidate(self._memo, number)
            events += self._take(candidate, said, number)
        events += self._count(chunk)
        return events

    def close(self) -> Sequence[Event]:
        if self._is_over:
            return ()
        self._is_over = True
        first = self._candidates.get(0)
        stop = self._stop(first) if first else blocked(self._answer)
        if stop.raw is None:
            return [ir.Failed(kind="upstream_error", message=BROKEN, usage=self._usage)]
        events: list[Event] = []
        for number, candidate in self._candidates.items():
            events += self._end_partial(candidate, number)
        events += self._sequencer.end_all()
        for number, candidate in sorted(self._candidates.items()):
            if number:
                events.append(ir.AlternativeEnded(choice=number, stop=self._stop(candidate)))
        finished = ir.Finished(
            stop=self._stop(first) if first else stop,
            usage=self._usage or ir.Usage(),
            service_tier=self._tier,
            extra=without(self._answer, TAKEN),
        )
        return [*events, finished]

    def _fail(self, data: bytes) -> Sequence[Event]:
        self._is_over = True
        problem = read_problem(0, data, None)
        return [
            ir.Failed(
                kind=problem.kind,
                message=problem.message,
                raw=Raw(bytes(data)),
                usage=self._usage,
            )
        ]

    def _count(self, chunk: dict[str, Raw]) -> list[Event]:
        said = an_object(chunk.get("usageMetadata", NULL))
        model = text_of(self._answer.get("modelVersion"))
        usage = with_searches(read_usage(said) or self._usage, self._searches, model=model)
        self._tier = read_tier(said) or self._tier
        if usage is None or usage == self._usage:
            return []
        self._usage = usage
        return [ir.UsageUpdated(usage=usage)]

    def _stop(self, candidate: _Candidate) -> ir.Stop:
        said = candidate.said
        if candidate.content:
            said = {**said, "content": Raw(msgspec.json.encode(candidate.content))}
        return read_stop(said, candidate.beside)

    def _take(self, candidate: _Candidate, said: dict[str, Raw], number: int) -> list[Event]:
        events: list[Event] = []
        for part in parts_of(said):
            pieces = _pieces(part, candidate)
            if pieces is not None:
                events += self._piece(candidate, pieces, part, number)
                continue
            candidate.parts += 1
            events += self._tell(
                candidate, block_of(part, candidate.calls, self._memo, candidate.parts), number
            )
        candidate.said.update(
            (key, raw) for key, raw in said.items() if key not in {"content", LOGPROBS}
        )
        candidate.content.update(beside_parts(said))
        return events + self._told_beside(candidate, said, number)

    def _tell(self, candidate: _Candidate, block: ir.Content, number: int) -> list[Event]:
        if not isinstance(block, ir.Text | ir.Thinking):
            events: list[Event] = [*self._end(candidate, number)]
            return [*events, *self._whole(candidate, block, number)]
        events = []
        if type(block) is not type(candidate.block) or block.extra or candidate.is_sealed:
            if isinstance(block, ir.Text) and not (block.text or block.seal or block.extra):
                return []  # chunks that only count have an empty text
            events += self._end(candidate, number)
            candidate.block = replace(block, text="", seal=None)
            events.append(self._sequencer.begin(number, candidate.block, choice=number))
        index = self._sequencer.index(number) or 0
        if block.text:
            candidate.text.append(block.text)
            events.append(ir.TextDelta(index=index, text=block.text))
        if block.seal is not None:
            candidate.is_sealed = True
            events.append(ir.Sealed(index=index, seal=block.seal))
        return events

    def _end(self, candidate: _Candidate, number: int) -> list[ir.BlockEnded]:
        candidate.block, candidate.is_sealed = None, False
        candidate.text.clear()
        return self._sequencer.end(number)

    def _whole(self, candidate: _Candidate, block: ir.Content, number: int) -> list[Event]:
        if not isinstance(block, ir.ToolCall):
            return [
                self._sequencer.begin(number, block, choice=number),
                *self._sequencer.end(number),
            ]
        candidate.beside.append(block)
        begun = self._sequencer.begin(
            number, replace(block, arguments="", seal=None), choice=number
        )
        events: list[Event] = [begun, ir.ArgumentsDelta(index=begun.index, text=block.arguments)]
        if block.seal is not None:
            events.append(ir.Sealed(index=begun.index, seal=block.seal))
        return [*events, *self._sequencer.end(number)]

    def _piece(
        self, candidate: _Candidate, pieces: dict[str, Raw], part: Raw, number: int
    ) -> list[Event]:
        events: list[Event] = []
        known = candidate.partial
        if known is None or "name" in pieces:
            events = self._end_partial(candidate, number)
            known = candidate.partial = camel_object(part), PartialArguments()
        _, arguments = known
        arguments.feed(read(ANY, pieces.get("partialArgs", NULL)))
        goes_on = pieces.get("willContinue") == Raw(b"true")
        return events if goes_on else [*events, *self._end_partial(candidate, number)]

    def _end_partial(self, candidate: _Candidate, number: int) -> list[Event]:
        if candidate.partial is None:
            return []
        part, arguments = candidate.partial
        candidate.partial = None
        call = {
            key: raw
            for key, raw in camel_object(part["functionCall"]).items()
            if key not in {"partialArgs", "willContinue"}
        }
        call["args"] = Raw(arguments.text().encode())
        whole = Raw(msgspec.json.encode({**part, "functionCall": call}))
        candidate.parts += 1
        return self._tell(
            candidate, block_of(whole, candidate.calls, self._memo, candidate.parts), number
        )

    def _told_beside(self, candidate: _Candidate, said: dict[str, Raw], number: int) -> list[Event]:
        index = self._sequencer.index(number)
        if index is None or not isinstance(candidate.block, ir.Text):
            return []
        events: list[Event] = []
        logprobs = read_logprobs(said.get(LOGPROBS, NULL))
        if logprobs:
            events.append(ir.TextDelta(index=index, text="", logprobs=logprobs))
        values = values_of(said, CITING)
        if values:
            cited = citations_of(values, "".join(candidate.text))
            events += [ir.CitationAdded(index=index, citation=citation) for citation in cited]
        return events


def _started(chunk: dict[str, Raw]) -> ir.Started:
    return ir.Started(
        id=text_of(chunk.get("responseId")) or "", model=text_of(chunk.get("modelVersion")) or ""
    )


def _pieces(part: Raw, candidate: _Candidate) -> dict[str, Raw] | None:
    """Of a call that comes in pieces; the last may be empty."""
    said = camel_object(part)
    if "functionCall" not in said:
        return None
    call = camel_object(said["functionCall"])
    is_piece = call.keys() & {"partialArgs", "willContinue"} or (
        candidate.partial is not None and "name" not in call
    )
    return call if is_piece else None
