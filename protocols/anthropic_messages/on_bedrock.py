"""Claude's Messages as Bedrock streams them, for the two kinds of clients there are.

Laws: to a client that takes events an event comes out of its message as it went in; to one that
takes Bedrock's messages they go on byte for byte.
"""

from protocols.anthropic_messages.envelopes import ChunkSplitter, event_in, message_of
from protocols.anthropic_messages.native import AnthropicMessages, MessagesObserver
from protocols.codec import Frame
from protocols.errors import Problem
from protocols.framing.aws import CONTENT_TYPE, AwsSplitter
from protocols.framing.sse import read_event
from protocols.native import Splitter


class OpenedMessages(AnthropicMessages):
    """What comes out of the splitter are events."""

    stream_content_type = CONTENT_TYPE

    def splitter(self, *, cap: int) -> Splitter:
        return ChunkSplitter(cap=cap)


class EnclosedObserver(MessagesObserver):
    """Reads what the messages carry."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: list[bytes] = []

    def feed(self, frame: bytes) -> bool:
        event = event_in(frame)
        if event:
            self._seen.append(event)
            super().feed(event)
        return True

    def seen(self) -> bytes:
        """The events since it was asked last."""
        events = b"".join(self._seen)
        self._seen.clear()
        return events


class EnclosedMessages(OpenedMessages):
    """What comes out of the splitter are the messages themselves."""

    last_event = message_of(AnthropicMessages.last_event)

    def splitter(self, *, cap: int) -> Splitter:
        return AwsSplitter(cap=cap)

    def frame(self, raw: bytes) -> Frame:
        return read_event(event_in(raw))

    def is_meaningful(self, raw: bytes) -> bool:
        event = event_in(raw)
        return event != b"" and super().is_meaningful(event)

    def completed(self, rest: bytes) -> bytes:
        """A part of a message says nothing."""
        return b""

    def observer(self, *, hide_usage: bool) -> EnclosedObserver:
        return EnclosedObserver()

    def error_event(self, problem: Problem, request_id: str) -> bytes:
        return message_of(super().error_event(problem, request_id))
