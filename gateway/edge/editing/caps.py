"""How many of anything one request may hold, wherever its dialect puts them.

Laws: what is short is not counted at all; what has another form than its dialect promises is the
vendor's to judge.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

from gateway.edge.editing.forms import COUNT
from gateway.edge.editing.top_fields import shown
from gateway.edge.errors import refusal
from gateway.edge.operations.operation import Operation
from protocols.ir import Dialect

MAX_TOOLS: Final = 2_048
MAX_MESSAGES: Final = 100_000
MAX_CHOICES: Final = 128
LONGEST: Final = (
    ("tools", MAX_TOOLS),
    ("functions", MAX_TOOLS),
    ("messages", MAX_MESSAGES),
    ("contents", MAX_MESSAGES),
    ("input", MAX_MESSAGES),
)
# Fields that hold tools in what they hold.
HOLD_TOOLS: Final[Mapping[Dialect, tuple[str, ...]]] = {
    "gemini.generate": ("tools",),
    "openai.responses": ("tools",),
    "bedrock.converse": ("toolConfig",),
}
HOLD_CHOICES: Final[Mapping[Dialect, tuple[str, ...]]] = {
    "gemini.generate": ("generationConfig", "generation_config"),
}
LIST: Final = msgspec.json.Decoder(list[Raw])
OPENING: Final = ord("[")


class Group(Struct):
    """What may hold several tools: one of Google's, a name space of OpenAI's, Bedrock's field."""

    functionDeclarations: list[Raw] = []
    function_declarations: list[Raw] = []
    tools: list[Raw] = []


class Config(Struct):
    candidateCount: Raw = Raw()
    candidate_count: Raw = Raw()


GROUP: Final = msgspec.json.Decoder(Group)
CONFIG: Final = msgspec.json.Decoder(Config)


def check_counts(top: Mapping[str, Raw], operation: Operation) -> None:
    """Raises GatewayError."""
    dialect = operation.body or operation.dialect
    for field, most in LONGEST:
        raw = top.get(field)
        # n elements need 2n + 1 bytes: short arrays are not even counted.
        if raw is None or memoryview(raw).nbytes <= 2 * most or memoryview(raw)[0] != OPENING:
            continue
        _check_count(field, len(LIST.decode(raw)), most)
    for field in HOLD_TOOLS.get(dialect, ()):
        raw = top.get(field)
        if raw is not None and memoryview(raw).nbytes > 2 * MAX_TOOLS:
            _check_count(field, _tools_within(raw), MAX_TOOLS)
    for field in HOLD_CHOICES.get(dialect, ()):
        if field in top:
            _check_config(top[field], field=field)
    raw = top.get("n")
    if raw is not None and bytes(raw) not in {b"1", b"null"}:
        _check_choices(raw, "n", is_billed=operation.passed)


def _tools_within(raw: Raw) -> int:
    try:
        if memoryview(raw)[0] != OPENING:
            return len(GROUP.decode(raw).tools)
        groups = LIST.decode(raw)
    except msgspec.DecodeError:
        return 0
    return sum(map(_tools_of, groups))


def _tools_of(raw: Raw) -> int:
    """One that cannot be read is one: what it is the vendor says."""
    try:
        group = GROUP.decode(raw)
    except msgspec.DecodeError:
        return 1
    held = len(group.functionDeclarations) + len(group.function_declarations) + len(group.tools)
    return held or 1


def _check_count(field: str, count: int, most: int) -> None:
    if count > most:
        message = f"{field} has {count} entries; at most {most}."
        raise refusal("invalid_request", message, param=field)


def _check_config(raw: Raw, *, field: str) -> None:
    try:
        config = CONFIG.decode(raw)
    except msgspec.DecodeError:
        return
    both = (("candidateCount", config.candidateCount), ("candidate_count", config.candidate_count))
    for name, said in both:
        if said:
            _check_choices(said, f"{field}.{name}", is_billed=False)


def _check_choices(raw: Raw, name: str, *, is_billed: bool) -> None:
    try:
        count = COUNT.decode(raw)
    except msgspec.DecodeError:
        if not is_billed:
            return  # the vendor says what it thinks of it
        message = f"{name} is {shown(bytes(raw))}; expected a whole number."
        raise refusal("invalid_request", message, param=name) from None
    if count is not None and count > MAX_CHOICES:
        message = f"{name} is {count}; at most {MAX_CHOICES}."
        raise refusal("invalid_request", message, param=name)
