"""What is read and written again in the same dialect says what it said before."""

from collections.abc import Iterator

import msgspec

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
    sent = UPSTREAM_CODECS[dialect].encode_request(
        request, target_of(dialect, like=request), "attempt"
    )
    for loss in sent.losses:
        yield f"loss {loss.code} at {loss.path}: {loss.why}"
    head = head_of(record, dialect)
    again = CLIENT_CODECS[dialect].decode_request(
        sent.body, Head(model=request.model, stream=request.stream, headers=head.headers)
    )
    yield from (f"IR: {each}" for each in differences(tree(request), tree(again)))
    before = canonical(msgspec.json.decode(record.request.body))
    after = canonical(msgspec.json.decode(sent.body))
    for name in ("model", "stream", "streamOptions"):
        before.pop(name, None)
    yield from (f"JSON: {each}" for each in missing(before, after))


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
    before, after = tree(answer), tree(again)
    for each in (before, after):
        each["usage"].pop("raw", None)
    yield from (f"IR: {each}" for each in differences(before, after))
    said = canonical(msgspec.json.decode(record.response.body))
    yield from (
        f"JSON: {each}" for each in missing(said, canonical(msgspec.json.decode(told.body)))
    )


def stream_problems(record: Record) -> Iterator[str] | None:
    dialect = both_sides(record)
    if dialect is None or not record.response.is_stream:
        return None
    return _stream_problems(record, dialect)


def _stream_problems(record: Record, dialect: Dialect) -> Iterator[str]:
    events = stream_of(record, dialect)
    request = asked_in(request_of(record, dialect), dialect)
    before = tree(collected(events))
    after = tree(collected(read_stream(dialect, encoded_stream(events, request))))
    for each in (before, after):
        each["usage"].pop("raw", None)
    yield from (f"IR: {each}" for each in differences(before, after))


@EVERY_API
def test_a_request_that_is_read_and_written_stays_the_same(api: str, record_property: Keep) -> None:
    assert broken("stable requests", api, request_problems, record_property) == []


@EVERY_API
def test_an_answer_that_is_read_and_written_stays_the_same(api: str, record_property: Keep) -> None:
    assert broken("stable answers", api, answer_problems, record_property) == []


@EVERY_API
def test_a_stream_that_is_read_and_written_stays_the_same(api: str, record_property: Keep) -> None:
    assert broken("stable streams", api, stream_problems, record_property) == []
