"""A vendor's stream of chunks, read.

Law 1: where a chunk says more than we model, the rest is an event of its own, so that nothing is
lost on the way to a client of the same dialect. Law 2: the last word on usage counts, in whatever
chunk it stands; so the end is told when the stream is over, and once.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.codec import Frame, Memo
from protocols.errors import Problem
from protocols.ir import NOTHING, Content, Event
from protocols.lenient import VALUES, read, whole_characters
from protocols.openai_chat.answers import (
    LISTS,
    NO_STOP,
    OBJECT_LISTS,
    Said,
    an_object_in,
    citations_in,
    image_of,
    objects_in,
    put_back_rest,
    reasoning_in,
    rest_of,
    stop_of,
    text_in,
    thought_of,
    whole_in,
)
from protocols.openai_chat.notes import NULL, PART, note
from protocols.openai_chat.upstream_calls import CallReader
from protocols.openai_chat.upstream_response import spelling
from protocols.openai_chat.usage import read_usage
from protocols.openai_chat.wire import OBJECTS
from protocols.stream import Sequencer
from protocols.vendor_errors import problem_among, problem_of

DONE: Final = b"[DONE]"
NO_END: Final = "the provider's answer broke off"
FAILED: Final = "error"
# Padding against who listens to the lengths of chunks; names of what every chunk is.
NO_DELTA: Final = Raw(b"{}")
NO_USAGE: Final = (NULL, Raw(b"{}"))
NOISE: Final = ("object", "obfuscation")


class _Choice:
    __slots__ = ("audio", "calls", "kind", "refused", "said", "stop")

    def __init__(self, calls: CallReader) -> None:
        self.calls = calls
        self.kind: str | None = None  # of the open block that is no call
        self.audio: Said = {}
        self.refused = False
        self.said = False
        self.stop: ir.Stop | None = None


class ChatEventDecoder:
    __slots__ = (
        "_choices", "_head", "_is_over", "_memo", "_remark", "_sequencer", "_started", "_tier",
        "_usage",
    )  # fmt: skip

    def __init__(self, memo: Memo) -> None:
        self._memo = memo
        self._sequencer = Sequencer()
        self._choices: dict[int, _Choice] = {}
        self._head: Said = {}  # what was said beside the choices, last
        self._started = False
        self._is_over = False
        self._usage = NOTHING
        self._tier: str | None = None
        self._remark: ir.Extra | None = None  # an error said beside an end

    def feed(self, frame: Frame) -> Sequence[Event]:
        data = whole_characters(frame.data)
        if self._is_over or not data:
            return ()
        if frame.event == FAILED:
            return self._fail(problem_of(0, data, None), data)
        if data[0] != 0x7B:
            return self._end() if data.strip() == DONE else ()
        top = read(OBJECTS, data)
        return () if top is None else self._chunk(top, data)

    def close(self) -> Sequence[Event]:
        if self._is_over:
            return ()
        if self._has_stopped():
            return self._end()
        return self._fail(Problem(kind="upstream_error", message=NO_END), b"")

    def _has_stopped(self) -> bool:
        return any(choice.stop is not None for choice in self._choices.values())

    def _chunk(self, top: Said, data: bytes) -> Sequence[Event]:
        choices = read(OBJECT_LISTS, top.pop("choices", NOTHING)) or ()
        if "error" in top or "object" in top:
            mark = read(VALUES, top.get("object", NULL))
            problem = problem_among(data, error=top.get("error", NOTHING), mark=mark)
            if problem is not None and not any(map(_is_over, choices)):
                return self._fail(problem, data)
            if problem is not None:
                self._remark = {"error": top.pop("error", NULL)}
        self._take_usage(top)
        events: list[Event] = []
        if not self._started:
            self._start(top, events, is_empty=not choices)
            rest = None
        else:
            rest = self._news(top)
        remarks: list[Said] = []
        for position, choice in enumerate(choices):
            self._choice(choice, position, events, remarks)
        if rest or remarks:
            events.append(_foreign(rest, remarks))
        return events

    def _take_usage(self, top: Said) -> None:
        usage = top.pop("usage", NULL)
        if "x_groq" in top:
            groq = an_object_in(top, "x_groq")
            inner = groq.pop("usage", NULL)
            usage = usage if usage != NULL else inner
            put_back_rest(top, "x_groq", groq)
        if usage not in NO_USAGE:
            self._usage = usage
        if "service_tier" in top:
            self._tier = text_in(top, "service_tier") or self._tier

    def _start(self, top: Said, events: list[Event], *, is_empty: bool) -> None:
        """Azure says something about the prompt before the answer has a name."""
        self._head |= top
        if not is_empty:
            self._begin(events)

    def _begin(self, events: list[Event]) -> None:
        self._started = True
        head = dict(self._head)
        for key in NOISE:
            head.pop(key, None)
        events.append(
            ir.Started(
                id=text_in(head, "id") or "",
                model=text_in(head, "model") or "",
                created=whole_in(head, "created") or None,
                extra=rest_of(head),
            )
        )

    def _news(self, top: Said) -> Said:
        """What was not said the same before."""
        head = self._head
        news = {
            key: raw
            for key, raw in top.items()
            if head.get(key) != raw and key not in KEPT and raw != NULL
        }
        if news:
            head |= news
        return news

    def _choice(self, said: Said, position: int, events: list[Event], remarks: list[Said]) -> None:
        index = whole_in(said, "index")
        number = position if index is None else index
        choice = self._choices.get(number)
        if choice is None:
            calls = CallReader(self._memo, self._sequencer, choice=number)
            choice = self._choices[number] = _Choice(calls)
        raw = said.pop("delta", NOTHING)
        message = said.pop("message", NOTHING)
        # Perplexity repeats all that was said so far beside each delta.
        delta = (read(OBJECTS, raw or message) or {}) if raw or message else {}
        events.extend(self._delta(choice, number, delta, said))
        self._note_stop(choice, said)
        rest = rest_of(said) or {}
        put_back_rest(rest, "delta", delta)
        if rest:
            remarks.append({"index": Raw(b"%d" % number), "delta": NO_DELTA, **rest})

    def _delta(self, choice: _Choice, number: int, delta: Said, said: Said) -> Iterator[Event]:
        delta.pop("role", None)
        key, thought = reasoning_in(delta)
        if thought:
            yield from self._say(choice, number, ir.Thinking(extra=spelling(key)), thought)
        yield from self._content(choice, number, delta, said)
        refusal = text_in(delta, "refusal")
        if refusal:
            choice.refused = True
            yield from self._say(choice, number, ir.Refusal(text=""), refusal)
        if "images" in delta or "audio" in delta:
            yield from self._media(choice, number, delta)
        if "tool_calls" in delta:
            left: list[Said] = []
            for item in objects_in(delta, "tool_calls"):
                place = item.get("index", NULL)
                yield from self._hush(choice, number)
                yield from choice.calls.feed(item)
                if rest := rest_of(item):
                    left.append({"index": place, **rest})
            if left:
                delta["tool_calls"] = Raw(msgspec.json.encode(left))
        if legacy := an_object_in(delta, "function_call"):
            yield from self._hush(choice, number)
            yield from choice.calls.feed_legacy(legacy)
        if "annotations" in delta:
            for citation in citations_in(delta):
                begun, index = self._open(choice, number, ir.Text(text=""))
                yield from begun
                yield ir.CitationAdded(index=index, citation=citation)

    def _content(self, choice: _Choice, number: int, delta: Said, said: Said) -> Iterator[Event]:
        logprobs = NOTHING
        if "logprobs" in said:
            told = an_object_in(said, "logprobs")
            logprobs = told.pop("content", NOTHING)
            logprobs = NOTHING if logprobs == NULL else logprobs
            put_back_rest(said, "logprobs", told)
        raw = delta.get("content", NOTHING)
        if raw and raw != NULL and (parts := read(LISTS, raw)) is not None:
            del delta["content"]
            for part in parts:
                yield from self._part(choice, number, part)
            return
        text = text_in(delta, "content")
        if text or logprobs:
            yield from self._say(choice, number, ir.Text(text=""), text or "", logprobs)

    def _part(self, choice: _Choice, number: int, raw: Raw) -> Iterator[Event]:
        part = read(OBJECTS, raw) or {}
        match text_in(dict(part), "type"):
            case "text":
                yield from self._say(choice, number, ir.Text(text=""), text_in(part, "text") or "")
            case "thinking":
                text = thought_of(part)
                yield from self._say(choice, number, ir.Thinking(extra=note(None, PART)), text)
            case kind:
                yield from self._hush(choice, number)
                block = ir.Opaque(dialect="openai.chat", kind=kind or "part", raw=raw)
                yield from self._whole(number, block)

    def _say(
        self, choice: _Choice, number: int, empty: Content, text: str, logprobs: Raw = NOTHING
    ) -> Iterator[Event]:
        begun, index = self._open(choice, number, empty)
        yield from begun
        yield ir.TextDelta(index=index, text=text, logprobs=logprobs)

    def _open(self, choice: _Choice, number: int, empty: Content) -> tuple[list[Event], int]:
        kind = type(empty).__name__
        index = self._sequencer.index((number, kind))
        if index is not None:
            return [], index
        events: list[Event] = [*self._hush(choice, number)]
        choice.kind = kind
        begun = self._sequencer.begin((number, kind), empty, choice=number)
        return [*events, begun], begun.index

    def _hush(self, choice: _Choice, number: int) -> Sequence[Event]:
        """Something else is said next."""
        if choice.kind is None:
            return ()
        kind, choice.kind = choice.kind, None
        return self._sequencer.end((number, kind))

    def _whole(self, number: int, block: Content) -> Iterator[Event]:
        yield self._sequencer.begin((number, "whole"), block, choice=number)
        yield from self._sequencer.end((number, "whole"))

    def _media(self, choice: _Choice, number: int, delta: Said) -> Iterator[Event]:
        for item in objects_in(delta, "images"):
            image = image_of(item)
            if image is not None:
                yield from self._hush(choice, number)
                yield from self._whole(number, image)
        audio = an_object_in(delta, "audio")
        data, transcript = text_in(audio, "data"), text_in(audio, "transcript")
        extra = rest_of(audio)
        if not (data or transcript or extra):
            return
        empty = ir.Media(kind="audio", source=ir.Inline(data=""), extra=extra)
        begun, index = self._open(choice, number, empty)
        yield from begun
        if not begun:
            put_back_rest(delta, "audio", audio)
        if data or transcript:
            yield ir.MediaDelta(index=index, data=data or "", transcript=transcript)

    def _note_stop(self, choice: _Choice, said: Said) -> None:
        """Google says in every chunk why it will stop, and goes on: it is told at the end."""
        has_called = choice.calls.has_called
        stop = stop_of(said, has_calls=has_called, has_refused=choice.refused)
        if stop is None:
            return
        if stop.reason == "tool_call" and self._memo.schema_tool and not has_called:
            stop = ir.Stop(reason="end_turn")
        choice.stop = stop

    def _end(self) -> Sequence[Event]:
        if not self._choices:
            return self._fail(Problem(kind="upstream_error", message=NO_END), b"")
        self._is_over = True
        events: list[Event] = []
        for number, choice in self._choices.items():
            events.extend(self._hush(choice, number))
            events.extend(choice.calls.close())
            if number:
                stop = choice.stop or NO_STOP
                events.append(ir.AlternativeEnded(choice=number, stop=stop))
        first = self._choices.get(0)
        events.append(
            ir.Finished(
                stop=first.stop if first is not None and first.stop is not None else NO_STOP,
                usage=read_usage(self._usage) or ir.Usage(),
                service_tier=self._tier,
                extra=self._remark,
            )
        )
        return events

    def _fail(self, problem: Problem, data: bytes) -> Sequence[Event]:
        self._is_over = True
        return [
            ir.Failed(
                kind=problem.kind,
                message=problem.message,
                raw=Raw(data) if data else NOTHING,
                usage=read_usage(self._usage) if self._usage else None,
            )
        ]


KEPT: Final = frozenset({"id", "model", "created", *NOISE})


def _is_over(choice: Said) -> bool:
    """It stopped for a reason; an error in the same chunk is a remark, and usage may follow."""
    word = text_in(dict(choice), "finish_reason")
    return word not in {None, FAILED}


def _foreign(rest: Said | None, remarks: list[Said]) -> ir.Foreign:
    """A chunk of what was left of one."""
    said = {**(rest or {}), "choices": remarks}
    return ir.Foreign(dialect="openai.chat", event="chunk", raw=Raw(msgspec.json.encode(said)))
