"""Answers that are forwarded as they came: what they say in passing.

Law: nothing is looked into that is not asked for. A stream has no last event; it ends.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols import ir
from protocols.errors import Problem
from protocols.framing.sse import SseDialect, read_event
from protocols.gemini_generate.errors import encode_error, error_object, read_problem
from protocols.gemini_generate.usage import read_tier, read_usage, searches_of, with_searches
from protocols.gemini_generate.wire import NUMBERED, STOP_REASONS
from protocols.ir import NOTHING, Dialect
from protocols.lenient import VALUES, an_object, as_object, read, words
from protocols.native import EncodedError, Observed, failed_words

# Clients take neither a comment nor an event without data for a sign of life.
KEEPALIVE: Final = b"\n"
TIER: Final = b'"serviceTier"'
NULL: Final = Raw(b"null")
FAILED_STOPS: Final = failed_words(STOP_REASONS)
# What a part may hold without saying anything to the user. A key nobody knows counts as content.
SILENT_KEYS: Final = frozenset({"thoughtSignature", "thought", "partMetadata"})


class Chunk(Struct):
    candidates: Raw = NOTHING
    usageMetadata: Raw = NOTHING
    error: Raw = NOTHING
    promptFeedback: Raw = NOTHING
    modelVersion: Any = None


class Candidate(Struct):
    index: Any = 0
    finishReason: Any = None
    content: Raw = NOTHING
    groundingMetadata: Raw = NOTHING


class Finish(Struct):
    """A candidate without what was said."""

    finishReason: Any = None
    groundingMetadata: Raw = NOTHING


class Parts(Struct):
    parts: list[dict[str, Any]] = []


CHUNKS: Final = msgspec.json.Decoder(Chunk)
CANDIDATES: Final = msgspec.json.Decoder(list[Candidate])
FINISHES: Final = msgspec.json.Decoder(list[Finish])
PARTS: Final = msgspec.json.Decoder(Parts)


class GenerateObserver(Observed):
    def __init__(self) -> None:
        self._model: Any = None
        self._searches: int | None = None

    def feed(self, frame: bytes) -> bool:
        """Nothing is ever withheld: usage is part of every stream."""
        data = read_event(frame).data
        chunk = read(CHUNKS, data) or Chunk()
        if _is_said(chunk.error):
            self.failure = self.failure or read_problem(0, data, None)
        candidates = _candidates(chunk)
        self._searches = _searches(candidates, self._searches)
        for candidate in candidates:
            self.content = self.content or _has_content(candidate)
            self._stop(_word(candidate.finishReason), is_first=candidate.index == 0)
        self._stop(_block_reason(chunk), is_first=True)
        said = an_object(chunk.usageMetadata)
        self._model = chunk.modelVersion or self._model
        usage = read_usage(said) or self.usage
        self.usage = with_searches(usage, self._searches, model=self._model)
        self.tier = read_tier(said) or self.tier
        return True

    def _stop(self, word: str | None, *, is_first: bool) -> None:
        if word is not None:
            self.stopped = True
            if self.stop is None or is_first:
                self.stop = word
            if is_first and word in FAILED_STOPS:
                self.failed_stop = word


class GeminiGenerate(SseDialect):
    """The dialect, for answers that are forwarded as they came."""

    dialect: Dialect = "gemini.generate"
    keepalive = KEEPALIVE
    failed_stops = FAILED_STOPS

    def observer(self, *, hide_usage: bool) -> GenerateObserver:
        return GenerateObserver()

    def usage(self, body: bytes) -> tuple[ir.Usage | None, str | None]:
        answer = read(CHUNKS, body) or Chunk()
        found = read(FINISHES, answer.candidates) if answer.candidates else None
        stops = (_word(candidate.finishReason) for candidate in found or ())
        usage = read_usage(an_object(answer.usageMetadata))
        usage = with_searches(usage, _searches(found or (), None), model=answer.modelVersion)
        return usage, next(stops, _block_reason(answer))

    def tier(self, body: bytes) -> str | None:
        if TIER not in body:
            return None
        return read_tier(an_object((read(CHUNKS, body) or Chunk()).usageMetadata))

    def error_in_success(self, body: bytes) -> Problem | None:
        answer = read(CHUNKS, body) or Chunk()
        return read_problem(0, body, None) if _is_said(answer.error) else None

    def problem(self, status: int, body: bytes, retry_after: float | None) -> Problem:
        return read_problem(status, body, retry_after)

    def encode_error(self, problem: Problem, request_id: str) -> EncodedError:
        return encode_error(problem, request_id)

    def error_event(self, problem: Problem, request_id: str) -> bytes:
        return b"data: " + error_object(problem) + b"\n\n"


def _is_said(raw: Raw) -> bool:
    """Some vendors write empty errors into answers that are none."""
    return bool(raw) and bool(read(VALUES, raw))


def _candidates(chunk: Chunk) -> list[Candidate]:
    return (read(CANDIDATES, chunk.candidates) if chunk.candidates else None) or []


def _searches(candidates: Iterable[Candidate | Finish], known: int | None) -> int | None:
    for candidate in candidates:
        known = searches_of(an_object(candidate.groundingMetadata)) or known
    return known


def _word(said: object) -> str | None:
    return NUMBERED.get(said) if isinstance(said, int) else words(said)


def _block_reason(chunk: Chunk) -> str | None:
    return words(as_object(an_object(chunk.promptFeedback)).get("blockReason"))


def _has_content(candidate: Candidate) -> bool:
    if not candidate.content or candidate.content == NULL:
        return False
    found = read(PARTS, candidate.content)
    if found is None:
        return True  # what cannot be read was not empty
    return any(
        value for part in found.parts for key, value in part.items() if key not in SILENT_KEYS
    )
