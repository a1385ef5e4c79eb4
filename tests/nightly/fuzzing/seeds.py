"""What a target begins with: recorded exchanges, if there are any, and what the tests send."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import msgspec

from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, NATIVE
from tests.gateway.edge.dialects import ANSWER, BODIES, DIALECTS, WEATHER, frames
from tests.protocols.corpus import Record, records
from tests.protocols.corpus.exchanges import dialect_of_record, wire_of
from tests.protocols.test_canaries import BODIES as WITH_TOOLS

LARGEST: Final = 8_192  # longer ones would be cut off
MANY: Final = 300
OF_A_KIND: Final = 40


def seeds(target: str) -> list[bytes]:
    kind, _, dialect = target.partition("-")
    found = [seed for seed in _all(kind, dialect) if 0 < len(seed) <= LARGEST]
    return list(dict.fromkeys(found))[:MANY]


def _all(kind: str, dialect: str) -> Iterator[bytes]:
    for each in DIALECTS:
        if dialect in {each, "", "array"}:
            yield from _made(kind, each)
    for record in _recorded(dialect):
        yield from _parts(kind, record)


def _recorded(dialect: str) -> Iterator[Record]:
    """A few of each API."""
    seen: dict[tuple[str, int, bool], int] = {}
    for record in records("*"):
        spoken = "openai.embeddings" if record.api.endswith("embeddings") else None
        if dialect in {dialect_of_record(record) or spoken, "", "array"}:
            seen[record.stratum] = seen.get(record.stratum, 0) + 1
            if seen[record.stratum] <= OF_A_KIND:
                yield record


def _made(kind: str, dialect: Dialect) -> Iterable[bytes]:
    if kind in {"request", "estimator"}:
        return [msgspec.json.encode(bodies[dialect]) for bodies in (BODIES, WITH_TOOLS)]
    if kind == "answer":
        return [CLIENT_CODECS[dialect].encode_response(ANSWER, WEATHER).body]
    return [_stream(kind, dialect, b"".join(frames(dialect)))]


def _parts(kind: str, record: Record) -> Iterable[bytes]:
    answer = record.response
    if kind in {"request", "estimator", "embeddings"}:
        return [record.request.body]
    if kind == "answer":
        return [] if answer.is_stream else [answer.body]
    spoken = dialect_of_record(record)
    if not answer.is_stream or spoken is None:
        return []
    return [_stream(kind, spoken, wire_of(record)[:LARGEST])]


def _stream(kind: str, dialect: Dialect, wire: bytes) -> bytes:
    if kind != "stream" or dialect != "bedrock.converse":
        return wire
    splitter = NATIVE[dialect].splitter(cap=1 << 24)
    told = map(NATIVE[dialect].frame, splitter.feed(wire))
    return b"\n".join(
        (frame.event or "").encode() + b" " + frame.data for frame in islice(told, OF_A_KIND)
    )
