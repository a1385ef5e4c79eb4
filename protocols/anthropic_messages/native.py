"""Messages answers that are forwarded as they came: what they say in passing.

Law: an event is parsed only while no content was seen, or when it may say more than content.
"""

from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols import ir
from protocols.anthropic_messages.errors import encode_error, error_object
from protocols.anthropic_messages.usage import merge_usage, read_tier, read_usage
from protocols.errors import Problem
from protocols.framing.sse import SseDialect, read_event
from protocols.ir import NOTHING, Dialect
from protocols.lenient import an_object, as_object, read, words
from protocols.native import EncodedError, Observed
from protocols.vendor_errors import problem_among, problem_of

KEEPALIVE: Final = b'event: ping\ndata: {"type": "ping"}\n\n'
CONTENT_EVENT: Final = b"event: content_block_"
BLOCKS_BEGUN_EMPTY: Final = frozenset({"text", "thinking"})
TEXTS_OF_DELTAS: Final = ("text", "thinking")
TIERS: Final = (b'"service_tier"', b'"speed"')


class Answer(Struct):
    type: Any = None
    error: Raw = NOTHING
    usage: Raw = NOTHING
    stop_reason: Any = None


ANSWERS: Final = msgspec.json.Decoder(Answer)


class MessagesObserver(Observed):
    def __init__(self) -> None:
        self._said: dict[str, Any] = {}  # all that was said of usage

    def feed(self, frame: bytes) -> bool:
        if not (self.content and _says_nothing_new(frame)):
            self._read(frame)
        return True

    def _read(self, frame: bytes) -> None:
        event = read_event(frame)
        said = an_object(event.data)
        kind = words(said.get("type")) or event.event or ""
        if kind == "message_start":
            self._count(as_object(said.get("message")).get("usage"))
        elif kind == "message_delta":
            self._count(said.get("usage"))
            stop = words(as_object(said.get("delta")).get("stop_reason"))
            self.stop = stop or self.stop
            self.stopped = self.stop is not None
        elif kind == "message_stop":
            self.terminal = True
        elif kind == "error" or event.event == "error":
            self.failure = self.failure or problem_of(0, event.data, None)
        elif kind.startswith("content_block_"):
            self.content = self.content or _has_content(kind, said)

    def _count(self, usage: object) -> None:
        if as_object(usage):
            self._said = merge_usage(self._said, as_object(usage))
            self.usage = read_usage(self._said)
            self.tier = read_tier(self._said)


class AnthropicMessages(SseDialect):
    """The dialect, for answers that are forwarded as they came."""

    dialect: Dialect = "anthropic.messages"
    keepalive = KEEPALIVE
    last_event = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'

    def observer(self, *, hide_usage: bool) -> MessagesObserver:
        """Nothing is ever withheld: usage is part of every stream."""
        return MessagesObserver()

    def usage(self, body: bytes) -> tuple[ir.Usage | None, str | None]:
        answer = read(ANSWERS, body) or Answer()
        return read_usage(an_object(answer.usage)), words(answer.stop_reason)

    def tier(self, body: bytes) -> str | None:
        if not any(word in body for word in TIERS):
            return None
        answer = read(ANSWERS, body) or Answer()
        return read_tier(an_object(answer.usage))

    def error_in_success(self, body: bytes) -> Problem | None:
        answer = read(ANSWERS, body) or Answer()
        return problem_among(body, error=answer.error, mark=answer.type)

    def problem(self, status: int, body: bytes, retry_after: float | None) -> Problem:
        return problem_of(status, body, retry_after)

    def encode_error(self, problem: Problem, request_id: str) -> EncodedError:
        return encode_error(problem, request_id)

    def error_event(self, problem: Problem, request_id: str) -> bytes:
        return b"event: error\ndata: " + error_object(problem, request_id) + b"\n\n"


def _says_nothing_new(frame: bytes) -> bool:
    return frame.startswith(CONTENT_EVENT) or not (b"message_" in frame or b"error" in frame)


def _has_content(kind: str, said: dict[str, Any]) -> bool:
    """Whether the user is told anything; what cannot be read was not empty."""
    if kind == "content_block_delta":
        delta = as_object(said.get("delta"))
        texts = [delta[key] for key in TEXTS_OF_DELTAS if key in delta]
        return any(texts) if texts else True
    block = as_object(said.get("content_block"))
    return kind == "content_block_start" and words(block.get("type")) not in BLOCKS_BEGUN_EMPTY
