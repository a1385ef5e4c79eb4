"""No recorded usage is out of bounds, but for those that are wrong."""

from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Final, cast

import msgspec

from gateway.edge.accounting.bounds import deviates
from gateway.edge.accounting.counting import note_answer, note_event
from gateway.edge.exchange import Exchange
from protocols import ir
from protocols.ir import Dialect
from protocols.registry import NATIVE
from tests.protocols.corpus import Record, dialect_of, needs_corpus, records, split
from tests.protocols.corpus.exchanges import dialect_of_record, served, wire_of
from tests.protocols.corpus.laws import Keep

# What their vendors say cannot be; each is flagged, and why it should be.
WRONG: Final = {
    "gemini.generateContent-7bb3de1e98": "no tokens of output for 186 bytes of text",
    "ollama.chat-ee591ce533": "no tokens of input for a question",
    "openai.responses-3ad76a468a": "no tokens at all for an answer that was cut at its limit",
    "openai.responses-cf9e46e5c3": "no tokens at all for a question with a tool",
    "openrouter.chat-2975ac4991": "500 tokens of output, of which nothing was delivered",
    "voyage.embeddings-b55766cee7": "no tokens for two words",
}


def heard(record: Record, dialect: Dialect) -> tuple[Exchange, bool]:
    """As after its answer; and whether both totals are told."""
    native = NATIVE[dialect]
    made: Any = SimpleNamespace(
        arrival=SimpleNamespace(
            operation=SimpleNamespace(
                dialect=dialect,
                body=None,
                what="embeddings" if dialect == "openai.embeddings" else "chat",
            )
        ),
        asked=None,
        asked_stream=record.stream,
        body=record.request.body,
        bytes_out=len(record.response.body),
        events=0,
        model=record.model or "unnamed",
        said_bytes=0,
        text_bytes=0,
        top=msgspec.json.decode(record.request.body, type=dict[str, msgspec.Raw]),
    )
    usage: ir.Usage | None
    if record.response.is_stream:
        observer = native.observer(hide_usage=False)
        for frame in split(dialect, [wire_of(record)]):
            observer.feed(frame)
            note_event(made, frame)
        usage, made.stop = observer.usage, observer.stop
    else:
        usage, made.stop = native.usage(record.response.body)
    made.usage = usage or ir.Usage()
    if not record.response.is_stream:
        note_answer(made, record.response.body, window=None)
    is_told = made.usage.input_tokens is not None and (
        made.usage.output_tokens is not None or dialect == "openai.embeddings"
    )
    return cast("Exchange", made), is_told


def judged() -> Iterator[tuple[Record, Exchange]]:
    for record in records("*"):
        dialect = dialect_of_record(record) or dialect_of(record.api)
        if dialect is None or not served(record):
            continue
        exchange, is_told = heard(record, dialect)
        if is_told:
            yield record, exchange


@needs_corpus
def test_no_right_usage_is_out_of_bounds(record_property: Keep) -> None:
    counted: Counter[str] = Counter()
    seen, found = set(), set()
    for record, exchange in judged():
        counted[record.api] += 1
        seen.add(record.id)
        if deviates(exchange):
            found.add(record.id)
    for api, count in counted.items():
        record_property(f"count {api} bounds of usage", count)
    assert found == WRONG.keys() & seen
    assert counted
