"""Converse answers that are forwarded as they came: what they say in passing."""

from typing import Any, Final

from msgspec.structs import replace

from protocols import ir
from protocols.bedrock_converse.errors import KINDS, encode_error, error_message
from protocols.bedrock_converse.usage import read_tier, read_usage
from protocols.bedrock_converse.wire import REASONS
from protocols.codec import Frame
from protocols.errors import Problem
from protocols.framing.aws import AwsDialect, read_message
from protocols.ir import Dialect
from protocols.lenient import an_object, as_object, words
from protocols.native import EncodedError, Observed, failed_words
from protocols.vendor_errors import problem_of

DELTA: Final = "contentBlockDelta"
REASONING: Final = "reasoningContent"
BAD_REQUEST: Final = 400
FAILED_STOPS: Final = failed_words(REASONS)


class ConverseObserver(Observed):
    def feed(self, frame: bytes) -> bool:
        """Nothing is ever withheld: usage is part of every stream."""
        message = read_message(frame)
        if message.exception:
            self.failure = self.failure or failure_of(message)
        elif message.event == DELTA:
            self.content = self.content or _says_something(an_object(message.data))
        elif message.event == "contentBlockStart":
            self.content = True
        elif message.event == "messageStop":
            self.stop = words(an_object(message.data).get("stopReason")) or self.stop
            self.stopped = True
            self.failed_stop = self.stop if self.stop in FAILED_STOPS else None
            self.terminal = self.usage is not None
        elif message.event == "metadata":
            said = an_object(message.data)
            self.usage = read_usage(as_object(said.get("usage"))) or self.usage
            self.tier = read_tier(said)
            self.terminal = self.stopped
        return True


class BedrockConverse(AwsDialect):
    """The dialect, for answers that are forwarded as they came."""

    dialect: Dialect = "bedrock.converse"
    failed_stops = FAILED_STOPS

    def observer(self, *, hide_usage: bool) -> ConverseObserver:
        return ConverseObserver()

    def usage(self, body: bytes) -> tuple[ir.Usage | None, str | None]:
        answer = an_object(body)
        return read_usage(as_object(answer.get("usage"))), words(answer.get("stopReason"))

    def tier(self, body: bytes) -> str | None:
        return read_tier(an_object(body)) if b'"serviceTier"' in body else None

    def error_in_success(self, body: bytes) -> Problem | None:
        """The dialect tells errors by their status; what stands in between may not."""
        said = an_object(body) if b'"output"' not in body else {}
        is_error = "__type" in said and words(said.get("message")) is not None
        return problem_of(0, body, None) if is_error else None

    def problem(self, status: int, body: bytes, retry_after: float | None) -> Problem:
        return problem_of(status, body, retry_after)

    def encode_error(self, problem: Problem, request_id: str) -> EncodedError:
        return encode_error(problem, request_id)

    def error_event(self, problem: Problem, request_id: str) -> bytes:
        return error_message(problem)


def failure_of(message: Frame) -> Problem:
    """An exception in a stream."""
    kind = KINDS.get((message.event or "").lower())
    if kind == "invalid_request":
        # What exactly is wrong with it, only the words say.
        return replace(problem_of(BAD_REQUEST, message.data, None), status=0)
    problem = problem_of(0, message.data, None)
    return problem if kind is None else replace(problem, kind=kind)


def _says_something(said: dict[str, Any]) -> bool:
    """Whether the user is told anything; what cannot be read was not empty."""
    delta = as_object(said.get("delta"))
    text = as_object(delta.get(REASONING)).get("text", delta.get("text"))
    return text != ""
