"""How hard a model is to think, written for a target."""

from typing import Any, Final

from protocols.bedrock_converse.reasoning import (
    BESIDE,
    DISPLAYS,
    EFFORT,
    MODES,
    OLDER,
    OWN_EFFORT,
    THINKING,
)
from protocols.bedrock_converse.rests import with_rest
from protocols.bedrock_converse.upstream_writing import Writing
from protocols.efforts import budget_of, nearest, word_of
from protocols.ir import Reasoning

TYPES: Final = {mode: name for name, mode in MODES.items()}
SHOWN: Final = {show: name for name, show in DISPLAYS.items()}
EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
USUAL_EFFORT: Final = "medium"
LEAST_BUDGET: Final = 1_024
LEAST_SHARE: Final = 0.95


def write_own(reasoning: Reasoning, output: dict[str, Any], additional: dict[str, Any]) -> None:
    """As a client of this dialect said it."""
    extra = reasoning.extra or {}
    place = OLDER if OLDER in extra else THINKING
    thinking: dict[str, Any] = {}
    if reasoning.mode is not None:
        thinking["type"] = TYPES[reasoning.mode]
    if reasoning.budget_tokens is not None:
        thinking["budget_tokens"] = reasoning.budget_tokens
    if reasoning.show is not None:
        thinking["display"] = SHOWN[reasoning.show]
    rest = {place: extra[place]} if place in extra else None
    if thinking or rest:
        additional.update(with_rest({place: thinking}, rest))
    if reasoning.effort is None:
        return
    if OWN_EFFORT in extra or reasoning.mode is None:
        output[EFFORT] = reasoning.effort
    else:
        additional[BESIDE] = {EFFORT: reasoning.effort}


def write_asked(
    writing: Writing,
    asked: Reasoning,
    output: dict[str, Any],
    additional: dict[str, Any],
    inference: dict[str, Any],
    why_not: str | None,
) -> None:
    """As the target knows it. `why_not`: what Claude does not think for."""
    way = "none" if writing.refuses("reasoning") else writing.target.effort
    is_off = asked.mode == "off" or asked.effort == "none" or asked.budget_tokens == 0
    writing.losses.unknown(asked.extra, path="reasoning")
    if way == "none":
        if not is_off:
            writing.losses.add("reasoning", "reasoning", "the target does not think")
        return
    if is_off:
        if way in {"budget", "adaptive"}:
            additional[THINKING] = {"type": "disabled"}
        else:
            _effort(writing, "none", output)
        return
    word = asked.effort or None
    if word is None and asked.budget_tokens is not None:
        word = word_of(asked.budget_tokens, writing.target.budgets)
    if way != "effort" and why_not is not None:
        writing.losses.add("reasoning", "reasoning", why_not)
    elif way == "budget":
        _budget(writing, asked, additional, inference)
    elif way == "adaptive":
        additional[THINKING] = {"type": "adaptive"}
        _without_samples(writing, additional, inference)
    if word is not None and way != "budget":
        _effort(writing, word, output)
    if asked.show is not None and THINKING in additional:
        additional[THINKING]["display"] = SHOWN[asked.show]


def _effort(writing: Writing, word: str, output: dict[str, Any]) -> None:
    known = nearest(word, writing.target.efforts or EFFORTS)
    if known != word:
        writing.losses.add("effort", "reasoning.effort", f"is {known} here")
    output[EFFORT] = known


def _budget(
    writing: Writing, asked: Reasoning, additional: dict[str, Any], inference: dict[str, Any]
) -> None:
    budget = asked.budget_tokens
    if budget is None:
        budget = budget_of(asked.effort or USUAL_EFFORT, writing.target.budgets)
    budget = max(budget, LEAST_BUDGET)
    tokens, most = inference.get("maxTokens"), writing.target.max_tokens
    if tokens is not None and tokens <= budget:
        # What was asked for is what is to be read: thoughts come on top, as far as there is room.
        room = tokens + budget if most is None else min(most, tokens + budget)
        if budget >= room:
            budget = max(LEAST_BUDGET, room // 2)
        if budget >= room:
            writing.losses.add("reasoning", "reasoning", "there is no room for it")
            return
        inference["maxTokens"] = room
    _without_samples(writing, additional, inference)
    additional[THINKING] = {"type": "enabled", "budget_tokens": budget}


def _without_samples(
    writing: Writing, additional: dict[str, Any], inference: dict[str, Any]
) -> None:
    """While Claude thinks, in whatever way, it takes neither a temperature nor the k likeliest,
    and no small share of the likeliest."""
    if inference.get("temperature", 1) != 1:
        writing.losses.add("temperature", "sampling.temperature", "does not go with thinking")
    if additional.pop("top_k", None) is not None:
        writing.losses.add("top_k", "sampling.top_k", "does not go with thinking")
    if inference.get("topP", 1) < LEAST_SHARE:
        writing.losses.add("top_p", "sampling.top_p", "does not go with thinking")
        del inference["topP"]
    inference.pop("temperature", None)
