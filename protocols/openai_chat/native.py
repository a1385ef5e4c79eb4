"""Chat answers that are forwarded as they came: what they say in passing.

Law: a chunk is parsed only while no content was seen, or when it may say more than content.
"""

from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols import ir
from protocols.errors import Problem
from protocols.framing.sse import SseDialect, read_event
from protocols.ir import NOTHING, Dialect
from protocols.lenient import as_object, read, words
from protocols.native import Observed, failed_words
from protocols.openai_chat.answers import STOPS
from protocols.openai_chat.usage import read_usage
from protocols.openai_errors import OpenAiErrors
from protocols.vendor_errors import problem_among, problem_of

KEEPALIVE: Final = b": keepalive\n\n"
DONE: Final = b"[DONE]"
FAILED: Final = "error"  # the reason of those who break off inside a stream
FAILED_STOPS: Final = failed_words(STOPS)
LONGEST_END: Final = 64
TIER: Final = b'"service_tier"'
# Keys that say something unless they are null.
SAYING: Final = tuple(
    (key, (key + b":null", key + b": null")) for key in (b'"usage"', b'"finish_reason"')
)
# What a delta may hold without saying anything to the user. A key nobody knows counts as content.
SILENT_KEYS: Final = frozenset({"role", "channel", "provider_metadata", "token_id", "obfuscation"})


class Chunk(Struct):
    """Nothing is looked into that is not asked for."""

    choices: Raw = NOTHING
    usage: Raw = NOTHING
    error: Raw = NOTHING
    object: Any = None
    x_groq: Raw = NOTHING
    service_tier: Any = None


class Choice(Struct):
    index: Any = 0
    finish_reason: Any = None
    delta: Any = None
    message: Any = None  # Perplexity has one in every chunk
    text: Any = None


class Groq(Struct):
    usage: Raw = NOTHING


class Finish(Struct):
    """A choice of a whole answer, without what was said."""

    finish_reason: Any = None


CHUNKS: Final = msgspec.json.Decoder(Chunk)
CHOICES: Final = msgspec.json.Decoder(list[Choice])
FINISHES: Final = msgspec.json.Decoder(list[Finish])
GROQ: Final = msgspec.json.Decoder(Groq)


class ChatObserver(Observed):
    def __init__(self, *, hide_usage: bool) -> None:
        self._hide_usage = hide_usage

    def feed(self, frame: bytes) -> bool:
        if self.content and _says_nothing_new(frame):
            return True
        event = read_event(frame)
        if event.data.strip() == DONE:
            self.terminal = True
            return True
        return self._read(event.data, is_error=event.event == "error")

    def _read(self, data: bytes, *, is_error: bool) -> bool:
        chunk = read(CHUNKS, data) or Chunk()
        if is_error:
            problem: Problem | None = problem_of(0, data, None)
        else:
            problem = problem_among(data, error=chunk.error, mark=chunk.object)
        choices = read(CHOICES, chunk.choices) if chunk.choices else None
        for choice in choices or ():
            self._take(choice)
        if is_error or not any(_is_over(choice) for choice in choices or ()):
            self.failure = self.failure or problem
        self.usage = read_usage(_usage_of(chunk)) or self.usage
        self.tier = words(chunk.service_tier) or self.tier
        is_usage_only = choices == [] and _is_said(chunk.usage) and problem is None
        return not (self._hide_usage and is_usage_only)

    def _take(self, choice: Choice) -> None:
        self.content = self.content or bool(choice.text) or _has_content(choice)
        stop = words(choice.finish_reason)
        if stop is not None:
            self.stopped = True
            if self.stop is None or choice.index == 0:
                self.stop = stop
            if choice.index == 0 and stop in FAILED_STOPS:
                self.failed_stop = stop


class OpenAiChat(OpenAiErrors, SseDialect):
    """The dialect, for answers that are forwarded as they came."""

    dialect: Dialect = "openai.chat"
    keepalive = KEEPALIVE
    last_event = b"data: [DONE]\n\n"
    failed_stops = FAILED_STOPS

    def observer(self, *, hide_usage: bool) -> ChatObserver:
        return ChatObserver(hide_usage=hide_usage)

    def usage(self, body: bytes) -> tuple[ir.Usage | None, str | None]:
        answer = read(CHUNKS, body) or Chunk()
        choices = read(FINISHES, answer.choices) if answer.choices else None
        stops = (words(choice.finish_reason) for choice in choices or ())
        return read_usage(_usage_of(answer)), next(stops, None)

    def tier(self, body: bytes) -> str | None:
        if TIER not in body:
            return None
        return words((read(CHUNKS, body) or Chunk()).service_tier)

    def error_in_success(self, body: bytes) -> Problem | None:
        answer = read(CHUNKS, body) or Chunk()
        return problem_among(body, error=answer.error, mark=answer.object)


def _is_over(choice: Choice) -> bool:
    """It stopped for a reason; an error in the same chunk is a remark, and usage may follow."""
    return words(choice.finish_reason) not in {None, FAILED}


def _says_nothing_new(frame: bytes) -> bool:
    """Whether neither an error, nor the end, nor a usage or a reason that is not null is in it."""
    if b"error" in frame or (len(frame) < LONGEST_END and DONE in frame):
        return False
    for key, values in SAYING:
        at = frame.find(key)
        while at >= 0:
            if not frame.startswith(values, at):
                return False
            at = frame.find(key, at + len(key))
    return True


def _is_said(raw: Raw) -> bool:
    return bytes(raw) not in {b"", b"null"}


def _usage_of(chunk: Chunk) -> Raw:
    if _is_said(chunk.usage):
        return chunk.usage
    return (read(GROQ, chunk.x_groq) or Groq()).usage if chunk.x_groq else NOTHING


def _has_content(choice: Choice) -> bool:
    said = as_object(choice.delta) or as_object(choice.message)
    return any(value and key not in SILENT_KEYS for key, value in said.items())
