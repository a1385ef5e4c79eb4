"""Recordings with one value exchanged for another: read or refused, and what was read can be told.

Which value is exchanged depends on the recording's id alone.
"""

import random
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from protocols.codec import Frame
from protocols.errors import DecodeError, ProtocolError
from protocols.extras import Bared
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from tests.protocols.corpus import Record, frames_of
from tests.protocols.corpus.exchanges import (
    MEMO,
    dialect_of_record,
    events_of,
    head_of,
    served,
    target_of,
    wire_of,
)
from tests.protocols.corpus.laws import EVERY_API, Keep, broken, pytestmark  # noqa: F401
from tests.protocols.corpus.test_heard import faults_of
from tests.protocols.fuzzed import ASKED

OTHERS: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1, 2.5, 10**30, "", "text", "{", [], {}, [[]], [None], [1], ["a"]),
    *([{}], {"type": "text"}, {"a": None}, {"type": 1}, {"index": "0"}),
)  # fmt: skip
TIMES: Final = 4


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


def mutated(body: bytes, chance: random.Random) -> bytes:
    said = msgspec.json.decode(body)
    container, key = chance.choice(list(places(said)) or [([0], 0)])
    container[key] = chance.choice(OTHERS)
    return msgspec.json.encode(said)


def request_problems(record: Record) -> list[str] | None:
    dialect = dialect_of_record(record)
    if dialect is None or dialect not in CLIENT_CODECS or not served(record):
        return None
    chance = random.Random(record.id)  # noqa: S311 - no secret, the same in every run
    for _ in range(TIMES):
        _ask(dialect, mutated(record.request.body, chance), record)
    return []


def _ask(dialect: Dialect, body: bytes, record: Record) -> None:
    try:
        asked = CLIENT_CODECS[dialect].decode_request(body, head_of(record, dialect))
    except ProtocolError:
        return
    for other, codec in UPSTREAM_CODECS.items():
        msgspec.json.decode(codec.encode_request(asked, target_of(other), "attempt").body)


def answer_problems(record: Record) -> list[str] | None:
    dialect = dialect_of_record(record)
    if dialect is None or dialect not in UPSTREAM_CODECS or not served(record):
        return None
    chance = random.Random(record.id)  # noqa: S311 - no secret, the same in every run
    problems: list[str] = []
    for _ in range(TIMES):
        if record.response.is_stream:
            problems += _stream(dialect, frames_of(dialect, [wire_of(record)]), chance)
        else:
            _tell(dialect, mutated(record.response.body, chance))
    return problems


def _tell(dialect: Dialect, body: bytes) -> None:
    try:
        answer = UPSTREAM_CODECS[dialect].decode_response(body, MEMO)
    except DecodeError:
        return
    for asked in ASKED.values():
        known = answer if asked.dialect == dialect else Bared(dialect).response(answer)
        msgspec.json.decode(CLIENT_CODECS[asked.dialect].encode_response(known, asked).body)


def _stream(dialect: Dialect, frames: list[Frame], chance: random.Random) -> list[str]:
    at = chance.randrange(len(frames))
    hurt = frames[at]
    if hurt.data.startswith(b"{"):
        data = mutated(hurt.data, chance)
        frames[at] = Frame(data=data, raw=hurt.raw, event=hurt.event, exception=hurt.exception)
    events = events_of(dialect, frames)
    for asked in ASKED.values():
        encoder = CLIENT_CODECS[asked.dialect].event_encoder(asked)
        known = events if asked.dialect == dialect else [*map(Bared(dialect).event, events)]
        b"".join([*map(encoder.feed, known), encoder.close()])
    return faults_of(events)


@EVERY_API
def test_a_request_with_one_wrong_value_is_read_or_refused(api: str, record_property: Keep) -> None:
    assert broken("wrong requests", api, request_problems, record_property) == []


@EVERY_API
def test_an_answer_with_one_wrong_value_is_read_or_none(api: str, record_property: Keep) -> None:
    assert broken("wrong answers", api, answer_problems, record_property) == []
