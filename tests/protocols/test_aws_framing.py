"""What AWS says a message is, and what it is not. Real streams: the laws over all recordings."""

import struct
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.errors import DecodeError, FrameTooLarge
from protocols.framing.aws import (
    PING_MESSAGE,
    AwsDialect,
    AwsSplitter,
    is_message,
    read_message,
    renewed,
    write_event,
    write_exception,
)

CAP = 1 << 20
# The four messages of AWS's own test vectors of the format.
EMPTY = bytes.fromhex("000000100000000005c248eb7d98c8ff")
PAYLOAD_ONLY = bytes.fromhex("0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936")
STREAM = write_event("messageStart", b'{"role":"assistant"}') + PING_MESSAGE + EMPTY


def split(chunks: Iterator[bytes], *, cap: int = CAP) -> list[bytes]:
    splitter = AwsSplitter(cap=cap)
    messages = [message for chunk in chunks for message in splitter.feed(chunk)]
    assert splitter.close() == b""
    return messages


def message(headers: bytes, payload: bytes = b"") -> bytes:
    """With right checksums around whatever headers."""
    lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    told = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return told + struct.pack(">I", zlib.crc32(told))


def header(name: bytes, kind: int, value: bytes) -> bytes:
    return bytes([len(name)]) + name + bytes([kind]) + value


def text(name: bytes, value: bytes) -> bytes:
    return header(name, 7, struct.pack(">H", len(value)) + value)


@pytest.mark.parametrize("size", [1, 2, 5, 11, 12, 16, 64, len(STREAM)])
def test_where_the_network_cuts_changes_nothing(size: int) -> None:
    chunks = (STREAM[at : at + size] for at in range(0, len(STREAM), size))
    messages = split(chunks)
    assert b"".join(messages) == STREAM
    assert [read_message(each).event for each in messages] == ["messageStart", "ping", None]


@given(st.lists(st.tuples(st.text(max_size=9), st.binary(max_size=99)), max_size=5))
def test_what_is_written_is_read(told: list[tuple[str, bytes]]) -> None:
    stream = b"".join(write_event(event, payload) for event, payload in told)
    frames = [read_message(each) for each in split(iter([stream]))]
    assert [(frame.event, frame.data) for frame in frames] == told


def test_a_message_without_headers_is_its_payload() -> None:
    [frame] = [read_message(each) for each in split(iter([PAYLOAD_ONLY]))]
    assert (frame.data, frame.event, frame.exception) == (b"{'foo':'bar'}", None, False)
    assert frame.raw == PAYLOAD_ONLY


def test_an_exception_is_told_from_an_event() -> None:
    frame = read_message(write_exception("throttlingException", b'{"message":"slow"}'))
    assert (frame.event, frame.exception) == ("throttlingException", True)


def test_an_error_of_the_transport_says_all_in_its_headers() -> None:
    headers = text(b":message-type", b"error") + text(b":error-code", b"InternalError")
    frame = read_message(message(headers + text(b":error-message", b"oh no")))
    assert (frame.data, frame.event) == (b'{"message":"oh no"}', "InternalError")
    assert frame.exception


def test_headers_that_are_no_text_are_passed_over() -> None:
    values = [
        (0, b""), (1, b""), (2, b"\1"), (3, b"\1" * 2), (4, b"\1" * 4), (5, b"\1" * 8),
        (6, b"\0\3abc"), (8, b"\1" * 8), (9, b"\1" * 16),
    ]  # fmt: skip
    others = b"".join(header(b"x", kind, value) for kind, value in values)
    assert read_message(message(others + text(b":event-type", b"metadata"))).event == "metadata"


@pytest.mark.parametrize("odd", [header(b"x", 10, b""), header(b"x", 7, b"\1"), b"\5ab", b"\1a"])
def test_what_follows_an_unreadable_header_is_not_read(odd: bytes) -> None:
    headers = text(b":event-type", b"metadata")
    assert read_message(message(headers + odd)).event == "metadata"
    assert read_message(message(odd + headers)).event is None


@pytest.mark.parametrize("raw", [b"", b"\0", EMPTY[:15]])
def test_a_part_of_a_message_is_no_fault(raw: bytes) -> None:
    assert read_message(raw).event is None


@pytest.mark.parametrize("at", range(len(PAYLOAD_ONLY)))
def test_one_wrong_bit_is_found(at: int) -> None:
    damaged = bytearray(PAYLOAD_ONLY)
    damaged[at] ^= 0x10
    with pytest.raises(DecodeError):
        AwsSplitter(cap=CAP).feed(bytes(damaged))


def test_a_message_no_longer_than_its_headers_is_refused() -> None:
    lengths = struct.pack(">II", 20, 9)
    with pytest.raises(DecodeError, match="shorter than its headers"):
        AwsSplitter(cap=CAP).feed(lengths + struct.pack(">I", zlib.crc32(lengths)))


def test_no_message_is_longer_than_the_cap() -> None:
    assert len(split(iter([PING_MESSAGE]), cap=len(PING_MESSAGE))) == 1
    splitter = AwsSplitter(cap=len(PING_MESSAGE) - 1)
    with pytest.raises(FrameTooLarge):
        splitter.feed(PING_MESSAGE[:12])


def test_the_rest_is_given_back_once() -> None:
    splitter = AwsSplitter(cap=CAP)
    assert splitter.feed(STREAM[:-3])
    assert splitter.close() == EMPTY[:-3]
    assert splitter.close() == b""
    assert splitter.feed(EMPTY) == [EMPTY]


def test_only_a_ping_means_nothing() -> None:
    dialect = AwsDialect()
    assert not dialect.is_meaningful(PING_MESSAGE)
    assert dialect.is_meaningful(EMPTY)
    assert dialect.frame(PING_MESSAGE).data == b"{}"
    assert dialect.splitter(cap=CAP).feed(EMPTY) == [EMPTY]
    assert dialect.completed(EMPTY[:-1]) == b""


def test_a_text_is_no_message() -> None:
    assert is_message(EMPTY)
    assert is_message(PING_MESSAGE)
    for other in (b"", b"data: {}\n\n", b'{"message":"x" }', EMPTY + b"x", PING_MESSAGE[:-1]):
        assert not is_message(other)


def test_what_a_message_says_is_changed_and_its_lengths_with_it() -> None:
    said = message(text(b":message-type", b"error") + text(b":error-message", b"a key"), b"key")
    [changed] = split(iter([renewed(said, lambda part: part.replace(b"key", b"secret"))]))
    headers = text(b":message-type", b"error") + text(b":error-message", b"a secret")
    assert changed == message(headers, b"secret")


def test_what_stays_the_same_is_not_written_anew() -> None:
    odd = message(header(b"flag", 0, b"") + text(b"a", b"b"), b"c")
    assert renewed(odd, lambda part: part) is odd


def test_no_header_grows_beyond_what_its_length_can_say() -> None:
    said = message(text(b"a", b"x"))
    assert renewed(said, lambda part: part * 70_000) == message(text(b"a", b"x" * 65_535))
