"""How hard a model is to think, which the dialect has in one place and models' vendors in others.

Law: what was said in one way is said in the same way again.

`outputConfig.effort`                                 the dialect's own
`additionalModelRequestFields.thinking`               Claude's, with `output_config.effort` beside
`additionalModelRequestFields.reasoning_config`       Claude's, as it was first
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import Raw, Struct

from protocols import ir
from protocols.fields import Fields
from protocols.ir import Reasoning
from protocols.lenient import an_object, words

MODES: Final[Mapping[str, Literal["off", "on", "adaptive"]]] = {
    "enabled": "on",
    "adaptive": "adaptive",
    "disabled": "off",
}
DISPLAYS: Final[Mapping[str, Literal["none", "summary", "full"]]] = {
    "omitted": "none",
    "summarized": "summary",
    "full": "full",
}
THINKING: Final = "thinking"
OLDER: Final = "reasoning_config"
EFFORT: Final = "effort"
BESIDE: Final = "output_config"
# In `Reasoning.extra`: said in the way that its other parts do not lead to.
OWN_EFFORT: Final = "outputConfig"


class Said(Struct, frozen=True, kw_only=True):
    reasoning: ir.Reasoning | None
    top_k: int | None


def read_reasoning(output: Fields | None, additional: Fields | None) -> Said:
    """Takes what it understands out of both."""
    own = output.text(EFFORT) if output else None
    if additional is None:
        return Said(reasoning=None if own is None else Reasoning(effort=own), top_k=None)
    top_k = additional.whole("top_k")
    extra: ir.Extra = {}
    place = THINKING if additional.has(THINKING) else OLDER
    thinking = _thinking(additional, place)
    if thinking is None:
        return Said(reasoning=None if own is None else Reasoning(effort=own), top_k=top_k)
    effort = own
    if own is None:
        effort = _effort_beside(additional)
    else:
        extra[OWN_EFFORT] = Raw(msgspec.json.encode({EFFORT: own}))
    mode = thinking.choice("type", MODES)
    budget = thinking.whole("budget_tokens")
    show = thinking.choice("display", DISPLAYS)
    rest = thinking.rest()
    if place == OLDER or rest is not None:
        extra[place] = Raw(msgspec.json.encode(rest or {}))
    return Said(
        reasoning=Reasoning(
            mode=mode, effort=effort, budget_tokens=budget, show=show, extra=extra or None
        ),
        top_k=top_k,
    )


def _thinking(additional: Fields, place: str) -> Fields | None:
    """None, and left where it is, for what is not Claude's."""
    raw = additional.raw(place)
    if not raw:
        return None
    if words(an_object(raw).get("type")) in MODES:
        return Fields(raw, additional.at(place))
    additional.put_back(place, raw)
    return None


def _effort_beside(additional: Fields) -> str | None:
    raw = additional.raw(BESIDE)
    if not raw:
        return None
    effort = words(an_object(raw).get(EFFORT))
    if effort is None:
        additional.put_back(BESIDE, raw)
        return None
    beside = Fields(raw, additional.at(BESIDE))
    beside.raw(EFFORT)
    additional.put_back_rest(BESIDE, beside)
    return effort
