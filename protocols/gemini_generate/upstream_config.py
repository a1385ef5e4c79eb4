"""How to generate, as the dialect wants it said."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Raw

from protocols import ir
from protocols.codec import Target
from protocols.efforts import budget_of, nearest, word_of
from protocols.gemini_generate.parts import DIALECT
from protocols.gemini_generate.reading import noted
from protocols.gemini_generate.request import DYNAMIC, JSON, PLAIN
from protocols.gemini_generate.schema import Narrowed
from protocols.gemini_generate.upstream_tools import EITHER, narrowed
from protocols.gemini_generate.wire import with_extra
from protocols.losses import Losses

LEVELS: Final = ("minimal", "low", "medium", "high")
MOST_STOPS: Final = 5
# field of the IR -> word of the dialect, word under which targets refuse it, code of the loss
FIELDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "temperature": ("temperature", "temperature", "temperature"),
    "top_p": ("topP", "top_p", "top_p"),
    "top_k": ("topK", "top_k", "top_k"),
    "seed": ("seed", "seed", "seed"),
    "presence_penalty": ("presencePenalty", "presence_penalty", "penalties"),
    "frequency_penalty": ("frequencyPenalty", "frequency_penalty", "penalties"),
    "candidates": ("candidateCount", "n", "n"),
    "logprobs": ("responseLogprobs", "logprobs", "logprobs"),
    "top_logprobs": ("logprobs", "top_logprobs", "logprobs"),
}
# What says nothing that would not happen anyway.
DEFAULTS: Final[Mapping[str, object]] = {
    "temperature": 1,
    "top_p": 1,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "candidates": 1,
    "logprobs": False,
}
# The least and the most that models of a family think; the first name that fits counts.
FAMILIES: Final = (("flash-lite", 512, 24_576), ("flash", 1, 24_576), ("pro", 128, 32_768))
NO_FAMILY: Final = (0, 1 << 31)
LARGEST_SEED: Final = (1 << 31) - 1
INSTRUCTION: Final = "Answer with one JSON object and nothing else."


class Config:
    """`schema_tool` is set where a schema must be asked for as a function."""

    def __init__(
        self, *, request: ir.Request, target: Target, losses: Losses, has_tools: bool
    ) -> None:
        """`has_tools`: that are sent."""
        self._has_tools = has_tools
        self._request = request
        self._is_own = request.dialect == DIALECT
        self._target = target
        self._losses = losses
        self.instruction: str | None = None
        self.schema_tool = False

    def config(self) -> dict[str, Any]:
        said = {**dict(self._sampling()), **self._output()}
        if self._request.modalities:
            own = noted(self._request.extra, "responseModalities") if self._is_own else None
            usual = [word.upper() for word in self._request.modalities]
            said["responseModalities"] = own or usual
        thinking = self._thinking()
        if thinking:
            said["thinkingConfig"] = thinking
        return said

    def _sampling(self) -> Iterator[tuple[str, Any]]:
        sampling, refuses = self._request.sampling, self._target.refuses
        for name, (field, word, code) in FIELDS.items():
            value = getattr(sampling, name)
            if value is None:
                continue
            is_beyond = name == "seed" and abs(value) > LARGEST_SEED and not self._is_own
            if word not in refuses and not is_beyond:
                yield field, value
            elif value != DEFAULTS.get(name):
                self._losses.add(code, f"sampling.{name}", "the target takes none")
        asked, most = sampling.max_tokens, self._target.max_tokens
        if asked is not None:
            least = asked if self._is_own else max(1, asked)
            given = least if most is None else min(least, most)
            if given != asked:
                why = f"the target takes {given} here"
                self._losses.add("max_tokens", "sampling.max_tokens", why)
            yield "maxOutputTokens", given
        yield from self._stops(sampling.stop)

    def _stops(self, stop: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        most = 0 if "stop" in self._target.refuses else len(stop) if self._is_own else MOST_STOPS
        if len(stop) > most:
            self._losses.add("stop", "sampling.stop", f"the target takes {most}")
        if stop[:most]:
            yield "stopSequences", stop[:most]

    def _output(self) -> dict[str, Any]:
        output, refuses = self._request.output, self._target.refuses
        match output:
            case None:
                return {}
            case ir.OutputFormat(kind="text"):
                return {"responseMimeType": PLAIN} if self._is_own else {}
            case ir.OutputFormat(kind="json_schema") if output.schema:
                return self._schema(output.schema)
            case _ if "json_object" in refuses or self._is_either:
                self._instruct(INSTRUCTION)
                return {}
            case _:
                return {"responseMimeType": JSON}

    @property
    def _is_either(self) -> bool:
        return self._has_tools and EITHER in self._target.refuses

    def _schema(self, schema: Raw) -> dict[str, Any]:
        if "json_schema" in self._target.refuses or self._is_either:
            if self._has_tools:
                self._instruct(f"{INSTRUCTION} It must match: {bytes(schema).decode()}")
            else:
                self.schema_tool = True
            return {}
        output = self._request.output
        if output is not None and output.description is not None:
            why = "generateContent has no place for it"
            self._losses.add("output", "output.description", why)
        extra = self._request.extra if self._is_own else None
        own = noted(extra, "responseSchema")
        mime = noted(extra, "responseMimeType")
        said: dict[str, Any] = {} if mime == Raw(b"null") else {"responseMimeType": mime or JSON}
        if own is not None:
            return {**said, "responseSchema": own}
        if "json_schema_tools" in self._target.refuses:
            narrow = narrowed(Narrowed(schema), "output.schema", self._losses)
            return {**said, "responseSchema": narrow}
        return {**said, "responseJsonSchema": schema}

    def _instruct(self, instruction: str) -> None:
        self._losses.add("output", "output", "the target is only told so")
        self.instruction = instruction

    def _thinking(self) -> dict[str, Any]:
        reasoning = self._request.reasoning
        if reasoning is None:
            return {}
        is_unknown = self._target.effort == "none"
        if "reasoning" in self._target.refuses or (is_unknown and not self._is_own):
            if not _is_off(reasoning):
                self._losses.add("reasoning", "reasoning", "the target does not think")
            return {}
        if is_unknown:
            said = _as_asked(reasoning)
        elif self._target.effort == "level":
            said = self._level(reasoning)
        else:
            said = self._budget(reasoning)
        shown = _shown(reasoning, is_own=self._is_own)
        if shown is not None:
            said["includeThoughts"] = shown
        if self._is_own:
            return with_extra(said, reasoning.extra)
        self._losses.unknown(reasoning.extra, path="reasoning")
        return said

    def _level(self, reasoning: ir.Reasoning) -> dict[str, Any]:
        known = self._target.efforts or LEVELS
        if _is_off(reasoning):
            self._losses.add("effort", "reasoning", "the target always thinks")
            return {"thinkingLevel": known[0].upper()}
        word = reasoning.effort
        if word is None and reasoning.budget_tokens is not None:
            word = word_of(reasoning.budget_tokens, self._target.budgets)
        level = None if word is None else nearest(word, known)
        if level is None:
            return {}
        if level != word:
            self._losses.add("effort", "reasoning.effort", f"is {level} here")
        own = noted(reasoning.extra, "thinkingLevel") if level == reasoning.effort else None
        return {"thinkingLevel": own or level.upper()}

    def _budget(self, reasoning: ir.Reasoning) -> dict[str, Any]:
        name = self._target.model
        families = ((least, most) for part, least, most in FAMILIES if part in name)
        least, most = next(families, NO_FAMILY)
        if _is_off(reasoning):
            if self._is_own or least != ALWAYS:
                return {"thinkingBudget": 0}
            self._losses.add("effort", "reasoning", "the target always thinks")
            return {"thinkingBudget": least}
        if reasoning.budget_tokens is not None:
            tokens = reasoning.budget_tokens
            return {"thinkingBudget": tokens if self._is_own else min(max(tokens, least), most)}
        if reasoning.effort is not None:
            tokens = budget_of(reasoning.effort, self._target.budgets)
            if reasoning.effort == "minimal":
                tokens = least or tokens
            return {"thinkingBudget": min(max(tokens, least), most)}
        return {} if reasoning.mode is None else {"thinkingBudget": DYNAMIC}


ALWAYS: Final = 128  # the least of those that cannot be told not to think


def _as_asked(reasoning: ir.Reasoning) -> dict[str, Any]:
    """What is said to a model that nobody knows is the client's own affair."""
    said: dict[str, Any] = {}
    if reasoning.mode is not None:
        said["thinkingBudget"] = (
            DYNAMIC if reasoning.mode == "adaptive" else reasoning.budget_tokens
        )
    if reasoning.effort is not None:
        said["thinkingLevel"] = noted(reasoning.extra, "thinkingLevel") or reasoning.effort.upper()
    return said


def _is_off(reasoning: ir.Reasoning) -> bool:
    return reasoning.mode == "off" or reasoning.effort == "none"


def _shown(reasoning: ir.Reasoning, *, is_own: bool) -> bool | None:
    if reasoning.show is not None:
        return reasoning.show != "none"
    # Others show what is thought unless told not to; here it must be asked for.
    return True if not is_own and reasoning.mode in {"on", "adaptive"} else None
