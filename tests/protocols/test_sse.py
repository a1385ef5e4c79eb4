from collections.abc import Iterable, Iterator
from time import thread_time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from protocols.errors import FrameTooLarge
from protocols.framing.sse import BYTE_ORDER_MARK, SseSplitter, read_event

CAP = 1 << 20
# Everything that means something to the format, and halves of what means something to UTF-8.
PIECES = st.sampled_from(
    [
        *(b"\n", b"\r", b"\r\n", b"\n\n", b"data: x", b"data:y", b"event: e", b": note", b"a", b""),
        *(
            BYTE_ORDER_MARK,
            b"\xe2\x82",
            b"\xac",
            b"\xff",
            b"\x00",
            b"\\ud800",
            b"id: 1",
            b"retry: 2",
        ),
    ]
)
STREAMS = st.lists(PIECES, max_size=24).map(b"".join)


def split(chunks: Iterable[bytes], *, cap: int = CAP) -> list[bytes]:
    splitter = SseSplitter(cap=cap)
    events = [event for chunk in chunks for event in splitter.feed(chunk)]
    return [*events, splitter.close()]


def pieces(stream: bytes, size: int) -> Iterator[bytes]:
    return (stream[at : at + size] for at in range(0, len(stream), size))


def dispatched(stream: bytes) -> list[tuple[str | None, bytes]]:
    """The algorithm of the specification, line by line, on the whole stream at once."""
    told: list[tuple[str | None, bytes]] = []
    data: list[bytes] = []
    event: str | None = None
    for line in [*stream.removeprefix(BYTE_ORDER_MARK).splitlines(), b""]:
        if not line:
            if data:
                told.append((event, b"\n".join(data)))
            data, event = [], None
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        if field == b"event":
            event = value.removeprefix(b" ").decode(errors="replace")
    return told


@given(STREAMS)
def test_what_goes_in_comes_out(stream: bytes) -> None:
    assert b"".join(split([stream])) == stream


@given(STREAMS, st.data())
def test_where_a_stream_is_cut_changes_nothing(stream: bytes, data: st.DataObject) -> None:
    whole = split([stream])
    assert split(pieces(stream, 1)) == whole
    at = data.draw(st.integers(0, len(stream)))
    assert split([stream[:at], stream[at:]]) == whole


@given(STREAMS)
def test_events_are_those_of_the_specification(stream: bytes) -> None:
    assume(BYTE_ORDER_MARK not in stream[1:])
    read = map(read_event, split([stream]))
    told = [(event.event, event.data) for event in read if event.data]
    assert told == [each for each in dispatched(stream) if each[1]]


@pytest.mark.parametrize(
    ("raw", "event", "data"),
    [
        (b'data: {"a":1}\n\n', None, b'{"a":1}'),
        (b"data: a\r\n\r\n", None, b"a"),
        (b"data:a\rdata: b\r\r", None, b"a\nb"),
        (b"\xef\xbb\xbfevent: ping\ndata:  a\n\n", "ping", b" a"),
        (b": keepalive\n\n", None, b""),
        (b"event: \xff\ndata\n\n", "\ufffd", b""),
        (b"data: unfinished", None, b"unfinished"),
    ],
)
def test_an_event_is_read(raw: bytes, event: str | None, data: bytes) -> None:
    frame = read_event(raw)
    assert (frame.raw, frame.event, frame.data) == (raw, event, data)


def test_an_unfinished_last_event_is_delivered_at_the_end() -> None:
    splitter = SseSplitter(cap=CAP)
    assert splitter.feed(b"data: 1\n\ndata: 2") == [b"data: 1\n\n"]
    assert splitter.close() == b"data: 2"
    assert splitter.close() == b""


def test_a_return_waits_for_the_newline_that_may_belong_to_it() -> None:
    splitter = SseSplitter(cap=CAP)
    assert splitter.feed(b"data: 1\r\n\r") == []
    assert splitter.feed(b"\ndata: 2\r\n\r\n") == [b"data: 1\r\n\r\n", b"data: 2\r\n\r\n"]


@pytest.mark.parametrize("delimiter", [b"\n\n", b"\r\n\r\n", b"\r\r"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_no_event_is_longer_than_the_cap(delimiter: bytes, size: int) -> None:
    fits = b"d" * (64 - len(delimiter)) + delimiter
    too_long = b"d" + fits + b"x"
    assert b"".join(split(pieces(fits, size), cap=64)) == fits
    with pytest.raises(FrameTooLarge, match="longer than 64 bytes") as caught:
        split(pieces(too_long, size), cap=64)
    assert caught.value.cap == 64


def test_the_work_per_byte_does_not_grow_with_the_event() -> None:
    def seconds(size: int) -> float:
        splitter = SseSplitter(cap=size + 1)
        began = thread_time()
        for _ in range(size):
            splitter.feed(b"\rx"[-1:])
        return thread_time() - began

    seconds(10_000)
    small, large = min(seconds(20_000) for _ in range(3)), min(seconds(200_000) for _ in range(3))
    assert large < 40 * small
