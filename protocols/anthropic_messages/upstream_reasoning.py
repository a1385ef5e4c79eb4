"""How hard the model is to think, how long the answer may be, and what that leaves of sampling."""

from collections.abc import Mapping
from typing import Any, Final

from protocols import ir
from protocols.anthropic_messages.upstream_writing import Writing
from protocols.efforts import budget_of, nearest, word_of
from protocols.losses import is_usual

KINDS: Final[Mapping[str | None, str]] = {
    "on": "enabled",
    "adaptive": "adaptive",
    "off": "disabled",
}
# How a target thinks, as one says it to Messages.
MODES: Final[Mapping[str, str]] = {"adaptive": "adaptive", "budget": "on"}
DISPLAYS: Final[Mapping[str | None, str]] = {
    "none": "omitted",
    "summary": "summarized",
    "full": "full",
}
USUAL_EFFORT: Final = "medium"
EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
LEAST_BUDGET: Final = 1_024
MAX_TOKENS: Final = 4_096  # where nobody says how many
HOTTEST: Final = 1.0
DEFAULTS: Final[Mapping[str, float]] = {"temperature": 1, "top_p": 1}
NOT_WHILE_THINKING: Final = frozenset({"temperature", "top_k"})
# "… or unset when thinking is enabled or in adaptive mode", tailcallhq/forgecode#3472.
LEAST_SHARE: Final = 0.95


class Thinking:
    """What is said of it: `thinking` and the `effort` of `output_config`."""

    __slots__ = ("effort", "is_asked", "said")

    def __init__(
        self,
        said: dict[str, Any] | None = None,
        effort: str | None = None,
        *,
        is_asked: bool = False,
    ) -> None:
        """`is_asked`: in the client's own words, which are its own affair."""
        self.said = said
        self.effort = effort
        self.is_asked = is_asked

    @property
    def is_on(self) -> bool:
        return self.said is not None and self.said["type"] != "disabled"

    @property
    def budget(self) -> int | None:
        return self.said.get("budget_tokens") if self.said is not None else None


def write_thinking(writing: Writing, asked: ir.Reasoning | None) -> Thinking:
    if asked is None:
        return Thinking()
    way = "none" if writing.refuses("reasoning") else writing.target.effort
    made = _as_asked(writing, asked) if _is_taken(writing, asked) else _fitting(writing, asked, way)
    if made.said is not None and made.is_on and asked.show is not None:
        made.said["display"] = DISPLAYS[asked.show]
    if asked.extra:
        said = {} if made.said is None else made.said
        writing.rest(said, asked.extra, "reasoning")
    return made


def _is_taken(writing: Writing, asked: ir.Reasoning) -> bool:
    """The dialect's own words stay, unless somebody says that the target does not take them."""
    if not writing.is_own or writing.refuses("reasoning"):
        return False
    way = writing.target.effort
    return way == "none" or asked.mode in {None, "off"} or asked.mode == MODES.get(way)


def _as_asked(writing: Writing, asked: ir.Reasoning) -> Thinking:
    effort = asked.effort
    if effort is not None and writing.target.efforts:
        effort = _known(writing, effort)
    if asked.mode is None:
        return Thinking(effort=effort, is_asked=True)
    said: dict[str, Any] = {"type": KINDS[asked.mode]}
    if asked.budget_tokens is not None:
        said["budget_tokens"] = asked.budget_tokens
    return Thinking(said, effort, is_asked=True)


def _fitting(writing: Writing, asked: ir.Reasoning, way: str) -> Thinking:
    is_off = asked.mode == "off" or asked.effort == "none" or asked.budget_tokens == 0
    if way == "none":
        if not is_off:
            writing.losses.add("reasoning", "reasoning", "the target does not think")
        return Thinking()
    if is_off:
        return Thinking({"type": "disabled"})
    if way == "budget":
        return _budgeted(writing, asked)
    word = asked.effort or None
    if word is None and asked.budget_tokens is not None:
        word = word_of(asked.budget_tokens, writing.target.budgets)
    said = {"type": "adaptive"} if way == "adaptive" else None
    return Thinking(said, None if word is None else _known(writing, word))


def _known(writing: Writing, word: str) -> str | None:
    known = nearest(word, writing.target.efforts or EFFORTS)
    if known != word:
        writing.losses.add("effort", "reasoning.effort", f"is {known} here")
    return known


def _budgeted(writing: Writing, asked: ir.Reasoning) -> Thinking:
    budget = asked.budget_tokens
    if budget is None:
        budget = budget_of(asked.effort or USUAL_EFFORT, writing.target.budgets)
    said = {"type": "enabled", "budget_tokens": max(budget, LEAST_BUDGET)}
    # Some know both; the others are told in tokens what the word asked for.
    knows_words = asked.effort is not None and bool(writing.target.efforts)
    return Thinking(said, _known(writing, asked.effort or "") if knows_words else None)


def switch_off(writing: Writing, thinking: Thinking, why: str) -> None:
    writing.losses.add("reasoning", "reasoning", why)
    thinking.said = None


def write_sampling(writing: Writing, request: ir.Request, thinking: Thinking) -> dict[str, Any]:
    asked = request.sampling
    said: dict[str, Any] = {"max_tokens": _max_tokens(writing, asked.max_tokens, thinking)}
    for key in ("temperature", "top_p", "top_k"):
        value = getattr(asked, key)
        if value is None:
            continue
        is_default = value == DEFAULTS.get(key)
        is_nothing = is_default or is_usual(request.dialect, key, value)
        refusal = _refusal(writing, key, value, thinking=thinking)
        if refusal is None:
            if writing.is_own or not is_default:
                said[key] = value
        elif not is_nothing:
            writing.losses.add(key, f"sampling.{key}", refusal)
    if (said.get("temperature") or 0) > HOTTEST and not writing.is_own:
        said["temperature"] = HOTTEST
        writing.losses.add("temperature", "sampling.temperature", f"is {HOTTEST} at most")
    _one_of_both(writing, said, request.dialect)
    _stop(writing, asked.stop, said)
    _unsaid(writing, asked)
    return said


def _one_of_both(writing: Writing, said: dict[str, Any], dialect: ir.Dialect) -> None:
    """Some take a temperature or a share of the likeliest, never both."""
    if "temperature" in said and "top_p" in said and writing.refuses("temperature+top_p"):
        gone = "temperature" if said["temperature"] == DEFAULTS["temperature"] else "top_p"
        value = said.pop(gone)
        if value != DEFAULTS[gone] and not is_usual(dialect, gone, value):
            writing.losses.add(gone, f"sampling.{gone}", "does not go with a temperature")


def _refusal(writing: Writing, key: str, value: float, *, thinking: Thinking) -> str | None:
    if writing.refuses(key):
        return "the target refuses it"
    if writing.is_modern:
        return "the version asked for has none"
    is_out = key in NOT_WHILE_THINKING and value != DEFAULTS.get(key)
    is_small = key == "top_p" and value < LEAST_SHARE
    return "does not go with thinking" if thinking.is_on and (is_out or is_small) else None


def _stop(writing: Writing, asked: tuple[str, ...], said: dict[str, Any]) -> None:
    # Of those without a character to see Messages takes none.
    taken = [each for each in asked if writing.is_own or each.strip()]
    if writing.refuses("stop"):
        taken = []
    if taken:
        said["stop_sequences"] = taken
    if len(taken) < len(asked):
        writing.losses.add("stop", "sampling.stop", "the target does not take it")


def _unsaid(writing: Writing, asked: ir.Sampling) -> None:
    """What Messages has no words for, unless it asks for the usual."""
    for code, path, is_asked in (
        ("seed", "seed", asked.seed is not None),
        ("penalties", "presence_penalty", bool(asked.presence_penalty)),
        ("penalties", "frequency_penalty", bool(asked.frequency_penalty)),
        ("n", "candidates", (asked.candidates or 1) > 1),
        ("logprobs", "logprobs", bool(asked.logprobs or asked.top_logprobs)),
    ):
        if is_asked:
            writing.losses.add(code, f"sampling.{path}", "Messages has no such thing")


def _max_tokens(writing: Writing, asked: int | None, thinking: Thinking) -> int:
    most = writing.target.max_tokens
    tokens = (most or MAX_TOKENS) if asked is None else asked
    if most is not None and tokens > most:
        writing.losses.add("max_tokens", "sampling.max_tokens", f"the target gives {most}")
        tokens = most
    budget = thinking.budget
    if thinking.said is None or budget is None or budget < tokens or thinking.is_asked:
        return tokens
    if not tokens:
        # Nothing is to be said: it is only warmed up.
        switch_off(writing, thinking, "there is no answer to think of")
        return tokens
    # What was asked for is what is to be read: thoughts come on top, as far as there is room.
    room = tokens + budget if most is None else min(most, tokens + budget)
    if budget >= room:
        thinking.said["budget_tokens"] = budget = max(LEAST_BUDGET, room // 2)
    if budget >= room:
        switch_off(writing, thinking, "there is no room for it")
    return room
