"""What is read and written again in the same dialect says what it said before."""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from protocols import ir
from protocols.codec import Head
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from tests.protocols.corpus import Record
from tests.protocols.corpus.equal import canonical, differences, missing, tree
from tests.protocols.corpus.exchanges import (
    MEMO,
    answer_of,
    asked_in,
    collected,
    dialect_of_record,
    encoded_stream,
    head_of,
    read_stream,
    request_of,
    served,
    stream_of,
    target_of,
)
from tests.protocols.corpus.laws import EVERY_API, Keep, broken, pytestmark  # noqa: F401


def both_sides(record: Record) -> Dialect | None:
    """Of what a vendor served, in a dialect that we speak on both sides."""
    dialect = dialect_of_record(record)
    if dialect in CLIENT_CODECS and dialect in UPSTREAM_CODECS and served(record):
        return dialect
    return None


def request_problems(record: Record) -> Iterator[str] | None:
    dialect = both_sides(record)
    return None if dialect is None else _request_problems(record, dialect)


def _request_problems(record: Record, dialect: Dialect) -> Iterator[str]:
    request = request_of(record, dialect)
    target = target_of(dialect, like=request)
    if b'"max_tokens"' in record.request.body:
        target = replace(target, refuses=frozenset({"max_completion_tokens"}))
    sent = UPSTREAM_CODECS[dialect].encode_request(request, target, "attempt")
    for loss in sent.losses:
        yield f"loss {loss.code} at {loss.path}: {loss.why}"
    head = head_of(record, dialect)
    again = CLIENT_CODECS[dialect].decode_request(
        sent.body, Head(model=request.model, stream=request.stream, headers=head.headers)
    )
    yield from (f"IR: {each}" for each in differences(_asked(request), _asked(again)))
    before, after = canonical(record.request.body, dialect), canonical(sent.body, dialect)
    for name in ("model", "stream", "streamOptions"):
        before.pop(name, None)
    if "functions" not in before:  # which are sent as tools
        yield from (f"JSON: {each}" for each in missing(before, after))


def _asked(request: ir.Request) -> Any:
    """We ask for usage whether the client did or not."""
    said = tree(request)
    extra = said.get("extra") or {}
    extra.pop("stream_options", None)
    return {**said, "extra": extra or None}


def answer_problems(record: Record) -> Iterator[str] | None:
    dialect = both_sides(record)
    if dialect is None or record.response.is_stream:
        return None
    return _answer_problems(record, dialect)


def _answer_problems(record: Record, dialect: Dialect) -> Iterator[str]:
    answer = answer_of(record, dialect)
    told = CLIENT_CODECS[dialect].encode_response(answer, request_of(record, dialect))
    for loss in told.losses:
        yield f"loss {loss.code} at {loss.path}: {loss.why}"
    again = UPSTREAM_CODECS[dialect].decode_response(told.body, MEMO)
    yield from (f"IR: {each}" for each in differences(_counted(answer), _counted(again)))
    before = _unused(canonical(record.response.body, dialect))
    after = canonical(told.body, dialect)
    yield from (f"JSON: {each}" for each in missing(before, after))


def stream_problems(record: Record) -> Iterator[str] | None:
    dialect = both_sides(record)
    if dialect is None or not record.response.is_stream:
        return None
    return _stream_problems(record, dialect)


def _stream_problems(record: Record, dialect: Dialect) -> Iterator[str]:
    events = stream_of(record, dialect)
    request = asked_in(request_of(record, dialect), dialect)
    again = read_stream(dialect, encoded_stream(events, request))
    before, after = _counted(collected(events)), _counted(collected(again))
    yield from (f"IR: {each}" for each in differences(before, after))


def _counted(answer: ir.Response) -> Any:
    """Of usage the counts: nothing counted may go unsaid."""
    said = tree(answer)
    usage = {name: each for name, each in said["usage"].items() if name != "raw"}
    written = usage.get("cache_write_tokens") or {}
    usage["cache_write_tokens"] = {name: each for name, each in written.items() if each}
    if said["stop"] == {"reason": "other"}:  # not said; some dialects must say one
        said["stop"] = None
    said.pop("created", None)  # the edge's
    return {**said, "usage": {name: each for name, each in usage.items() if each}}


def _unused(said: Any) -> Any:
    """Without the vendor's words on usage, of which the counts are judged alone."""
    return {name: each for name, each in said.items() if name not in {"usage", "usageMetadata"}}


@EVERY_API
def test_a_request_that_is_read_and_written_stays_the_same(api: str, record_property: Keep) -> None:
    assert broken("stable requests", api, request_problems, record_property) == []


@EVERY_API
def test_an_answer_that_is_read_and_written_stays_the_same(api: str, record_property: Keep) -> None:
    assert broken("stable answers", api, answer_problems, record_property) == []


@EVERY_API
def test_a_stream_that_is_read_and_written_stays_the_same(api: str, record_property: Keep) -> None:
    assert broken("stable streams", api, stream_problems, record_property) == []
