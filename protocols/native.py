"""What the native lane must know of a dialect whose bytes it forwards untouched.

Rule 1: values and bytes only. Rule 2: a frame is read only when it may say something that matters:
content for the first time, a stop, usage, an error, the end. Rule 3: nothing is ever rewritten;
a frame is forwarded whole or withheld whole.
"""

import math
from collections.abc import Mapping
from typing import Final, Protocol

from msgspec import Struct

from protocols import ir
from protocols.codec import Frame
from protocols.errors import FINAL_KINDS, Problem
from protocols.ir import Dialect, StopReason

# A model that ends so has failed: it may do better when it is asked again (protocols.md PR-32).
FAILED_STOPS: Final[frozenset[StopReason]] = frozenset({"malformed", "error"})


class EncodedError(Struct, frozen=True):
    """An error as the dialect tells it; the status is the dialect's own (Anthropic's 529)."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class StreamObserver(Protocol):
    """Watches one upstream stream, frame by frame. Flags only ever rise."""

    content: bool  # a text, reasoning, tool call or media event has been seen
    stopped: bool  # a stop reason has been seen
    terminal: bool  # the dialect's last event has been seen
    failure: Problem | None  # the stream carried an error event
    usage: ir.Usage | None  # the last word on usage so far
    stop: str | None  # the vendor's own stop word
    failed_stop: str | None  # the one with which the first answer has failed
    answer: bytes  # the whole of it, where the last event says it once more
    tier: str | None  # as which it says it has served, in its own word

    def feed(self, frame: bytes) -> bool:
        """`frame` is one whole event with its delimiter; False when it must be withheld."""
        ...


class Observed:
    """What every observer begins with, and what it has seen so far."""

    content = False
    stopped = False
    terminal = False
    failure: Problem | None = None
    usage: ir.Usage | None = None
    stop: str | None = None
    failed_stop: str | None = None
    answer = b""
    tier: str | None = None


class Splitter(Protocol):
    """Cuts a stream into whole frames, delimiter included."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The frames this chunk completes; raises FrameTooLarge."""
        ...

    def close(self) -> bytes:
        """The unfinished rest."""
        ...


class NativeDialect(Protocol):
    """One per dialect; stateless."""

    dialect: Dialect
    keepalive: bytes
    stream_content_type: bytes
    failed_stops: frozenset[str]  # stop words of a model that has failed
    last_event: bytes  # of a stream that said why it stopped and then nothing more

    def splitter(self, *, cap: int) -> Splitter:
        """Of a vendor's stream; `cap` bytes is the longest frame."""
        ...

    def frame(self, raw: bytes) -> Frame:
        """What one frame of the splitter's says; never raises."""
        ...

    def is_meaningful(self, raw: bytes) -> bool:
        """Whether a frame may be more than a sign of life."""
        ...

    def completed(self, rest: bytes) -> bytes:
        """The splitter's rest as a frame that has ended; b"" where a part is nothing."""
        ...

    def observer(self, *, hide_usage: bool) -> StreamObserver:
        """`hide_usage`: we asked for the usage event, the client did not."""
        ...

    def usage(self, body: bytes) -> tuple[ir.Usage | None, str | None]:
        """Usage and stop word of a whole answer; None where it says nothing. Never raises."""
        ...

    def tier(self, body: bytes) -> str | None:
        """As which the vendor says it has served a whole answer, in its own word."""
        ...

    def error_in_success(self, body: bytes) -> Problem | None:
        """An error object in the body of a 200."""
        ...

    def problem(self, status: int, body: bytes, retry_after: float | None) -> Problem:
        """A vendor's error answer, read; never raises, never carries HTML along."""
        ...

    def encode_error(self, problem: Problem, request_id: str) -> EncodedError: ...

    def error_event(self, problem: Problem, request_id: str) -> bytes:
        """The one terminal event of a stream that failed after it had begun."""
        ...


def failed_words(reasons: Mapping[str, StopReason]) -> frozenset[str]:
    """What a dialect's vendors say where the model has failed."""
    return frozenset(word for word, reason in reasons.items() if reason in FAILED_STOPS)


def retry_headers(problem: Problem) -> tuple[tuple[str, str], ...]:
    """When to come back, and for what it is no use to: official SDKs obey both."""
    headers: tuple[tuple[str, str], ...] = ()
    if problem.retry_after is not None and 0 <= problem.retry_after < math.inf:
        headers += (("retry-after", str(math.ceil(problem.retry_after))),)
    if problem.kind in FINAL_KINDS:
        headers += (("x-should-retry", "false"),)
    return headers


def encodable(message: str) -> str:
    """A path or a header may have brought in halves of characters, which JSON cannot carry."""
    return message.encode(errors="replace").decode()
