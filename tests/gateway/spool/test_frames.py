"""What becomes of a frame that is longer than a reader takes."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from gateway.spool.frames import (
    HEADER_BYTES,
    MAX_PAYLOAD_BYTES,
    VERSION,
    Change,
    Checkpoint,
    Difference,
    End,
    Frame,
    FrameTooLarge,
    Money,
    Outcome,
    Span,
    Tariff,
    Tokens,
    decode,
    encode,
)
from gateway.spool.reading import Passed, Whole, pieces
from tests.gateway.spool.written import ERRAND, SUBJECT, start

WORDS = tuple(f"{number:05}" + "x" * 95 for number in range(800))
SPANS = tuple(Span("attempt", number, number) for number in range(9_000))
RAW = b'{"a":"' + b"x" * MAX_PAYLOAD_BYTES + b'"}'


def end(**fields: Any) -> End:
    given: dict[str, Any] = {
        "v": VERSION,
        "request_id": "0192b3c4-0000-7000-8000-000000000001",
        "started_us": 1,
        "attempt": 0,
        "node": "node",
        "subject": SUBJECT,
        "errand": ERRAND,
        "tariff": Tariff(),
        "tokens": Tokens(in_fresh=7, flags=("rate_assumed",)),
        "money": Money(cost_nano=7),
        "outcome": Outcome(
            final=True,
            status="ok",
            http_status=200,
            error_code="",
            terminated="complete",
            attempts=1,
            latency_ms=1,
        ),
        **fields,
    }
    return End(**given)


def read(frame: Frame) -> Any:
    data = encode(frame)
    assert len(data) <= HEADER_BYTES + MAX_PAYLOAD_BYTES
    [piece] = pieces(data, ended=True)
    assert isinstance(piece, Whole), piece
    return piece.frame


def without_raw(made: End) -> End:
    flags = (*made.tokens.flags, "truncated")
    return replace(made, tokens=replace(made.tokens, usage_raw=b"", flags=flags))


def test_what_fits_stays_as_it_is() -> None:
    whole = end(subject=replace(SUBJECT, tags=WORDS[:500]), tokens=Tokens(usage_raw=b"{}"))

    assert read(whole) == whole


def test_the_vendors_words_go_first() -> None:
    long = end(tokens=Tokens(in_fresh=7, usage_raw=RAW), subject=replace(SUBJECT, tags=("a",)))

    assert read(long) == without_raw(long)


def test_then_the_steps_go() -> None:
    long = end(subject=replace(SUBJECT, tags=("a",)))
    long = replace(long, outcome=replace(long.outcome, spans=SPANS))

    assert read(long) == replace(without_raw(long), outcome=replace(long.outcome, spans=()))


def test_then_what_was_sent_otherwise_goes() -> None:
    long = end(subject=replace(SUBJECT, tags=("a",)))
    changes = tuple(Change(word) for word in WORDS)
    long = replace(long, outcome=replace(long.outcome, difference=Difference(changes)))

    assert read(long) == replace(without_raw(long), outcome=replace(long.outcome, difference=None))


def test_a_frame_of_before_there_were_differences_is_read() -> None:
    parts: list[Any] = msgspec.msgpack.decode(encode(end())[HEADER_BYTES:])
    names = End.__struct_fields__
    for name in ("errand", "outcome"):
        assert parts[names.index(name) + 1].pop() in {"", None}

    assert decode(msgspec.msgpack.encode(parts)) == end()


def test_then_the_tags_go() -> None:
    long = end(subject=replace(SUBJECT, tags=WORDS), errand=replace(ERRAND, degraded=("tools",)))

    assert read(long) == replace(without_raw(long), subject=SUBJECT)


def test_at_last_what_was_lost_on_the_way_goes() -> None:
    long = end(errand=replace(ERRAND, degraded=WORDS))

    assert read(long) == replace(without_raw(long), errand=ERRAND)


def test_a_start_has_tags_and_losses_to_lose() -> None:
    long = start(subject=replace(SUBJECT, tags=WORDS), errand=replace(ERRAND, degraded=WORDS))

    assert read(long) == start()


def test_a_checkpoint_has_the_vendors_words_to_lose() -> None:
    long = Checkpoint(VERSION, "id", 1, 0, Tokens(out_text=3, usage_raw=RAW), 9)

    assert read(long) == replace(long, tokens=Tokens(out_text=3, flags=("truncated",)))


@pytest.mark.parametrize(
    "frame",
    [
        start(node="n" * MAX_PAYLOAD_BYTES),
        end(node="n" * MAX_PAYLOAD_BYTES),
        Checkpoint(VERSION, "n" * MAX_PAYLOAD_BYTES, 1, 0, Tokens(), 9),
    ],
)
def test_what_can_be_missed_by_nobody_is_no_frame(frame: Frame) -> None:
    with pytest.raises(FrameTooLarge, match="more than 65536 bytes"):
        encode(frame)


def test_a_longer_frame_would_be_thrown_away_as_damage() -> None:
    """Why it must not be written."""
    data = (MAX_PAYLOAD_BYTES + 1).to_bytes(4, "little") + bytes(MAX_PAYLOAD_BYTES + 5)

    assert all(isinstance(piece, Passed) for piece in pieces(data, ended=True))
