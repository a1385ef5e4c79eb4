"""Which stop words say that the model has failed (protocols.md PR-32)."""

from typing import Any, Final

import msgspec
import pytest

from protocols.framing.aws import write_event
from protocols.ir import Dialect
from protocols.native import failed_words
from protocols.registry import NATIVE

WORDS: Final[dict[Dialect, set[str]]] = {
    "openai.chat": {"network_error", "insufficient_system_resource", "error"},
    "openai.responses": {"failed"},
    "openai.embeddings": set(),
    "anthropic.messages": set(),
    "gemini.generate": {
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MISSING_THOUGHT_SIGNATURE",
    },
    "bedrock.converse": {"malformed_model_output", "malformed_tool_use"},
}


@pytest.mark.parametrize("dialect", NATIVE)
def test_each_dialect_has_its_own(dialect: Dialect) -> None:
    assert NATIVE[dialect].failed_stops == WORDS[dialect]


def test_they_are_those_that_mean_a_failure() -> None:
    reasons: Any = {"a": "malformed", "b": "error", "c": "end_turn"}
    assert failed_words(reasons) == {"a", "b"}


def sse(said: Any) -> bytes:
    return b"data: " + msgspec.json.encode(said) + b"\n\n"


def chat(word: str, index: int = 0) -> bytes:
    return sse({"choices": [{"index": index, "delta": {}, "finish_reason": word}]})


def gemini(word: str, index: int = 0) -> bytes:
    return sse({"candidates": [{"index": index, "finishReason": word}]})


def bedrock(word: str) -> bytes:
    return write_event("messageStop", msgspec.json.encode({"stopReason": word}))


@pytest.mark.parametrize(
    ("dialect", "frame", "word"),
    [
        ("openai.chat", chat("network_error"), "network_error"),
        ("openai.chat", chat("network_error", 1), None),
        ("openai.chat", chat("stop"), None),
        ("gemini.generate", gemini("MALFORMED_RESPONSE"), "MALFORMED_RESPONSE"),
        ("gemini.generate", gemini("MALFORMED_RESPONSE", 1), None),
        ("gemini.generate", gemini("STOP"), None),
        ("bedrock.converse", bedrock("malformed_tool_use"), "malformed_tool_use"),
        ("bedrock.converse", bedrock("end_turn"), None),
    ],
)
def test_the_first_answer_of_a_stream_decides(
    dialect: Dialect, frame: bytes, word: str | None
) -> None:
    observer = NATIVE[dialect].observer(hide_usage=False)
    assert observer.feed(frame)
    assert (observer.stopped, observer.failed_stop) == (True, word)
