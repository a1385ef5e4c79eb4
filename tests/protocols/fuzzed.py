"""What must hold for any bytes at all: the targets that random, made-up and coverage-guided input
is thrown at. What once broke one of them lies in `crashes/`, by the target's name.

Law: only declared errors leave a decoder, what was read can be written in every dialect, and where
a stream was cut changes nothing.
"""

import gc
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from time import thread_time
from typing import Any, Final

import msgspec
from msgspec import Raw

from gateway.edge.accounting.estimates import tokens_of_request
from protocols.codec import Frame, Head, Memo
from protocols.errors import DecodeError, FrameTooLarge, ProtocolError, Unsupported
from protocols.extras import Bared
from protocols.framing.aws import AwsSplitter, read_message, write_event
from protocols.framing.json_array import ArrayWriter
from protocols.framing.sse import SseSplitter, read_event
from protocols.ir import Dialect, Request
from protocols.native import Splitter
from protocols.registry import CLIENT_CODECS, EMBEDDINGS_CODECS, NATIVE, UPSTREAM_CODECS
from protocols.stream import Collector, Grammar
from tests.protocols.corpus.exchanges import target_of

BOUND_S: Final = 0.1
TRIES: Final = 5
TRACED_FACTOR: Final = 5  # what coverage makes of each line, at most
HEAD: Final = Head(model="m")
MEMO: Final = Memo(
    seed="s", names={"a": "b"}, custom=frozenset({"custom"}), schema_tool="json_output"
)
CAP: Final = 1 << 20
SMALL_CAP: Final = 64
WIDTHS: Final = (2, 3, 7, 64, 1_000)
SHORT: Final = 512
# A question in each dialect, by a client who hears the answer.
ASKED: Final = {
    dialect: Request(dialect=dialect, model="m", messages=()) for dialect in CLIENT_CODECS
}
Target = Callable[[bytes], None]


def seconds(read: Callable[[], Any], *allowed: type[Exception]) -> float:
    """The least of several times, where the first is too long: what a neighbour takes from the
    processor is not the reader's doing."""
    slower = 1 if sys.gettrace() is None else TRACED_FACTOR
    took_s = _once(read, *allowed)
    tries = 1
    while took_s >= BOUND_S * slower and tries < TRIES:
        took_s, tries = min(took_s, _once(read, *allowed)), tries + 1
    return took_s / slower


def _once(read: Callable[[], Any], *allowed: type[Exception]) -> float:
    """Without the garbage collector's, who goes through all that the tests before have left."""
    gc.disable()
    try:
        began = thread_time()
        with suppress(*allowed):
            read()
        return thread_time() - began
    finally:
        gc.enable()


# --- bodies --------------------------------------------------------------------------------------


def asked_everywhere(dialect: Dialect, body: bytes) -> None:
    asked = CLIENT_CODECS[dialect].decode_request(body, HEAD)
    for other, codec in UPSTREAM_CODECS.items():
        try:
            sent = codec.encode_request(asked, target_of(other), "seed")
        except ProtocolError as error:
            raise AssertionError(f"{other} refuses what was read: {error}") from error
        msgspec.json.decode(sent.body, type=dict[str, Raw])  # its numbers may have any size


def told_everywhere(dialect: Dialect, body: bytes) -> None:
    answer = UPSTREAM_CODECS[dialect].decode_response(body, MEMO)
    for asked in ASKED.values():
        known = answer if asked.dialect == dialect else Bared(dialect).response(answer)
        try:
            told = CLIENT_CODECS[asked.dialect].encode_response(known, asked)
        except ProtocolError as error:
            raise AssertionError(f"{asked.dialect} cannot tell it: {error}") from error
        msgspec.json.decode(told.body, type=dict[str, Raw])


def read_embeddings(dialect: Dialect, body: bytes) -> None:
    EMBEDDINGS_CODECS[dialect].decode_request(body, HEAD)


def estimated(body: bytes) -> None:
    """By all dialects: a guess is a number of tokens, whatever was asked."""
    for codec in CLIENT_CODECS.values():
        with suppress(DecodeError, Unsupported):
            assert tokens_of_request(codec.decode_request(body, HEAD)) >= 0


# --- streams -------------------------------------------------------------------------------------


def streamed(dialect: Dialect, frames: Iterable[Frame]) -> None:
    """What comes out obeys the grammar, can be collected, and told in every dialect."""
    decoder = UPSTREAM_CODECS[dialect].event_decoder(MEMO)
    events = [*(event for frame in frames for event in decoder.feed(frame)), *decoder.close()]
    grammar, collector = Grammar(), Collector()
    for event in events:
        grammar.feed(event)
        collector.feed(event)
    grammar.close()
    assert grammar.faults == []
    collector.response()
    for asked in ASKED.values():
        encoder = CLIENT_CODECS[asked.dialect].event_encoder(asked)
        known = events if asked.dialect == dialect else [*map(Bared(dialect).event, events)]
        assert isinstance(b"".join([*map(encoder.feed, known), encoder.close()]), bytes)


def watched(dialect: Dialect, chunks: Iterable[bytes], cap: int) -> None:
    native = NATIVE[dialect]
    splitter, observer = native.splitter(cap=cap), native.observer(hide_usage=True)
    for chunk in chunks:
        for raw in splitter.feed(chunk):
            native.is_meaningful(raw)
            native.frame(raw)
            observer.feed(raw)
    rest = splitter.close()
    if rest and (last := native.completed(rest)):
        native.frame(last)
        observer.feed(last)


def heard(dialect: Dialect, wire: bytes) -> None:
    """A vendor's stream from its bytes to its events, and what the native lane sees of it."""
    frames = [NATIVE[dialect].frame(raw) for raw in cut(NATIVE[dialect].splitter, wire, CAP)]
    streamed(dialect, frames)
    watched(dialect, pieces(wire, max(widths(wire))), CAP)


def heard_from_aws(dialect: Dialect, lines: bytes) -> None:
    """Each line is the name of an event and what it says: checksums are not to be guessed."""
    told = (line.partition(b" ") for line in lines.splitlines())
    messages = (write_event(_name(name), said) for name, _, said in told)
    heard(dialect, b"".join(messages))


def _name(name: bytes) -> str:
    return name[:99].decode(errors="replace")


def pieces(wire: bytes, width: int) -> Iterator[bytes]:
    return (wire[at : at + width] for at in range(0, len(wire), width))


def widths(wire: bytes) -> set[int]:
    """Byte by byte, unless that takes long, and another one."""
    return {1 if len(wire) <= SHORT else SHORT, WIDTHS[len(wire) % len(WIDTHS)]}


def cut(splitter: Callable[..., Splitter], wire: bytes, cap: int) -> list[bytes]:
    """Into frames, the unfinished rest as the last: the same, wherever the network has cut."""
    whole = _frames(splitter(cap=cap), [wire])
    for width in widths(wire):
        assert _frames(splitter(cap=cap), pieces(wire, width)) == whole
    if whole is None:
        raise FrameTooLarge(cap)
    assert b"".join(whole) == wire
    return whole


def _frames(splitter: Splitter, chunks: Iterable[bytes]) -> list[bytes] | None:
    """None: it was refused."""
    try:
        frames = [frame for chunk in chunks for frame in splitter.feed(chunk)]
    except (DecodeError, FrameTooLarge):
        return None
    return [*frames, splitter.close()]


def sse(wire: bytes) -> None:
    for cap in (CAP, SMALL_CAP):
        with suppress(FrameTooLarge):
            for raw in cut(SseSplitter, wire, cap):
                read_event(raw)


def aws(wire: bytes) -> None:
    for raw in (wire, mended(wire)):
        for cap in (CAP, SMALL_CAP):
            with suppress(FrameTooLarge):
                for message in cut(AwsSplitter, raw, cap):
                    read_message(message)


def mended(wire: bytes) -> bytes:
    """One message around it with right lengths and checksums: the first byte says how much of it
    is headers."""
    length = min(wire[0] if wire else 0, max(len(wire) - 1, 0))
    lengths = (16 + max(len(wire) - 1, 0)).to_bytes(4, "big") + length.to_bytes(4, "big")
    message = lengths + zlib.crc32(lengths).to_bytes(4, "big") + wire[1:]
    return message + zlib.crc32(message).to_bytes(4, "big")


def json_array(events: bytes) -> None:
    told = _array([events])
    for width in widths(events):
        assert _array(pieces(events, width)) == told


def _array(chunks: Iterable[bytes]) -> bytes | None:
    writer = ArrayWriter(cap=CAP)
    return b"".join([*map(writer.feed, chunks), writer.close()])


# --- all of them ---------------------------------------------------------------------------------


TARGETS: Final[Mapping[str, Target]] = {
    "sse": sse,
    "aws": aws,
    "json-array": json_array,
    "estimator": estimated,
    **{f"request-{dialect}": partial(asked_everywhere, dialect) for dialect in CLIENT_CODECS},
    **{f"embeddings-{dialect}": partial(read_embeddings, dialect) for dialect in EMBEDDINGS_CODECS},
    **{f"answer-{dialect}": partial(told_everywhere, dialect) for dialect in UPSTREAM_CODECS},
    **{
        f"stream-{dialect}": partial(
            heard_from_aws if dialect == "bedrock.converse" else heard, dialect
        )
        for dialect in UPSTREAM_CODECS
    },
}


def declared(target: str, given: bytes) -> None:
    """What is not suppressed here is a fault."""
    with suppress(DecodeError, Unsupported, FrameTooLarge):
        TARGETS[target](given)
