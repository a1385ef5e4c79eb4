"""A stream of events as one JSON array, whose elements come one by one.

Google's clients that do not ask for server-sent events read this:
https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
"""

from protocols.framing.sse import SseSplitter, read_event


class ArrayWriter:
    """Events in, elements out; where they were cut changes nothing."""

    __slots__ = ("_begun", "_splitter")

    def __init__(self, *, cap: int) -> None:
        """`cap` bytes is the longest event."""
        self._begun = False
        self._splitter = SseSplitter(cap=cap)

    def feed(self, events: bytes) -> bytes:
        return b"".join(map(self._element, self._splitter.feed(events)))

    def close(self) -> bytes:
        rest = self._splitter.close()
        last = self._element(rest) if rest else b""
        return last + (b"]" if self._begun else b"[]")

    def _element(self, event: bytes) -> bytes:
        data = read_event(event).data.strip()
        if not data:
            return b""
        before = b",\n" if self._begun else b"["
        self._begun = True
        return before + data
