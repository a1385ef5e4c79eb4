"""F-44: broken characters, odd ends of line, marks and comments at every boundary of a stream.

However the network cuts it, it says what it says in one piece, for every dialect as the vendor's
and as the client's.
"""

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from protocols import ir
from protocols.framing.aws import write_event
from protocols.framing.sse import BYTE_ORDER_MARK
from protocols.ir import Dialect
from protocols.registry import NATIVE
from protocols.stream import Collector
from tests.gateway.edge.dialects import ANSWER, DIALECTS, frames, text_of
from tests.protocols.corpus import split
from tests.protocols.corpus.exchanges import events_of

MARK: Final = "MARK"
AROUND: Final = f"before{MARK}after"
AWS: Final = "bedrock.converse"
SSE: Final = tuple(dialect for dialect in DIALECTS if dialect != AWS)
# What stands in the JSON of a text instead of the mark, and what is read there.
TEXTS: Final[Mapping[str, tuple[bytes, str]]] = {
    "whole characters": ("é😀".encode(), "é😀"),
    "half a character": (b"\xf0\x9f", "\ufffd"),
    "no character": (b"\xff\xfe", "\ufffd\ufffd"),
    "half a surrogate pair": (b"\\ud83d", "\ufffd"),
    "the other half": (b"\\ude00", "\ufffd"),
    "a surrogate pair": (b"\\ud83d\\ude00", "😀"),
    "a written NUL": (b"\\u0000", "\x00"),
    "written ends of line": (b"\\r\\n\\n\\r", "\r\n\n\r"),
    "a mark of byte order": (BYTE_ORDER_MARK, "\ufeff"),
    "an end of line of Unicode": ("\u2028\x85".encode(), "\u2028\x85"),
    "an event": (b"\\n\\ndata: [DONE]\\n\\n", "\n\ndata: [DONE]\n\n"),
}
# What becomes of the stream between its lines.
LINES: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "as it is": lambda wire: wire,
    "returns": lambda wire: wire.replace(b"\n", b"\r"),
    "returns and newlines": lambda wire: wire.replace(b"\n", b"\r\n"),
    "both in turn": lambda wire: wire.replace(b"\n\n", b"\r\r\n"),
    "a mark of byte order first": lambda wire: BYTE_ORDER_MARK + wire,
    "comments": lambda wire: b": first\n" + wire.replace(b"\n", b"\n: note\n"),
    "comments that are no characters": lambda wire: wire.replace(
        b"\n\n", b"\n\n: \xff\xf0\x9f\n\n"
    ),
    "NUL in a comment": lambda wire: wire.replace(b"\n\n", b"\n:\x00\n\n"),
    "unknown fields": lambda wire: b"retry: 1\nid: 7\n" + wire,
}


def wire_of(dialect: Dialect, instead: bytes) -> bytes:
    """An answer with text and a call, in whose text the mark is exchanged."""
    text, *rest = ANSWER.content
    assert isinstance(text, ir.Text)
    told = frames(
        dialect,
        ir.Response(
            id=ANSWER.id,
            model=ANSWER.model,
            content=(ir.Text(text=AROUND), *rest),
            stop=ANSWER.stop,
            usage=ANSWER.usage,
        ),
    )
    if dialect != AWS:
        return b"".join(told).replace(MARK.encode(), instead)
    read = map(NATIVE[dialect].frame, told)  # its messages carry checksums
    return b"".join(
        write_event(frame.event or "", frame.data.replace(MARK.encode(), instead)) for frame in read
    )


def heard(dialect: Dialect, raws: list[bytes]) -> list[ir.Event]:
    return events_of(dialect, map(NATIVE[dialect].frame, raws))


def said(events: list[ir.Event]) -> ir.Response:
    collector = Collector()
    for event in events:
        collector.feed(event)
    assert collector.failed is None
    return collector.response()


def check_every_cut(dialect: Dialect, wire: bytes) -> list[bytes]:
    """The frames: whole, in two pieces cut anywhere, and byte by byte."""
    whole = split(dialect, [wire])
    for at in range(len(wire) + 1):
        assert split(dialect, [wire[:at], wire[at:]]) == whole, at
    assert split(dialect, [wire[at : at + 1] for at in range(len(wire))]) == whole
    return whole


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_characters_are_read_wherever_they_are_cut(dialect: Dialect, text: str) -> None:
    instead, read = TEXTS[text]
    raws = check_every_cut(dialect, wire_of(dialect, instead))
    answer = said(heard(dialect, raws))
    assert text_of(answer) == AROUND.replace(MARK, read)
    assert answer.stop.reason == "tool_call"
    observer = NATIVE[dialect].observer(hide_usage=False)
    for raw in raws:
        observer.feed(raw)
    assert observer.failure is None
    assert observer.usage is not None
    assert observer.usage.output_tokens == ANSWER.usage.output_tokens


@pytest.mark.parametrize("lines", LINES)
@pytest.mark.parametrize("dialect", SSE)
def test_lines_end_as_they_like(dialect: Dialect, lines: str) -> None:
    wire = wire_of(dialect, b"")
    raws = check_every_cut(dialect, LINES[lines](wire))
    told = [frame.data for frame in map(NATIVE[dialect].frame, raws) if frame.data]
    assert told == [frame.data for frame in map(NATIVE[dialect].frame, split(dialect, [wire]))]
    assert heard(dialect, raws) == heard(dialect, split(dialect, [wire]))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_frame_that_says_nothing_between_all_others_changes_nothing(dialect: Dialect) -> None:
    """At each boundary: the sign of life of the dialect."""
    alive = NATIVE[dialect].keepalive
    raws = split(dialect, [wire_of(dialect, b"")])
    noisy = alive + b"".join(raw + alive for raw in raws)
    events = heard(dialect, check_every_cut(dialect, noisy))
    known = [event for event in events if not isinstance(event, ir.Foreign)]
    assert known == heard(dialect, raws)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_client_of_each_dialect_is_told_can_be_cut_anywhere(dialect: Dialect) -> None:
    """With every odd character in its text at once."""
    text = "".join(read for _, read in TEXTS.values()) + "\u2029 \x1f\x7f"
    told = b"".join(frames(dialect, ir.Response(
        id="i", model="m", content=(ir.Text(text=text),), stop=ir.Stop(reason="end_turn"),
        usage=ir.Usage(input_tokens=1, output_tokens=1),
    )))  # fmt: skip
    assert text_of(said(heard(dialect, check_every_cut(dialect, told)))) == text


def test_data_of_several_lines_is_one() -> None:
    [raw] = split("openai.chat", [b'data: {"a":\r\ndata:1}\r\r'])
    assert NATIVE["openai.chat"].frame(raw).data == b'{"a":\n1}'
