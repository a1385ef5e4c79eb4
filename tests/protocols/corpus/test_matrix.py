"""Every dialect translated into every other: all that was said arrives, or is told as lost."""

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec

from protocols import ir
from protocols.codec import Encoded, Head, Loss
from protocols.errors import ProtocolError
from protocols.extras import Bared
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from tests.protocols.client_streams import faults_of_stream
from tests.protocols.corpus import Record, frames_of
from tests.protocols.corpus.exchanges import (
    MEMO,
    answer_of,
    asked_in,
    collected,
    dialect_of_record,
    read_stream,
    request_of,
    served,
    stream_of,
    target_of,
)
from tests.protocols.corpus.facets import (
    FACETS,
    bytes_or_links,
    calls,
    media,
    parsed,
    results,
    texts,
    texts_of_documents,
    tool_names,
    user_texts,
)
from tests.protocols.corpus.laws import (
    EVERY_API,
    Keep,
    broken,
    keep_losses,
    pytestmark,  # noqa: F401
)
from tests.protocols.corpus.test_heard import faults_of
from tests.protocols.corpus.test_stability import both_sides

Found: TypeAlias = Counter[tuple[str, str, str]]
ENDS: Final[dict[ir.StopReason, str]] = {
    **dict.fromkeys(("end_turn", "stop_sequence", "pause"), "ended"),
    **dict.fromkeys(("max_tokens", "context_window"), "cut"),
    "tool_call": "called",
    "content_filter": "blocked",
    "refusal": "blocked",
}
USED: Final = ("input_tokens", "output_tokens", "cache_read_tokens")
# Losses that tell of a change, or of a part.
PARTIAL: Final = frozenset(
    {"cache", "effort", "max_tokens", "parallel", "reasoning", "schema", "tool_choice", "citations"}
    | {"document", "output", "provider_tool"}
)
CODES: Final = frozenset(
    {
        *("temperature", "top_p", "top_k", "seed", "penalties", "stop", "n", "logprobs"),
        *("logit_bias", "max_tokens", "output", "tool_choice", "parallel", "provider_tool"),
        *("tool_arguments", "schema", "cache", "cache_key", "citations", "reasoning", "seal"),
        *("effort", "verbosity", "service_tier", "metadata", "store", "image", "audio", "video"),
        *("document", "file", "name", "opaque"),
    }
)
MEDIA_LOSSES: Final = frozenset({"image", "audio", "video", "document", "file"})
# Users are told of as metadata too.
OF_FACETS: Final = (
    {code for _, losses in FACETS.values() for code in losses}
    - PARTIAL
    - MEDIA_LOSSES
    - {"metadata"}
)


# --- requests -------------------------------------------------------------------------------------


def request_problems(record: Record, *, found: Found) -> Iterator[str] | None:
    dialect = dialect_of_record(record)
    if dialect is None or dialect not in CLIENT_CODECS:
        return None
    try:
        asked = request_of(record, dialect)
    except ProtocolError:
        if served(record):
            raise
        return None
    return _requests(asked, found)


def _requests(asked: ir.Request, found: Found) -> Iterator[str]:
    for other, codec in UPSTREAM_CODECS.items():
        if other != asked.dialect:
            sent = codec.encode_request(asked, target_of(other), "attempt")
            _note(found, f"{asked.dialect} {other} requests", sent.losses)
            problems = [*_untrue(asked, sent), *_unsaid(asked, sent), *_unread(asked, sent, other)]
            yield from (f"to {other}: {problem}" for problem in problems)


def _note(found: Found, cell: str, losses: Iterable[Loss]) -> None:
    """How many there were, too: as what has no code."""
    source, target, what = cell.split()
    found[f"{source} -> {target}", what, ""] += 1
    found.update((f"{source} -> {target}", what, loss.code) for loss in losses)


def _untrue(asked: ir.Request, sent: Encoded) -> Iterator[str]:
    """Losses of nothing: of no known code, or of what nobody has asked for."""
    codes = {loss.code for loss in sent.losses}
    yield from _uncoded(sent.losses)
    due = {code for facet, losses in FACETS.values() if facet(asked) is not None for code in losses}
    for code in codes & OF_FACETS - due:
        yield f"{code} is told as lost, and was not asked for"


def _uncoded(losses: Iterable[Loss]) -> Iterator[str]:
    for code in sorted({loss.code for loss in losses} - CODES):
        if not code.startswith("other:"):
            yield f"{code} is no code of a loss"


def _unsaid(asked: ir.Request, sent: Encoded) -> Iterator[str]:
    """Read without any codec: words of users and names of tools are somewhere in the JSON."""
    strings = list(strings_of(msgspec.json.decode(sent.body)))
    said = "\0".join(strings)
    for text in user_texts(asked):
        if text not in said:
            yield f"user text {text!r:.60} is not there"
    for text in texts(asked):
        if text not in said:
            yield f"text {text!r:.60} is not there"
    for text in texts_of_documents(asked):
        if text not in said and b64encode(text.encode()).decode() not in said:
            yield f"document {text!r:.60} is not there"
    names = {asked: told for told, asked in (sent.memo.names if sent.memo else {}).items()}
    allowed = asked.tool_choice.allowed if asked.tool_choice else ()
    for name in tool_names(asked):
        if names.get(name, name) not in strings and (not allowed or name in allowed):
            yield f"tool {name!r} is not there"


def strings_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from strings_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings_of(each)


def _unread(asked: ir.Request, sent: Encoded, other: Dialect) -> Iterator[str]:
    """Read by the target's own dialect."""
    if other not in CLIENT_CODECS:
        return
    codes = {loss.code for loss in sent.losses}
    head = Head(model="some-model", stream=asked.stream)
    again = CLIENT_CODECS[other].decode_request(sent.body, head)
    yield from _lost_parts(asked, again, codes)
    names = sent.memo.names if sent.memo else {}
    lost_calls = codes & {"tool_arguments", "opaque", "provider_tool"}
    if not lost_calls and _calls(asked, {}) != _calls(again, names):
        yield f"calls {_calls(again, names)!r:.110} instead of {_calls(asked, {})!r:.110}"
    if len(results(again)) != len(results(asked)) and not lost_calls:
        yield f"{len(results(again))} results instead of {len(results(asked))}"
    here, there = _results(asked), "\0".join(_results(again) + texts(again))
    for result in here:
        if result not in there and not codes & MEDIA_LOSSES | lost_calls:
            yield f"result {result!r:.60} is not there"
    fewest, most, arrived = len(bytes_or_links(asked)), len(media(asked)), len(media(again))
    if not fewest <= arrived <= most and not codes & (MEDIA_LOSSES | {"opaque"}):
        yield f"{arrived} media instead of {most}, without a loss"


def _lost_parts(asked: ir.Request, again: ir.Request, codes: set[str]) -> Iterator[str]:
    # What is usual is so in the dialect that it was asked in.
    again = msgspec.structs.replace(again, dialect=asked.dialect)
    for name, (facet, losses) in FACETS.items():
        before, after = facet(asked), facet(again)
        if name == "max_tokens" and before is not None and after is not None:
            after = before if after >= before else after  # a budget for thinking may raise it
        if name in {"top_p", "top_k"}:
            after = getattr(again.sampling, name)  # be it what that vendor would take anyway
        if before is not None and before != after and not codes & losses:
            yield f"{name}: {after!r:.60} instead of {before!r:.60}, without a loss"
        if before is not None and before == after and (codes & losses) - PARTIAL:
            yield f"{name}: {before!r:.60} is told as lost, and is there"


def _calls(request: ir.Request, names: dict[str, str]) -> list[str]:
    """As functions, whatever they were, under the names that were asked for."""
    return sorted(
        repr((names.get(call.name, call.name), _arguments(call))) for call in calls(request)
    )


def _arguments(call: ir.ToolCall) -> Any:
    said = parsed(call.arguments)
    return parsed(said["input"]) if isinstance(said, dict) and list(said) == ["input"] else said


def _results(request: ir.Request) -> list[str]:
    """JSON comes in many spellings."""
    said: list[str] = []
    for result in results(request):
        texts_of = (block.text for block in result.content if isinstance(block, ir.Text))
        said += [_spelled(text) for text in texts_of if text.strip()]
        if result.structured:
            said.append(_spelled(bytes(result.structured).decode()))
    return [each for each in said if each != "{}"]


def _spelled(text: str) -> str:
    value = parsed(text)
    if isinstance(value, dict) and list(value) in (["output"], ["error"]):
        value = value.popitem()[1]
    return value if isinstance(value, str) else repr(value)


# --- answers --------------------------------------------------------------------------------------


def answer_problems(record: Record, *, found: Found) -> Iterator[str] | None:
    dialect = both_sides(record)
    return None if dialect is None else _answers(record, dialect, found)


def _answers(record: Record, dialect: Dialect, found: Found) -> Iterator[str]:
    asked = request_of(record, dialect)
    for other in CLIENT_CODECS:
        if other != dialect:
            told = _streamed if record.response.is_stream else _whole
            for problem in told(record, dialect, asked_in(asked, other), found):
                yield f"to {other}: {problem}"


def _whole(record: Record, dialect: Dialect, asked: ir.Request, found: Found) -> Iterator[str]:
    other, bared = asked.dialect, Bared(dialect)
    answer = bared.response(answer_of(record, dialect))
    told = CLIENT_CODECS[other].encode_response(answer, asked)
    losses = [*told.losses, *bared.losses]
    _note(found, f"{dialect} {other} answers", losses)
    yield from _uncoded(losses)
    if other in UPSTREAM_CODECS:
        again = UPSTREAM_CODECS[other].decode_response(told.body, MEMO)
        # What was left out with the rest is not in the answer to be told.
        yield from _misheard(answer, again, {loss.code for loss in told.losses})


def _streamed(record: Record, dialect: Dialect, asked: ir.Request, found: Found) -> Iterator[str]:
    other = asked.dialect
    bared = Bared(dialect)
    events = [*map(bared.event, stream_of(record, dialect))]
    encoder = CLIENT_CODECS[other].event_encoder(asked)
    pieces = [*map(encoder.feed, events), encoder.close()]
    losses = [*encoder.losses, *bared.losses]
    _note(found, f"{dialect} {other} streams", losses)
    yield from _uncoded(losses)
    yield from faults_of_stream(other, b"".join(pieces))
    if other not in UPSTREAM_CODECS:
        frames_of(other, pieces)
        return
    again = read_stream(other, pieces)
    yield from faults_of(again)
    if isinstance(events[-1], ir.Failed):
        if not isinstance(again[-1], ir.Failed):
            yield "a failure became an end"
        return
    codes = {loss.code for loss in encoder.losses}
    yield from _misheard(collected(events), collected(again), codes)


def _misheard(said: ir.Response, heard: ir.Response, codes: set[str]) -> Iterator[str]:
    pairs: dict[str, tuple[Any, Any]] = {
        "text": (_text(said), _text(heard)),
        "calls": (_called(said, codes), _called(heard, codes)),
    }
    if "reasoning" not in codes:
        pairs["thoughts"] = _thoughts(said), _thoughts(heard)
    if "n" not in codes:
        pairs["alternatives"] = len(said.alternatives), len(heard.alternatives)
    if said.stop.reason in ENDS and said.stop.reason != "refusal":  # which may end in words
        pairs["end"] = ENDS[said.stop.reason], ENDS.get(heard.stop.reason)
        if heard.stop.reason == "tool_call" and _called(heard, codes):
            pairs.pop("end")  # words for an end that was asked to call
    if _is_sound(said.usage):
        pairs |= {
            name: (getattr(said.usage, name) or 0, getattr(heard.usage, name) or 0) for name in USED
        }
    for name, (one, other) in pairs.items():
        if one != other:
            yield f"{name}: {other!r:.110} instead of {one!r:.110}"
    for name, (count, losses) in BESIDE.items():
        before, after = count(said), count(heard)
        if after < before and not codes & losses:
            yield f"{name}: {after} instead of {before}, without a loss"


def _sum_of(count: Callable[[Any], int]) -> Callable[[ir.Response], int]:
    return lambda answer: sum(map(count, answer.content))


def _is_signed(block: Any) -> bool:
    """Those of calls may be kept all the same for who has no field for them; that is told later."""
    seal = getattr(block, "seal", None)
    return bool(seal and seal.signature)


# What an answer may hold beside words and calls, and the losses of which one is told without it.
BESIDE: Final[dict[str, tuple[Callable[[ir.Response], int], frozenset[str]]]] = {
    "citations": (
        _sum_of(lambda block: len(getattr(block, "citations", ()))),
        frozenset({"citations"}),
    ),
    "logprobs": (
        _sum_of(lambda block: bytes(getattr(block, "logprobs", b"")) not in {b"", b"[]"}),
        frozenset({"logprobs"}),
    ),
    "media": (_sum_of(lambda block: isinstance(block, ir.Media)), MEDIA_LOSSES),
    "opaque": (
        _sum_of(lambda block: isinstance(block, ir.Opaque) and block.text is None),
        frozenset({"opaque"}),
    ),
    "provider's calls": (
        _sum_of(lambda block: getattr(block, "executor", "client") == "provider"),
        frozenset({"provider_tool"}),
    ),
    "seals": (_sum_of(_is_signed), frozenset({"seal"})),
}


def _text(answer: ir.Response) -> str:
    spoken = (
        block.text or ""
        for block in answer.content
        if isinstance(block, ir.Text | ir.Refusal | ir.Opaque)
    )
    return "".join(spoken)


def _thoughts(answer: ir.Response) -> str:
    """Blocks may have become one."""
    thoughts = (block.text for block in answer.content if isinstance(block, ir.Thinking))
    return "".join("".join(thoughts).split())


def _called(answer: ir.Response, codes: set[str]) -> list[Any]:
    found = (block for block in answer.content if isinstance(block, ir.ToolCall))
    ours = [call for call in found if call.executor == "client"]
    if "tool_arguments" in codes:
        return [call.name for call in ours]
    return [(call.name, _arguments(call)) for call in ours]


def _is_sound(usage: ir.Usage) -> bool:
    """Some vendors count more from the cache than there was, or more thoughts than words."""
    asked, answered = usage.input_tokens, usage.output_tokens
    if asked is None or answered is None:
        return False
    written = sum((usage.cache_write_tokens or {}).values())
    read, thought = usage.cache_read_tokens or 0, usage.reasoning_tokens or 0
    return 0 <= read + written <= asked and 0 <= thought <= answered


@EVERY_API
def test_a_request_says_in_every_dialect_what_it_said(api: str, record_property: Keep) -> None:
    found: Found = Counter()
    judge = partial(request_problems, found=found)
    problems = broken("translated requests", api, judge, record_property)
    keep_losses(record_property, found)
    assert problems == []


@EVERY_API
def test_an_answer_says_in_every_dialect_what_it_said(api: str, record_property: Keep) -> None:
    found: Found = Counter()
    judge = partial(answer_problems, found=found)
    problems = broken("translated answers", api, judge, record_property)
    keep_losses(record_property, found)
    assert problems == []
