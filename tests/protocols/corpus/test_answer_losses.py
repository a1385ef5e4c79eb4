"""What an answer says beside its words is told as lost in any other dialect.

Read without any codec: by the recorded JSON, and the table of what need not be told.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from protocols.extras import Bared
from protocols.idle_fields import IDLE, INSIDE, USUAL, VERDICTS
from protocols.ir import Dialect
from tests.protocols.corpus import Record, frames_of
from tests.protocols.corpus.exchanges import answer_of, request_of, stream_of, wire_of
from tests.protocols.corpus.laws import EVERY_API, Keep, broken, pytestmark  # noqa: F401
from tests.protocols.corpus.test_stability import both_sides

# What the IR has words for.
MODELLED: Final[dict[Dialect, frozenset[str]]] = {
    "openai.chat": frozenset({"choices", "usage", "service_tier"}),
    "openai.responses": frozenset(
        {"error", "id", "incomplete_details", "model", "object", "output", "status", "usage"}
    ),
    "anthropic.messages": frozenset(
        {"content", "id", "model", "role", "stop_reason", "stop_sequence", "type", "usage"}
    ),
    "gemini.generate": frozenset({"candidates", "modelVersion", "responseId", "usageMetadata"}),
    "bedrock.converse": frozenset(
        {"contentBlockIndex", "delta", "output", "role", "serviceTier", "start", "stopReason"}
        | {"usage"}
    ),
}
MODELLED_OF_CHOICES: Final[dict[Dialect, frozenset[str]]] = {
    "openai.chat": frozenset({"delta", "finish_reason", "index", "logprobs", "message"}),
    "gemini.generate": frozenset(
        {"citationMetadata", "content", "finishReason", "groundingMetadata", "index"}
    ),
}
CITING: Final = frozenset({"citations", "search_results", "urlContextMetadata"})
SEALED: Final = (b"reasoning.encrypted", b'"thought_signature"')


def problems(record: Record) -> Iterator[str] | None:
    dialect = both_sides(record)
    return None if dialect is None else _problems(record, dialect)


def _problems(record: Record, dialect: Dialect) -> Iterator[str]:
    request_of(record, dialect)
    bared = Bared(dialect)
    if record.response.is_stream:
        for event in stream_of(record, dialect):
            bared.event(event)
        bodies = [frame.data for frame in frames_of(dialect, [wire_of(record)])]
        said = [msgspec.json.decode(body) for body in bodies if body.startswith(b"{")]
    else:
        bared.response(answer_of(record, dialect))
        said = [msgspec.json.decode(record.response.body)]
    codes = {loss.code for loss in bared.losses}
    # What says what failed is no answer.
    whole = [each for each in said if not each.get("error")]
    names = {name for each in whole for name in _beside(dialect, each)}
    for name in sorted(names):
        if not codes & {f"other:{name}", "citations" if name in CITING else ""}:
            yield f"{name} is said, and not told as lost"
    sealed = any(mark in record.response.body for mark in SEALED)
    if (
        dialect == "openai.chat"
        and sealed
        and not record.response.is_stream
        and "seal" not in codes
    ):
        yield "a seal is said, and not told as lost"


def _beside(dialect: Dialect, said: dict[str, Any]) -> Iterator[str]:
    if dialect not in MODELLED_OF_CHOICES:
        said = said.get("response", said.get("message", said))
        if "type" in said and said["type"] != "message":
            return  # an event of a block
    yield from _left(dialect, "answer", said, MODELLED[dialect])
    for choice in said.get("choices") or said.get("candidates") or ():
        yield from _left(dialect, "stop", choice, MODELLED_OF_CHOICES[dialect])


def _left(
    dialect: Dialect, place: Any, said: dict[str, Any], modelled: frozenset[str]
) -> Iterator[str]:
    idle = IDLE[dialect].get(place, frozenset())
    for name, value in said.items():
        is_judged = name in VERDICTS or (dialect, place, name) in INSIDE
        if name in modelled | idle or is_judged or value == USUAL.get((place, name)):
            continue
        if value not in (None, "", [], {}) and value != {"applied_edits": []}:
            yield name


@EVERY_API
def test_what_an_answer_says_beside_its_words_is_told(api: str, record_property: Keep) -> None:
    assert broken("told losses of answers", api, problems, record_property) == []
