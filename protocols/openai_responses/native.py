"""Responses answers that are forwarded as they came: what they say in passing.

Law: an event is parsed only while no content was seen, or when it may say more than content.
"""

from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols import ir
from protocols.errors import Problem
from protocols.framing.sse import SseDialect, read_event
from protocols.ir import NOTHING, Dialect
from protocols.lenient import VALUES, as_object, read, words
from protocols.native import Observed
from protocols.openai_errors import OpenAiErrors
from protocols.openai_responses.errors import failing, written
from protocols.openai_responses.usage import read_usage
from protocols.vendor_errors import problem_among, problem_of

KEEPALIVE: Final = b": keepalive\n\n"
REQUEST_PREFIX: Final = "req_"
TIER: Final = b'"service_tier"'
LAST: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
# Items that begin without having said anything.
BEGUN_EMPTY: Final = ("message", "reasoning")
FAILED: Final = "failed"  # of an answer that does not say why


class Answer(Struct):
    """Nothing is looked into that is not asked for."""

    usage: Raw = NOTHING
    error: Raw = NOTHING
    object: Any = None
    status: Any = None
    incomplete_details: Any = None
    service_tier: Any = None
    tool_usage: Any = None


class Told(Struct):
    """An event."""

    type: Any = None
    response: Raw = NOTHING
    item: Any = None
    delta: Any = None


ANSWERS: Final = msgspec.json.Decoder(Answer)
EVENTS: Final = msgspec.json.Decoder(Told)


class ResponsesObserver(Observed):
    def feed(self, frame: bytes) -> bool:
        if not self.content or _may_tell(frame):
            event = read_event(frame)
            self._read(event.data, event.event or "")
        return True

    def _read(self, data: bytes, name: str) -> None:
        said = (read(EVENTS, data) if data else None) or Told()
        kind = words(said.type) or name
        if kind in LAST:
            self._end(kind, said.response)
        elif "error" in {kind, name}:
            self.failure = self.failure or problem_of(0, data, None)
        elif not self.content:
            self.content = _has_content(kind, said)

    def _end(self, kind: str, response: Raw) -> None:
        answer = (read(ANSWERS, response) if response else None) or Answer()
        self.terminal = True
        self.answer = bytes(response)
        self.usage = _usage_of(answer) or self.usage
        self.tier = words(answer.service_tier) or self.tier
        if kind == "response.failed":
            told = b'{"error":' + (bytes(answer.error) or b"null") + b"}"
            self.failure = self.failure or problem_of(0, told, None)
            return
        self.stopped = True
        self.stop = _stop_of(answer) or kind.removeprefix("response.")
        # An answer may come whole with its end.
        self.content = self.content or bool(as_object(read(VALUES, response)).get("output"))


class OpenAiResponses(OpenAiErrors, SseDialect):
    """The dialect, for answers that are forwarded as they came."""

    dialect: Dialect = "openai.responses"
    keepalive = KEEPALIVE
    failed_stops = frozenset({FAILED})

    def observer(self, *, hide_usage: bool) -> ResponsesObserver:
        """Nothing is ever withheld: usage is part of every stream."""
        return ResponsesObserver()

    def usage(self, body: bytes) -> tuple[ir.Usage | None, str | None]:
        answer = read(ANSWERS, body) or Answer()
        return _usage_of(answer), _stop_of(answer)

    def tier(self, body: bytes) -> str | None:
        if TIER not in body:
            return None
        return words((read(ANSWERS, body) or Answer()).service_tier)

    def error_in_success(self, body: bytes) -> Problem | None:
        answer = read(ANSWERS, body) or Answer()
        return problem_among(body, error=answer.error, mark=answer.object)

    def error_event(self, problem: Problem, request_id: str) -> bytes:
        """Nobody but the stream itself knows how many events it had."""
        response: dict[str, Any] = {
            "id": f"resp_{request_id.removeprefix(REQUEST_PREFIX)}",
            "object": "response",
            "created_at": 0,
            "model": "",
            "output": [],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
        }
        return b"".join(
            written({**said, "sequence_number": number})
            for number, said in enumerate(failing(problem, response))
        )


class KeptAnswers(OpenAiResponses):
    """Answers that were given before, and what is said of them: as they were, and paid for then."""

    failed_stops: frozenset[str] = frozenset()

    def usage(self, body: bytes) -> tuple[ir.Usage | None, str | None]:
        return None, None

    def tier(self, body: bytes) -> str | None:
        return None

    def error_in_success(self, body: bytes) -> Problem | None:
        return None


KEPT_ANSWERS: Final = KeptAnswers()


def _may_tell(frame: bytes) -> bool:
    """Whether an error or the end may be in it."""
    return (
        b"error" in frame
        or b"response.completed" in frame
        or b"response.incomplete" in frame
        or b"response.failed" in frame
    )


def _usage_of(answer: Answer) -> ir.Usage | None:
    return read_usage(answer.usage, answer.tool_usage) if answer.usage else None


def _stop_of(answer: Answer) -> str | None:
    """Why it is not complete, or that it is."""
    return words(as_object(answer.incomplete_details).get("reason")) or words(answer.status)


def _has_content(kind: str, said: Told) -> bool:
    """Whether the user is told anything."""
    if kind.endswith(".delta"):
        return bool(said.delta != "")
    if kind == "response.output_item.added":
        return as_object(said.item).get("type") not in BEGUN_EMPTY
    return kind == "response.output_item.done"
