"""The name of a mock model: `mock-echo;fail=503;fail_rate=0.3`. Pure.

Laws: a name says everything about how its model behaves; a word that is not known is refused, for a
test that misspells one would prove nothing.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias, get_args

from msgspec import Struct

from protocols.errors import Problem
from protocols.ir import StopReason

Model: TypeAlias = Literal[
    "mock-echo", "mock-lorem", "mock-tools", "mock-thinking", "mock-json", "mock-vision",
    "mock-embed", "mock-image", "mock-speech", "mock-transcribe", "mock-moderate", "mock-rerank",
]  # fmt: skip
# What a stream is made of; `fail_at` and `hang` name one.
EventName: TypeAlias = Literal[
    "started", "block_started", "text_delta", "arguments_delta", "sealed", "block_ended", "finished"
]
UsageKnob: TypeAlias = Literal["missing", "lie", "late"]
MODELS: Final[tuple[Model, ...]] = get_args(Model)
CHATTING: Final = frozenset({"chat", "count_tokens"})
# What a model does that does not chat; and beside that.
DOES: Final[Mapping[str, frozenset[str]]] = {
    "mock-embed": frozenset({"embeddings"}),
    "mock-image": frozenset({"images", "image_edits"}),
    "mock-speech": frozenset({"speech"}),
    "mock-transcribe": frozenset({"transcriptions", "translations"}),
    "mock-moderate": frozenset({"moderations"}),
    "mock-rerank": frozenset({"rerank"}),
    "mock-echo": CHATTING | {"completions"},
}
HEADERS: Final = "headers"
MOST_OUT: Final = 100_000
MOST_MS: Final = 3_600_000
RETRY_AFTER: Final = re.compile(r"[ -~]{1,64}")


class Refused(Exception):
    """The mock answers with this problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Knobs(Struct, frozen=True, kw_only=True):
    model: Model
    ttft_ms: float = 30
    tps: float = 100  # tokens per second; 0: all at once
    out: int | None = None  # tokens of the answer
    fail: int | None = None  # status
    fail_rate: float | None = None  # of different requests; one request always fares the same
    fail_at: EventName | None = None  # the stream ends there with an error
    hang: str | None = None  # before the headers, or at an event
    retry_after: str | None = None  # as it is
    finish: StopReason | None = None
    usage: UsageKnob | None = None


def operations_of(model: str) -> frozenset[str]:
    return DOES.get(model, CHATTING)


def _number(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise ValueError(f"must be {least:g} to {most:g}")
        return value

    return read


def _whole(least: int, most: int) -> Callable[[str], int]:
    read = _number(least, most)

    def read_whole(text: str) -> int:
        read(text)
        return int(text)

    return read_whole


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return read


def _printable(text: str) -> str:
    if not RETRY_AFTER.fullmatch(text):
        raise ValueError("must be 1 to 64 printable ASCII characters")
    return text


KNOBS: Final[Mapping[str, Callable[[str], Any]]] = {
    "ttft_ms": _number(0, MOST_MS),
    "tps": _number(0, 1_000_000),
    "out": _whole(0, MOST_OUT),
    "fail": _whole(400, 599),
    "fail_rate": _number(0, 1),
    "fail_at": _one_of(get_args(EventName)),
    "hang": _one_of((HEADERS, *get_args(EventName))),
    "retry_after": _printable,
    "finish": _one_of(get_args(StopReason)),
    "usage": _one_of(get_args(UsageKnob)),
}


def read_model(name: str) -> Knobs:
    """Raises Refused."""
    base, *pairs = name.split(";")
    model = next((known for known in MODELS if known == base), None)
    if model is None:
        message = f"The model {base!r} does not exist; the mock has {', '.join(MODELS)}."
        raise Refused(
            Problem(kind="not_found", code="model_not_found", message=message, param="model")
        )
    knobs: dict[str, Any] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        if key not in KNOBS:
            raise _refused(f"{key!r} is no knob of the mock; it has {', '.join(KNOBS)}.")
        try:
            knobs[key] = KNOBS[key](value)
        except ValueError as error:
            raise _refused(f"{key}={value} is not possible: {error}.") from None
    return Knobs(model=model, **knobs)


def _refused(message: str) -> Refused:
    return Refused(Problem(kind="invalid_request", message=message, param="model"))
