"""What real vendors sent, read by the dialects that forward it byte for byte."""

import random
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice, pairwise
from typing import Any, Final

import msgspec
import pytest

from protocols import ir
from protocols.errors import Problem
from protocols.ir import Dialect
from protocols.native import StreamObserver
from protocols.registry import NATIVE
from tests.protocols.corpus import (
    Record,
    frames_of,
    native_records,
    needs_corpus,
    said_ends,
    split,
)

pytestmark = needs_corpus

EVERY_BYTE: Final = 8_192  # streams up to this length are cut at every byte, longer ones at some
RANDOM_CUTS: Final = 200
SHARDS: Final = 4
# What `observed` has no text for; of reasoning nobody may read there is a seal.
ALSO_CONTENT: Final = {"refusal", "reasoning_details", "redacted_thinking", "reasoning_item"}
# What ends a stream, as the second reading names it; Gemini has no such event.
LAST_EVENTS: Final = {
    *("[DONE]", "message_stop", "metadata"),
    *("response.completed", "response.incomplete", "response.failed"),
}
ENDLESS: Final = {"gemini.generate"}
# Kinds an answer of each status may be of.
KINDS: Final = {
    400: {"invalid_request", "context_length", "authentication", "not_found"},
    401: {"authentication"},
    403: {"permission"},
    404: {"not_found"},
    422: {"invalid_request"},
    429: {"rate_limited"},
    500: {"upstream_error"},
    501: {"upstream_error"},
}


def cut(body: bytes, places: Iterable[int]) -> Iterator[bytes]:
    edges = sorted({0, len(body), *places})
    return (body[start:end] for start, end in pairwise(edges))


def recorded_cuts(record: Record) -> Iterator[int]:
    at = 0
    for size in record.response.chunk_sizes or ():
        at += size
        yield min(at, len(record.response.body))


def streams() -> Iterator[tuple[Dialect, Record]]:
    for dialect, record in native_records():
        if record.response.is_stream and record.response.status == 200:
            yield dialect, record


def watched(
    dialect: Dialect, record: Record, *, hide_usage: bool = False
) -> tuple[StreamObserver, list[bytes]]:
    observer = NATIVE[dialect].observer(hide_usage=hide_usage)
    frames = frames_of(dialect, [record.response.body])
    return observer, [frame.raw for frame in frames if not observer.feed(frame.raw)]


def read(dialect: Dialect, record: Record) -> tuple[ir.Usage | None, str | None]:
    if not record.response.is_stream:
        return NATIVE[dialect].usage(record.response.body)
    observer, _ = watched(dialect, record)
    return observer.usage, observer.stop


def reported_usage(dialect: Dialect, record: Record) -> dict[str, Any]:
    """The last one; of Anthropic's, what each later one adds."""
    if dialect != "anthropic.messages":
        return record.observed.usage[-1] if record.observed.usage else {}
    merged: dict[str, Any] = {}
    for usage in record.observed.usage:
        merged.update((key, value) for key, value in usage.items() if value is not None)
    return merged


def answers() -> Iterator[tuple[Dialect, Record]]:
    for dialect, record in native_records():
        if record.response.status == 200:
            yield dialect, record


def failures() -> Iterator[tuple[Record, Problem]]:
    for dialect, record in native_records():
        if record.response.status >= 400:
            body = record.response.body
            yield record, NATIVE[dialect].problem(record.response.status, body, None)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_stream_comes_out_as_it_came_however_it_was_cut(shard: int) -> None:
    wrong = []
    for dialect, record in islice(streams(), shard, None, SHARDS):
        body = record.response.body
        pieces = partial(split, dialect)
        whole = pieces([body])
        chance = random.Random(record.id)  # noqa: S311 - no secret, the same in every run
        some = {chance.randrange(1, len(body)) for _ in range(RANDOM_CUTS)}
        every = range(1, len(body)) if len(body) <= EVERY_BYTE else some
        ways = (recorded_cuts(record), range(1, len(body)), some)
        same = all(pieces(cut(body, way)) == whole for way in ways)
        same = same and all(pieces((body[:at], body[at:])) == whole for at in every)
        if not same or not b"".join(whole).startswith(body):
            wrong.append(record.id)
    assert wrong == []


def test_usage_is_the_last_that_the_vendor_reported() -> None:
    wrong = []
    for dialect, record in answers():
        usage, _ = read(dialect, record)
        said = {} if usage is None else msgspec.json.decode(usage.raw)
        if said != reported_usage(dialect, record):
            wrong.append(record.id)
    assert wrong == []


def test_the_stop_word_is_the_vendors_own() -> None:
    wrong = []
    for dialect, record in answers():
        _, stop = read(dialect, record)
        words = said_ends(record)
        if words and stop not in words:
            wrong.append((record.id, stop, words))
    assert wrong == []


def test_content_is_seen_where_there_is_some_and_only_there() -> None:
    wrong = []
    for dialect, record in streams():
        observed = record.observed
        expected = bool(observed.text or observed.reasoning or observed.tool_calls)
        observer, _ = watched(dialect, record)
        if observer.content != (expected or bool(ALSO_CONTENT & set(record.features))):
            wrong.append((record.id, observer.content, expected))
    assert wrong == []


def test_an_end_is_seen_where_there_is_one() -> None:
    wrong = []
    for dialect, record in streams():
        observer, _ = watched(dialect, record)
        if dialect in ENDLESS:
            continue
        if observer.terminal != (record.observed.terminal in LAST_EVENTS):
            wrong.append((record.id, observer.terminal, record.observed.terminal))
    assert wrong == []


def test_only_a_chunk_that_says_nothing_but_usage_is_withheld() -> None:
    wrong = []
    for dialect, record in streams():
        _, withheld = watched(dialect, record, hide_usage=True)
        for event in withheld:
            said = msgspec.json.decode(event.removeprefix(b"data:").strip())
            if said["choices"] != [] or not said["usage"]:
                wrong.append(record.id)
        if watched(dialect, record)[1]:
            wrong.append(record.id)
    assert wrong == []


def test_the_error_of_a_stream_is_seen() -> None:
    wrong = []
    for dialect, record in streams():
        observer, _ = watched(dialect, record)
        failed = observer.failure is not None
        # One recording has an error beside a reason to stop, and goes on: a remark.
        if failed != ("stream_error" in record.features) and not observer.stopped:
            wrong.append((record.id, failed))
    assert wrong == []


def test_an_error_in_a_success_is_seen_and_no_other_success_is_one() -> None:
    wrong = []
    for dialect, record in answers():
        if not record.response.is_stream:
            problem = NATIVE[dialect].error_in_success(record.response.body)
            if (problem is not None) != ("error_in_200" in record.features):
                wrong.append((record.id, problem))
    assert wrong == []


def test_an_error_keeps_its_status_its_kind_and_its_message() -> None:
    wrong = []
    for record, problem in failures():
        status = record.response.status
        told = record.observed.error
        message = told.get("message") or told.get("detail") if isinstance(told, dict) else told
        kept = problem.http_status == status and problem.kind in KINDS[status]
        if not kept or problem.message != (message or problem.message):
            wrong.append((record.id, problem, message))
    assert wrong == []
