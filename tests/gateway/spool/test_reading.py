"""F-04: frames out of segments that are whole, growing, cut off or damaged."""

import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.spool.frames import HEADER_BYTES, MAX_PAYLOAD_BYTES, VERSION, Frame, encode
from gateway.spool.reading import MOST_BYTES, Passed, Piece, Whole, pieces
from tests.factories.frames import end_frame, start_frame

FRAMES: tuple[Frame, ...] = (
    start_frame(),
    end_frame(),
    start_frame(requested_model="a model with a long name " * 20),
    end_frame(tags=("one", "two")),
)
ENCODED = tuple(map(encode, FRAMES))
SEGMENT = b"".join(ENCODED)
BEFORE_LAST = len(SEGMENT) - len(ENCODED[-1])


def read(data: bytes, *, ended: bool) -> list[Piece]:
    return list(pieces(data, ended=ended))


def frames(found: list[Piece]) -> list[Frame]:
    return [piece.frame for piece in found if isinstance(piece, Whole)]


def passed(found: list[Piece]) -> list[Passed]:
    return [piece for piece in found if isinstance(piece, Passed)]


@pytest.mark.parametrize("ended", [True, False])
def test_a_whole_segment_gives_every_frame_and_where_it_ends(*, ended: bool) -> None:
    found = read(SEGMENT, ended=ended)
    assert frames(found) == list(FRAMES)
    assert [piece.end for piece in found] == [
        sum(map(len, ENCODED[: n + 1])) for n in range(len(ENCODED))
    ]


@given(cut=st.integers(1, len(ENCODED[-1]) - 1))
def test_a_tail_that_may_grow_is_waited_for_and_one_that_cannot_is_torn(cut: int) -> None:
    data = SEGMENT[:-cut]
    growing = read(data, ended=False)
    assert frames(growing) == list(FRAMES[:-1])
    assert not passed(growing)
    assert passed(read(data, ended=True)) == [Passed(BEFORE_LAST, len(data), "torn")]


@given(at=st.integers(0, len(SEGMENT) - 1), flip=st.integers(1, 255), ended=st.booleans())
def test_one_changed_byte_costs_one_frame_and_every_byte_is_accounted_for(
    at: int, flip: int, *, ended: bool
) -> None:
    data = bytearray(SEGMENT)
    data[at] ^= flip
    found = read(bytes(data), ended=ended)
    ends = [0]
    for encoded in ENCODED:
        ends.append(ends[-1] + len(encoded))
    hit = next(n for n in range(len(ENCODED)) if at < ends[n + 1])
    if ended:
        assert frames(found) == [*FRAMES[:hit], *FRAMES[hit + 1 :]]
        (gone,) = passed(found)
        assert (gone.start, gone.end) == (ends[hit], ends[hit + 1])
        assert found[-1].end == len(data)
    else:  # a length that was changed may promise more than is there: the rest is waited for
        assert frames(found) in (
            [*FRAMES[:hit], *FRAMES[hit + 1 :]],
            list(FRAMES[:hit]),
        )


@given(start=st.integers(0, len(SEGMENT)), length=st.integers(1, 64))
def test_a_hole_in_the_middle_costs_the_frames_it_touches(start: int, length: int) -> None:
    data = SEGMENT[:start] + SEGMENT[start + length :]
    found = frames(read(data, ended=True))
    at, untouched = 0, []
    for frame, encoded in zip(FRAMES, ENCODED, strict=True):
        if at + len(encoded) <= start or at >= start + length:
            untouched.append(frame)
        at += len(encoded)
    assert found == untouched


def test_what_is_read_in_any_portions_is_what_is_there() -> None:
    for size in range(1, len(SEGMENT), 7):
        at, found, have = 0, [], 0
        while have < len(SEGMENT):
            have = min(have + size, len(SEGMENT))
            base = at
            for piece in pieces(SEGMENT[base:have], ended=have == len(SEGMENT)):
                at = base + piece.end
                found.append(piece)
        assert frames(found) == list(FRAMES)


def test_garbage_longer_than_any_frame_is_passed_over_without_waiting_for_its_end() -> None:
    garbage = b"\xff" * (3 * MOST_BYTES)
    found = read(ENCODED[0] + garbage, ended=False)
    assert frames(found) == [FRAMES[0]]
    (gone,) = passed(found)
    assert gone.why == "damaged"
    assert gone.end == len(ENCODED[0]) + len(garbage) - MOST_BYTES
    rest = garbage[-MOST_BYTES:] + ENCODED[1]
    assert frames(read(rest, ended=False)) == [FRAMES[1]]
    assert not read(b"\xff" * 20, ended=False)


def test_a_frame_of_a_later_release_is_named_and_the_next_one_read() -> None:
    later = msgspec.structs.replace(start_frame(), v=VERSION + 1)
    data = encode(later) + ENCODED[1]
    found = read(data, ended=False)
    assert passed(found) == [Passed(0, len(encode(later)), "newer")]
    assert frames(found) == [FRAMES[1]]


def test_a_fitting_checksum_makes_no_frame_of_what_cannot_be_decoded() -> None:
    payload = msgspec.msgpack.encode(["S", VERSION, 7])
    head = len(payload).to_bytes(4, "little") + checksum(payload)
    found = read(head + payload + ENCODED[1], ended=True)
    assert passed(found) == [Passed(0, len(head + payload), "damaged")]
    assert frames(found) == [FRAMES[1]]


def checksum(payload: bytes) -> bytes:

    return zlib.crc32(payload).to_bytes(4, "little")


def test_lengths_that_no_frame_has_are_damage() -> None:
    for length in (0, MAX_PAYLOAD_BYTES + 1, 2**32 - 1):
        head = length.to_bytes(4, "little") + bytes(HEADER_BYTES - 4)
        assert passed(read(head + SEGMENT, ended=False)) == [Passed(0, len(head), "damaged")]
