"""Recorded answers without their questions: read without a fault, streamed as the grammar says."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from protocols import ir
from protocols.codec import Frame
from protocols.errors import DecodeError
from protocols.ir import Dialect
from protocols.registry import UPSTREAM_CODECS
from tests.protocols.corpus import CORPUS, Answered, Observed, dialect_of, frames_of
from tests.protocols.corpus.exchanges import MEMO, collected, events_of
from tests.protocols.corpus.laws import KNOWN, LONGEST, SHOWN, Keep, pytestmark  # noqa: F401
from tests.protocols.corpus.test_heard import faults_of


class Lone(msgspec.Struct):
    id: str
    api: str
    response: Answered
    observed: Observed | None = None


LONE: Final = msgspec.json.Decoder(Lone)
BEGINNINGS: Final = (b'"type":"message_start"', b'"type":"response.created"')
FOLDER: Final = CORPUS / "response_only"


def answer_problems(lone: Lone, dialect: Dialect) -> Iterator[str]:
    response = lone.response
    if response.is_stream or response.events is not None:
        events = events_of(dialect, _frames(response, dialect))
        yield from faults_of(events)
        if isinstance(events[-1], ir.Failed):
            return
        answer = collected(events)
    else:
        answer = UPSTREAM_CODECS[dialect].decode_response(response.body, MEMO)
    if lone.observed is not None and _is_one(response):
        text = "".join(block.text for block in answer.content if isinstance(block, ir.Text))
        if text != lone.observed.text:
            yield f"text {text!r:.90} instead of {lone.observed.text!r:.90}"


def _is_one(response: Answered) -> bool:
    """Some are several answers, one after the other; of events nothing was observed."""
    begun = sum(map(response.body.count, BEGINNINGS))
    return response.events is None and begun <= 1


def _frames(response: Answered, dialect: Dialect) -> list[Frame]:
    if response.events is None:
        return frames_of(dialect, [response.body])
    return [
        Frame(data=msgspec.json.encode(said), raw=b"", event=name)
        for event in response.events
        for name, said in event.items()
    ]


@pytest.mark.parametrize("api", sorted(path.stem for path in FOLDER.glob("*.jsonl")))
def test_a_lone_answer_is_read(api: str, record_property: Keep) -> None:
    dialect = dialect_of(api)
    if dialect is None or dialect not in UPSTREAM_CODECS:
        return
    problems: list[str] = []
    found = [LONE.decode(line) for line in (FOLDER / f"{api}.jsonl").read_bytes().splitlines()]
    for lone in found:
        if lone.id in KNOWN["lone answers"]:
            continue
        try:
            problems += [f"{lone.id}: {each}"[:LONGEST] for each in answer_problems(lone, dialect)]
        except DecodeError as error:
            # Some are errors, or answers to something else.
            if lone.observed is not None and lone.observed.text:
                problems.append(f"{lone.id}: {error}"[:LONGEST])
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not be raised
            problems.append(f"{lone.id}: raised {error!r}"[:LONGEST])
    record_property(f"count {api} lone answers", len(found))
    assert problems[:SHOWN] == []
