"""What an answer says, whole or streamed, is what somebody else's program has read in it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from protocols import ir
from protocols.ir import Dialect, Event
from protocols.registry import NATIVE, UPSTREAM_CODECS
from protocols.stream import Grammar, replay
from providers.usage import LocalCount, classes_of
from tests.conformance.expectation import second_reading
from tests.conformance.usage_reading import usage_of
from tests.protocols.corpus import Record, said_ends
from tests.protocols.corpus.equal import differences, tree
from tests.protocols.corpus.exchanges import (
    answer_of,
    collected,
    dialect_of_record,
    served,
    stream_of,
    wire_of,
)
from tests.protocols.corpus.laws import EVERY_API, Keep, broken, pytestmark  # noqa: F401

Reasons: TypeAlias = frozenset[ir.StopReason]
ANY_END: Final[Reasons] = frozenset({"end_turn", "stop_sequence", "tool_call", "refusal"})
CALLED: Final[Reasons] = frozenset({"tool_call"})
CUT: Final[Reasons] = frozenset({"max_tokens"})
BLOCKED: Final[Reasons] = frozenset({"content_filter", "refusal"})
MALFORMED: Final[Reasons] = frozenset({"malformed"})
# Of the vendor's words, in every dialect: the reasons that may be meant.
REASONS: Final[Mapping[str, Reasons]] = {
    **dict.fromkeys(("stop", "eos", "completed", "STOP"), ANY_END),
    **dict.fromkeys(("tool_calls", "tool_call", "function_call", "tool_use"), CALLED),
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "MAX_TOKENS"), CUT),
    **dict.fromkeys(("SAFETY", "MODEL_ARMOR", "guardrail_intervened"), BLOCKED),
    **dict.fromkeys(("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"), frozenset({"malformed"})),
    "end_turn": frozenset({"end_turn"}),
    "stop_sequence": frozenset({"stop_sequence"}),
    "pause_turn": frozenset({"pause"}),
    "queued": frozenset({"other"}),
}
NATIVE_WORDS: Final = re.compile(rb'"native_finish_reason": ?"([^"]*)"')
NOT_COUNTED: Final = LocalCount(input_tokens=0, output_tokens=0)
COUNTS: Final = (
    *("input_tokens", "cache_read_tokens", "output_tokens", "reasoning_tokens"),
    *("input_audio_tokens", "input_image_tokens", "output_audio_tokens", "output_image_tokens"),
    *("cache_write_tokens", "provider_tool_calls"),
)


def upstream_dialect(record: Record) -> Dialect | None:
    dialect = dialect_of_record(record)
    return dialect if dialect in UPSTREAM_CODECS and served(record) else None


def faults_of(events: Iterable[Event]) -> list[str]:
    grammar = Grammar()
    for event in events:
        grammar.feed(event)
    grammar.close()
    return grammar.faults


def heard_problems(record: Record) -> Iterator[str] | None:
    dialect = upstream_dialect(record)
    return None if dialect is None else _heard_problems(record, dialect)


def _heard_problems(record: Record, dialect: Dialect) -> Iterator[str]:
    if record.response.is_stream:
        events = stream_of(record, dialect)
        yield from faults_of(events)
        if isinstance(events[-1], ir.Failed):
            if "stream_error" not in record.features:
                yield f"failed: {events[-1].message}"
            return
    answer = answer_of(record, dialect)
    for name, (heard, observed) in _readings(answer, record).items():
        if heard != observed:
            yield f"{name}: {heard!r:.120} instead of {observed!r:.120}"
    words = said_ends(record)
    if words and not any(answer.stop.reason in REASONS[word] for word in words):
        yield f"stop: {answer.stop.reason} for {words}"
    if words and answer.stop.raw not in {*words, *native_words(record)}:
        yield f"stop word: {answer.stop.raw} for {words}"


def native_words(record: Record) -> Iterator[str]:
    """What OpenRouter's own vendors have said."""
    return (word.decode() for word in NATIVE_WORDS.findall(record.response.body))


def _readings(answer: ir.Response, record: Record) -> dict[str, tuple[object, object]]:
    observed = record.observed
    calls = [block for block in answer.content if isinstance(block, ir.ToolCall)]
    if dialect_of_record(record) != "bedrock.converse":  # where those of the vendor are observed
        calls = [call for call in calls if call.executor == "client"]
    # Custom tools are unknown to the second reading.
    named = all(call["name"] for call in observed.tool_calls)
    called = observed.tool_calls if named else []
    texts = (block.text for block in answer.content if isinstance(block, ir.Text))
    thoughts = (block.text for block in answer.content if isinstance(block, ir.Thinking))
    return {
        "text": ("".join(texts), observed.text or ""),
        "reasoning": (_words("".join(thoughts)), _words(observed.reasoning or "")),
        "calls": (
            [(call.name, _json(call.arguments)) for call in calls if named],
            [(call["name"], _json(call["arguments"])) for call in called],
        ),
        "call ids": (
            [call.id for call, given in zip(calls, called, strict=False) if given["id"]],
            [call["id"] for call in called if call["id"]],
        ),
    }


def _words(text: str) -> list[str]:
    """The second reading parts the pieces of a thought by other blanks."""
    return text.split()


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text or "{}")
    except msgspec.DecodeError:
        return text


def replay_problems(record: Record) -> list[str] | None:
    """An answer told as a stream is the same answer, and obeys the grammar."""
    dialect = upstream_dialect(record)
    if dialect is None:
        return None
    answer = answer_of(record, dialect)
    events = list(replay(answer))
    return [*faults_of(events), *differences(tree(answer), tree(collected(events)))]


def usage_problems(record: Record) -> Iterator[str] | None:
    dialect = upstream_dialect(record)
    if dialect is None or not record.observed.usage:
        return None
    return _usage_problems(record, dialect)


def _usage_problems(record: Record, dialect: Dialect) -> Iterator[str]:
    usage = answer_of(record, dialect).usage
    expected = usage_of(record) or ir.Usage()
    for name in COUNTS:
        heard, said = getattr(usage, name), getattr(expected, name)
        if name == "provider_tool_calls" and said is None:
            continue  # some answers tell calls of the vendor's tools in items, not in usage
        if _known(heard) != _known(said):
            yield f"{name}: {heard} instead of {said}"
    native = native_usage(record, dialect)
    if {**tree(native), "raw": None} != {**tree(usage), "raw": None}:
        yield f"the native lane reads {native}, translation {usage}"
    written = sum((usage.cache_write_tokens or {}).values())
    totals = (usage.input_tokens or 0, usage.output_tokens or 0, usage.cache_read_tokens or 0)
    if (*totals, written) != second_reading().get(record.id, (*totals, written)):
        yield f"{(*totals, written)} instead of {second_reading()[record.id]}"
    yield from _class_problems(usage)


def _class_problems(usage: ir.Usage) -> Iterator[str]:
    """What is priced: classes of which each unit is in one."""
    used = classes_of(usage, local=NOT_COUNTED)
    told = msgspec.structs.asdict(used)
    tokens = {name: n for name, n in told.items() if name.startswith(("in_", "out_"))}
    if min(tokens.values()) < 0:
        yield f"less than nothing: {tokens}"
    sums = [sum(n for name, n in tokens.items() if name.startswith(way)) for way in ("in_", "out_")]
    totals = [max(0, usage.input_tokens or 0), max(0, usage.output_tokens or 0)]
    if sums != totals and "inconsistent" not in used.flags:
        yield f"{tokens} do not sum to {totals}"


def _known(count: Any) -> Any:
    """That nothing was counted may go unsaid, by the lifetime of what was written too."""
    if isinstance(count, dict):
        count = {name: each for name, each in count.items() if each}
    return count or 0


def native_usage(record: Record, dialect: Dialect) -> ir.Usage | None:
    native = NATIVE[dialect]
    if not record.response.is_stream:
        return native.usage(record.response.body)[0]
    observer = native.observer(hide_usage=False)
    splitter = native.splitter(cap=1 << 24)
    body = wire_of(record)
    for frame in (*splitter.feed(body), native.completed(splitter.close())):
        if frame:
            observer.feed(frame)
    return observer.usage


@EVERY_API
def test_what_is_heard_is_what_was_observed(api: str, record_property: Keep) -> None:
    assert broken("heard", api, heard_problems, record_property) == []


@EVERY_API
def test_an_answer_told_as_a_stream_is_the_same(api: str, record_property: Keep) -> None:
    assert broken("replayed", api, replay_problems, record_property) == []


@EVERY_API
def test_usage_is_the_vendors_in_both_lanes(api: str, record_property: Keep) -> None:
    assert broken("usage", api, usage_problems, record_property) == []
