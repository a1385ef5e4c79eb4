"""Server-sent events: https://html.spec.whatwg.org/#parsing-an-event-stream.

Law 1: what comes out, joined, is byte for byte what went in. Law 2: where the network cut the
stream changes nothing. Law 3: constant work per byte. Law 4: no event is longer than `cap` bytes,
and no more is held.
"""

import re
from collections.abc import Iterator
from typing import Final

from protocols.codec import Frame
from protocols.errors import FrameTooLarge
from protocols.native import Splitter

# An event ends at an empty line: at two ends of line in a row, each of which is \n, \r\n or \r.
END_OF_EVENT: Final = re.compile(rb"\n\n|\n\r\n?|\r\r\n?|\r\n\n|\r\n\r\n?")
LONGEST_END: Final = 4
RETURN: Final = 0x0D
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
D: Final = 0x64  # of `data`
PING: Final = (b"event: ping", b"event:ping")


class SseSplitter:
    """Cuts a stream into whole raw events, delimiter included."""

    __slots__ = ("_cap", "_has_returns", "_held", "_searched")

    def __init__(self, *, cap: int) -> None:
        self._cap = cap
        self._held = bytearray()
        self._searched = 0  # no event ends in what is held before this index
        self._has_returns = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The events this chunk completes; raises FrameTooLarge."""
        if not self._held and len(chunk) <= self._cap and _is_one_event(chunk):
            return [chunk]
        self._has_returns = self._has_returns or b"\r" in chunk
        events: list[bytes] = []
        start = 0
        if self._held:
            self._held += chunk
            for end in self._ends(self._held):
                events.append(bytes(memoryview(self._held)[start:end]))  # one copy
                start = end
            del self._held[:start]
        else:
            for end in self._ends(chunk):
                events.append(chunk[start:end])
                start = end
            self._held += chunk[start:]
        self._searched = max(0, len(self._held) - LONGEST_END)
        if max(len(self._held), *map(len, events), 0) > self._cap:
            raise FrameTooLarge(self._cap)
        return events

    def close(self) -> bytes:
        """The unfinished rest; vendors do end streams without the empty line."""
        rest = bytes(self._held)
        self._held.clear()
        self._searched = 0
        return rest

    def _ends(self, buffer: bytes | bytearray) -> Iterator[int]:
        if self._has_returns:
            for found in END_OF_EVENT.finditer(buffer, self._searched):
                end = found.end()
                # The next chunk may begin with the \n that belongs to this \r.
                if end < len(buffer) or buffer[-1] != RETURN:
                    yield end
            return
        at = buffer.find(b"\n\n", self._searched)
        while at >= 0:
            yield at + 2
            at = buffer.find(b"\n\n", at + 2)


def _is_one_event(chunk: bytes) -> bool:
    """The common case, told cheaply: the first empty line is the last."""
    if b"\r" not in chunk:
        return chunk.endswith(b"\n\n") and chunk.find(b"\n\n") == len(chunk) - 2
    if not chunk.endswith((b"\n\n", b"\r\n\r\n")):
        return False
    lines = chunk.splitlines()
    return lines.index(b"") == len(lines) - 1


def read_event(raw: bytes) -> Frame:
    """What one raw event says; `data` is empty where it is but a comment."""
    if raw.startswith(b"data: ") and raw.find(b"\n") == len(raw) - 2 and b"\r" not in raw:
        return Frame(data=raw[6:-2], raw=raw)
    data: list[bytes] = []
    event: str | None = None
    for line in raw.removeprefix(BYTE_ORDER_MARK).splitlines():
        field, _, value = line.partition(b":")
        if field == b"data":
            data.append(value.removeprefix(b" "))
        elif field == b"event":
            event = value.removeprefix(b" ").decode(errors="replace")
    return Frame(data=b"\n".join(data), raw=raw, event=event)


class SseDialect:
    """What dialects that stream server-sent events have alike: `protocols.native.NativeDialect`."""

    stream_content_type = b"text/event-stream; charset=utf-8"
    last_event = b""
    failed_stops: frozenset[str] = frozenset()

    def splitter(self, *, cap: int) -> Splitter:
        return SseSplitter(cap=cap)

    def frame(self, raw: bytes) -> Frame:
        return read_event(raw)

    def is_meaningful(self, raw: bytes) -> bool:
        if raw[0] == D:
            return True
        return not raw.startswith(PING) and (b"\ndata" in raw or b"\rdata" in raw)

    def completed(self, rest: bytes) -> bytes:
        """Vendors do end streams without the last empty line."""
        return rest + b"\n\n"
