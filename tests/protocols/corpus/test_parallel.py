"""Recordings that put the same question in two dialects: one of them, translated, is the other."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from itertools import permutations
from typing import Final

import pytest

from protocols import ir
from protocols.codec import Head
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from tests.protocols.corpus import CORPUS, EVERYTHING, ONE_OF, Record, records
from tests.protocols.corpus.exchanges import dialect_of_record, request_of, target_of
from tests.protocols.corpus.facets import blocks, media, results, tool_names, user_texts
from tests.protocols.corpus.laws import LONGEST, SHOWN, Keep, pytestmark  # noqa: F401

LOST: Final = frozenset({"image", "audio", "video", "document", "file", "opaque"})


@pytest.fixture(scope="module")
def groups() -> dict[str, dict[Dialect, Record]]:
    """One recording of each dialect."""
    with (CORPUS / "dev/parallel.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    chosen = sorted({row["group"] for row in rows})[:: 1 if EVERYTHING else ONE_OF]
    members = {row["id"]: row["group"] for row in rows if row["group"] in set(chosen)}
    found: dict[str, dict[Dialect, Record]] = defaultdict(dict)
    for record in records("*", everything=True):
        dialect = dialect_of_record(record)
        # Those that declare `functions` were taken for ones without tools.
        if b'"functions"' in record.request.body:
            continue
        if dialect is not None and dialect in CLIENT_CODECS and record.id in members:
            found[members[record.id]].setdefault(dialect, record)
    return found


def group_problems(members: dict[Dialect, Record]) -> Iterator[str]:
    for (dialect, record), (other, twin) in permutations(members.items(), 2):
        if other not in UPSTREAM_CODECS:
            continue
        asked, wanted = request_of(record, dialect), request_of(twin, other)
        sent = UPSTREAM_CODECS[other].encode_request(asked, target_of(other), "attempt")
        head = Head(model="some-model", stream=asked.stream)
        again = CLIENT_CODECS[other].decode_request(sent.body, head)
        codes = {loss.code for loss in sent.losses}
        if codes & LOST:
            continue
        for name, here, there in _alike(again, wanted):
            if here != there:
                yield f"{record.id} as {twin.id}: {name} {here!r:.90} instead of {there!r:.90}"


def _alike(one: ir.Request, other: ir.Request) -> Iterator[tuple[str, object, object]]:
    """By which they were found to be alike; what the models called is their own affair."""
    yield "user texts", _joined(one), _joined(other)
    yield "tools", sorted(tool_names(one)), sorted(tool_names(other))
    yield "results", len(results(one)), len(results(other))
    yield "media", _shown(one), _shown(other)


def _shown(request: ir.Request) -> int:
    """Documents of Mistral's own kind too."""
    opaque = (block for block in blocks(request) if isinstance(block, ir.Opaque))
    return len(media(request)) + sum(block.kind == "document_url" for block in opaque)


def _joined(request: ir.Request) -> str:
    return "".join("".join(user_texts(request)).split())


def test_the_same_question_translated_is_the_same(
    groups: dict[str, dict[Dialect, Record]], record_property: Keep
) -> None:
    problems = [each[:LONGEST] for found in groups.values() for each in group_problems(found)]
    record_property("count parallel.csv same question", len(groups))
    assert problems[:SHOWN] == []
