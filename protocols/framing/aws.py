"""AWS event streams: `application/vnd.amazon.eventstream`.

A message is: its length, the length of its headers, a CRC-32 of both; the headers; the payload; a
CRC-32 of all before. Numbers are big-endian, 32 bits wide.

Law 1: what comes out, joined, is byte for byte what went in. Law 2: where the network cut the
stream changes nothing. Law 3: constant work per byte. Law 4: no message is longer than `cap` bytes,
and no more is held. Law 5: a length is believed only after its checksum.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from protocols.codec import Frame
from protocols.errors import DecodeError, FrameTooLarge

CONTENT_TYPE: Final = b"application/vnd.amazon.eventstream"
EVENT_TYPE: Final = ":event-type"
EXCEPTION_TYPE: Final = ":exception-type"
MESSAGE_TYPE: Final = ":message-type"
ERROR_CODE: Final = ":error-code"
ERROR_MESSAGE: Final = ":error-message"
PAYLOAD_TYPE: Final = ":content-type"
JSON: Final = "application/json"
PING: Final = "ping"
# Lengths and their checksum; the checksum of all.
PRELUDE: Final = struct.Struct(">III")
LENGTHS: Final = struct.Struct(">II")
CHECKSUM: Final = struct.Struct(">I")
OVERHEAD: Final = PRELUDE.size + CHECKSUM.size
SHORT: Final = struct.Struct(">H")
TEXT_TYPE: Final = 7
LONGEST: Final = 65_535  # of a header's value
# Types of header values other than text, whose length is fixed; the sixth is bytes.
BYTES_TYPE: Final = 6
FIXED_LENGTHS: Final[Mapping[int, int]] = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


class AwsSplitter:
    """Cuts a stream into whole raw messages."""

    __slots__ = ("_cap", "_held", "_length")

    def __init__(self, *, cap: int) -> None:
        self._cap = cap
        self._held = bytearray()
        self._length = 0  # of the message that is held in part; 0: not known yet

    def feed(self, chunk: bytes) -> list[bytes]:
        """The messages this chunk completes; raises FrameTooLarge, and DecodeError for damage."""
        held = self._held
        held += chunk
        messages: list[bytes] = []
        start = 0
        while len(held) - start >= PRELUDE.size:
            length = self._length or self._read_length(start)
            if len(held) - start < length:
                self._length = length
                break
            message = bytes(memoryview(held)[start : start + length])  # one copy
            _check(message)
            messages.append(message)
            start += length
            self._length = 0
        del held[:start]
        return messages

    def close(self) -> bytes:
        """The unfinished rest."""
        rest = bytes(self._held)
        self._held.clear()
        self._length = 0
        return rest

    def _read_length(self, start: int) -> int:
        total, headers, checksum = PRELUDE.unpack_from(self._held, start)
        if zlib.crc32(self._held[start : start + LENGTHS.size]) != checksum:
            raise DecodeError("", "the lengths of a message of the stream are damaged")
        if total > self._cap:
            raise FrameTooLarge(self._cap)
        if headers + OVERHEAD > total:
            raise DecodeError("", "a message of the stream is shorter than its headers")
        return int(total)


def _check(message: bytes) -> None:
    checksum = CHECKSUM.unpack(message[-CHECKSUM.size :])[0]
    if zlib.crc32(memoryview(message)[: -CHECKSUM.size]) != checksum:
        raise DecodeError("", "a message of the stream is damaged")


def read_message(raw: bytes) -> Frame:
    """What one whole message says; never raises."""
    length = PRELUDE.unpack_from(raw)[1] if len(raw) >= OVERHEAD else 0
    end = PRELUDE.size + length
    headers = _headers(raw[PRELUDE.size : end])
    data = raw[end : -CHECKSUM.size]
    kind = headers.get(MESSAGE_TYPE)
    if kind == "error":
        told = {"message": headers.get(ERROR_MESSAGE, "")}
        code = headers.get(ERROR_CODE)
        return Frame(data=msgspec.json.encode(told), raw=raw, event=code, exception=True)
    if kind == "exception":
        return Frame(data=data, raw=raw, event=headers.get(EXCEPTION_TYPE), exception=True)
    return Frame(data=data, raw=raw, event=headers.get(EVENT_TYPE))


def is_message(raw: bytes) -> bool:
    """Whether this is one whole message: no text begins with so small a length."""
    if len(raw) < OVERHEAD:
        return False
    total, headers, _ = PRELUDE.unpack_from(raw)
    return bool(total == len(raw) and headers + OVERHEAD <= total)


def renewed(raw: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """One whole message with all its texts changed, and no other headers; itself, where none is."""
    end = PRELUDE.size + PRELUDE.unpack_from(raw)[1]
    said = list(_texts(raw[PRELUDE.size : end]))
    data = raw[end : -CHECKSUM.size]
    headers = [(name, change(value)[:LONGEST]) for name, value in said]
    payload = change(data)
    if payload == data and headers == said:
        return raw
    return _joined(b"".join(_text_header(name, value) for name, value in headers), payload)


def _headers(raw: bytes) -> dict[str, str]:
    texts = _texts(raw)
    return {name.decode(errors="replace"): text.decode(errors="replace") for name, text in texts}


def _texts(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Headers whose values are text; what follows one that cannot be read is not read."""
    at = 0
    while at < len(raw):
        name_end = at + 1 + raw[at]
        name = raw[at + 1 : name_end]
        kind = raw[name_end] if name_end < len(raw) else -1
        at = name_end + 1
        if kind in FIXED_LENGTHS:
            at += FIXED_LENGTHS[kind]
        elif kind in {BYTES_TYPE, TEXT_TYPE} and at + SHORT.size <= len(raw):
            value_end = at + SHORT.size + SHORT.unpack_from(raw, at)[0]
            if kind == TEXT_TYPE:
                yield name, raw[at + SHORT.size : value_end]
            at = value_end
        else:
            break


def write_event(event: str, payload: bytes) -> bytes:
    return _write({EVENT_TYPE: event, PAYLOAD_TYPE: JSON, MESSAGE_TYPE: "event"}, payload)


def write_exception(exception: str, payload: bytes) -> bytes:
    headers = {EXCEPTION_TYPE: exception, PAYLOAD_TYPE: JSON, MESSAGE_TYPE: "exception"}
    return _write(headers, payload)


def _write(headers: Mapping[str, str], payload: bytes) -> bytes:
    return _joined(b"".join(map(_header, headers, headers.values())), payload)


def _joined(told: bytes, payload: bytes) -> bytes:
    lengths = LENGTHS.pack(OVERHEAD + len(told) + len(payload), len(told))
    message = lengths + CHECKSUM.pack(zlib.crc32(lengths)) + told + payload
    return message + CHECKSUM.pack(zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    return _text_header(name.encode(), value.encode())


def _text_header(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + bytes([TEXT_TYPE]) + SHORT.pack(len(value)) + value


PING_MESSAGE: Final = write_event(PING, b"{}")
PING_HEADER: Final = _header(EVENT_TYPE, PING)


class AwsDialect:
    """What a dialect that streams such messages brings: `protocols.native.NativeDialect`."""

    stream_content_type = CONTENT_TYPE
    keepalive = PING_MESSAGE
    last_event = b""
    failed_stops: frozenset[str] = frozenset()

    def splitter(self, *, cap: int) -> AwsSplitter:
        return AwsSplitter(cap=cap)

    def frame(self, raw: bytes) -> Frame:
        return read_message(raw)

    def is_meaningful(self, raw: bytes) -> bool:
        return PING_HEADER not in raw

    def completed(self, rest: bytes) -> bytes:
        """A part of a message says nothing."""
        return b""
