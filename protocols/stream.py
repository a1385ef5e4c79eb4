"""Streams of events: put in order, watched, collected into an answer, and made of one.

Law: collecting what was made of an answer gives that answer.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.ir import NOTHING, Content, Event
from protocols.lenient import read

PARTS: Final = msgspec.json.Decoder(list[Raw])
BETWEEN: Final = (ir.UsageUpdated, ir.AlternativeEnded, ir.Foreign)


class Sequencer:
    """Begins and ends of blocks and their indexes, for dialects whose chunks have neither."""

    __slots__ = ("_count", "_open")

    def __init__(self) -> None:
        self._count = 0
        self._open: dict[Hashable, int] = {}

    def index(self, key: Hashable) -> int | None:
        """Of the open block; None where there is none."""
        return self._open.get(key)

    def begin(self, key: Hashable, block: Content, *, choice: int = 0) -> ir.BlockStarted:
        """`key` names the block until it is ended; none of that name may be open."""
        index = self._open[key] = self._count
        self._count += 1
        return ir.BlockStarted(index=index, block=block, choice=choice)

    def end(self, *keys: Hashable) -> list[ir.BlockEnded]:
        """Those of them that are open."""
        indexes = [self._open.pop(key) for key in keys if key in self._open]
        return [ir.BlockEnded(index=index) for index in indexes]

    def end_all(self) -> list[ir.BlockEnded]:
        return self.end(*self._open)


class Grammar:
    """Whether events come as `protocols.ir` says they do. `faults` says what did not."""

    __slots__ = ("_begun", "_is_over", "_open", "faults")

    def __init__(self) -> None:
        self._begun = -1  # the last index; -1: no block yet
        self._open: set[int] | None = None  # None: nothing has started
        self._is_over = False
        self.faults: list[str] = []

    def feed(self, event: Event) -> None:
        fault = self._fault(event)
        if fault:
            self.faults.append(fault)

    def close(self) -> None:
        if not self._is_over:
            self.faults.append("the stream has no last event")

    def _fault(self, event: Event) -> str:
        name = type(event).__name__
        if self._is_over:
            return f"{name} after the last event"
        if isinstance(event, ir.Failed):
            self._is_over = True
            return ""
        if isinstance(event, ir.Started):
            if self._open is not None:
                return "Started twice"
            self._open = set()
            return ""
        if self._open is None:
            return f"{name} before Started"
        if isinstance(event, ir.Finished):
            self._is_over = True
            return f"Finished while {sorted(self._open)} are open" if self._open else ""
        return "" if isinstance(event, BETWEEN) else self._fault_of_block(event, self._open)

    def _fault_of_block(self, event: Event, open_blocks: set[int]) -> str:
        name, index = type(event).__name__, getattr(event, "index", -1)
        if isinstance(event, ir.BlockStarted):
            expected = self._begun + 1
            self._begun = max(self._begun, index)
            open_blocks.add(index)
            return "" if index == expected else f"block {index} where {expected} comes next"
        if index not in open_blocks:
            return f"{name} of block {index}, which is not open"
        if isinstance(event, ir.BlockEnded):
            open_blocks.discard(index)
        return ""


class _Block:
    """A block as far as it has come."""

    __slots__ = ("block", "choice", "citations", "data", "logprobs", "seal", "text", "transcript")

    def __init__(self, started: ir.BlockStarted) -> None:
        self.block = started.block
        self.choice = started.choice
        self.text: list[str] = []
        self.logprobs: list[Raw] = []
        self.citations: list[ir.Citation] = []
        self.data: list[str] = []
        self.transcript: list[str] = []
        self.seal: ir.Seal | None = None

    def feed(self, event: Event) -> None:
        match event:
            case ir.TextDelta():
                self.text.append(event.text)
                if event.logprobs:
                    self.logprobs.append(event.logprobs)
            case ir.ArgumentsDelta():
                self.text.append(event.text)
            case ir.MediaDelta():
                self.data.append(event.data)
                self.transcript.append(event.transcript or "")
            case ir.CitationAdded():
                self.citations.append(event.citation)
            case ir.Sealed():
                self.seal = event.seal
            case ir.BlockEnded(block=block) if block is not None:
                self.block = block
            case _:
                pass

    def content(self) -> Content:
        block, text = self.block, "".join(self.text)
        match block:
            case ir.Text():
                return replace(
                    block,
                    text=block.text + text,
                    citations=(*block.citations, *self.citations),
                    logprobs=_joined(self.logprobs) or block.logprobs,
                    seal=self.seal or block.seal,
                )
            case ir.Thinking():
                return replace(block, text=block.text + text, seal=self.seal or block.seal)
            case ir.Refusal():
                return replace(block, text=block.text + text)
            case ir.ToolCall():
                return replace(
                    block, arguments=block.arguments + text, seal=self.seal or block.seal
                )
            case ir.Media():
                return self._media(block)
            case _:
                return block

    def _media(self, block: ir.Media) -> ir.Media:
        said = "".join(self.transcript)
        source = block.source
        if isinstance(source, ir.Inline):
            source = ir.Inline(data=source.data + "".join(self.data))
        return replace(
            block,
            source=source,
            context=(block.context or "") + said if said else block.context,
            seal=self.seal or block.seal,
        )


def _joined(lists: Sequence[Raw]) -> Raw:
    """One list stays the bytes it is."""
    if len(lists) <= 1:
        return lists[0] if lists else NOTHING
    return Raw(msgspec.json.encode([part for each in lists for part in read(PARTS, each) or ()]))


class Collector:
    """Events in, the answer they tell out."""

    __slots__ = ("_blocks", "_ends", "_finished", "_started", "_usage", "failed")

    def __init__(self) -> None:
        self._started = ir.Started(id="", model="")
        self._blocks: dict[int, _Block] = {}
        self._ends: dict[int, ir.AlternativeEnded] = {}
        self._usage: ir.Usage | None = None
        self._finished: ir.Finished | None = None
        self.failed: ir.Failed | None = None

    def feed(self, event: Event) -> None:
        match event:
            case ir.Started():
                self._started, self._usage = event, event.usage
            case ir.BlockStarted():
                self._blocks[event.index] = _Block(event)
            case ir.UsageUpdated():
                self._usage = event.usage
            case ir.AlternativeEnded():
                self._ends[event.choice] = event
            case ir.Finished():
                self._finished = event
            case ir.Failed():
                self.failed = event
            case ir.Foreign():
                pass
            case _:
                self._blocks[event.index].feed(event)

    def response(self) -> ir.Response:
        """As far as it has come, if it is not finished."""
        said = self._finished
        usage = said.usage if said is not None else self._usage
        extra = {**(self._started.extra or {}), **((said.extra if said else None) or {})}
        return ir.Response(
            id=self._started.id,
            model=self._started.model,
            created=self._started.created,
            content=self._content(0),
            stop=said.stop if said is not None else ir.Stop(reason="other"),
            usage=usage or ir.Usage(),
            alternatives=tuple(map(self._alternative, self._choices())),
            service_tier=said.service_tier if said is not None else None,
            extra=extra or None,
        )

    def _content(self, choice: int) -> tuple[Content, ...]:
        ordered = sorted(self._blocks.items())
        return tuple(block.content() for _, block in ordered if block.choice == choice)

    def _choices(self) -> Sequence[int]:
        told = {block.choice for block in self._blocks.values()} | self._ends.keys()
        return sorted(told - {0})

    def _alternative(self, choice: int) -> ir.Alternative:
        unsaid = ir.AlternativeEnded(choice=choice, stop=ir.Stop(reason="other"))
        end = self._ends.get(choice, unsaid)
        return ir.Alternative(content=self._content(choice), stop=end.stop, extra=end.extra)


def replay(response: ir.Response) -> Iterator[Event]:
    """The answer as a stream, for who asked for one where the vendor gave none."""
    yield ir.Started(
        id=response.id, model=response.model, created=response.created, extra=response.extra
    )
    index = 0
    told = [response.content, *(other.content for other in response.alternatives)]
    for choice, content in enumerate(told):
        for block in content:
            yield from _replayed(block, index=index, choice=choice)
            index += 1
        if choice:
            other = response.alternatives[choice - 1]
            yield ir.AlternativeEnded(choice=choice, stop=other.stop, extra=other.extra)
    yield ir.Finished(stop=response.stop, usage=response.usage, service_tier=response.service_tier)


def _replayed(block: Content, *, index: int, choice: int) -> Iterator[Event]:
    """What encoders write bit by bit is told bit by bit."""
    match block:
        case ir.Text():
            empty = replace(
                block, text="", citations=(), logprobs=NOTHING, seal=_unsigned(block.seal)
            )
            yield ir.BlockStarted(index=index, block=empty, choice=choice)
            yield ir.TextDelta(index=index, text=block.text, logprobs=block.logprobs)
            for citation in block.citations:
                yield ir.CitationAdded(index=index, citation=citation)
        case ir.Thinking():
            empty_thought = replace(block, text="", seal=_unsigned(block.seal))
            yield ir.BlockStarted(index=index, block=empty_thought, choice=choice)
            if block.text:
                yield ir.TextDelta(index=index, text=block.text)
        case ir.Refusal():
            yield ir.BlockStarted(index=index, block=ir.Refusal(text=""), choice=choice)
            yield ir.TextDelta(index=index, text=block.text)
        case ir.ToolCall():
            unasked = replace(block, arguments="", seal=_unsigned(block.seal))
            yield ir.BlockStarted(index=index, block=unasked, choice=choice)
            yield ir.ArgumentsDelta(index=index, text=block.arguments)
        case _:
            yield ir.BlockStarted(index=index, block=block, choice=choice)
            yield ir.BlockEnded(index=index)
            return
    if block_seal := getattr(block, "seal", None):
        yield ir.Sealed(index=index, seal=block_seal)
    yield ir.BlockEnded(index=index)


def _unsigned(seal: ir.Seal | None) -> ir.Seal | None:
    """The id is known from the start: blocks of one id are one item. The signature comes last."""
    return None if seal is None or seal.id is None else replace(seal, signature=None)
