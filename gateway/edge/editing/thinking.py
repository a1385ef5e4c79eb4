"""A request that asks nobody to think, in whatever words its dialect or its vendors have for it.

Laws: what is taken out is named; whoever asks for no thinking is left alone; a field is one only
where vendors have it, so that a schema may have a property of the same name.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.codec import Loss
from protocols.ir import Extra
from protocols.lenient import VALUES, read

OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])
# At the top of Chat and in what models of Bedrock take for themselves.
FIELDS: Final = frozenset(
    {
        "enable_reasoning", "enable_thinking", "prompt_mode", "reasoning", "reasoningConfig",
        "reasoning_budget", "reasoning_config", "reasoning_effort", "thinking", "thinkingConfig",
        "thinking_budget", "thinking_config", "thinking_mode",
    }
)  # fmt: skip
EFFORT: Final = FIELDS | {"effort"}
# Objects that hold such fields: vLLM's, Gemini's in OpenAI's dialect, Converse's.
HOLDERS: Final[Mapping[str, frozenset[str]]] = {
    "additionalModelRequestFields": FIELDS,
    "chat_template_kwargs": FIELDS,
    "extra_body": FIELDS,
    "google": FIELDS,
    "outputConfig": EFFORT,
    "output_config": EFFORT,
}
# Where an object says that it asks for none.
SAID_IN: Final = ("type", "enabled", "effort", "max_tokens", "thinkingBudget", "thinking_budget")
NONE: Final = ("disabled", "none", "off")
WHY: Final = "is switched off here"


def without_thinking(request: ir.Request) -> tuple[ir.Request, tuple[Loss, ...]]:
    gone: list[str] = []
    if request.reasoning is not None and not _asks_for_none(request.reasoning):
        gone.append("reasoning")
        request = replace(request, reasoning=None)
    extra = _left(request.extra or {}, FIELDS, gone)
    if extra != (request.extra or {}):
        request = replace(request, extra=extra or None)
    return request, tuple(Loss(code="reasoning", path=path, why=WHY) for path in gone)


def _asks_for_none(asked: ir.Reasoning) -> bool:
    return asked.mode == "off" or asked.effort == "none" or asked.budget_tokens == 0


def _left(said: Extra, fields: frozenset[str], gone: list[str], path: str = "") -> Extra:
    left: Extra = {}
    for name, raw in said.items():
        if name in HOLDERS:
            inside = read(OBJECTS, raw) or {}
            kept = _left(inside, HOLDERS[name], gone, f"{path}{name}.")
            if kept or not inside:
                left[name] = raw if kept == inside else Raw(msgspec.json.encode(kept))
        elif name not in fields or _is_none(read(VALUES, raw)):
            left[name] = raw
        else:
            gone.append(f"{path}{name}")
    return left


def _is_none(value: object) -> bool:
    if isinstance(value, dict):
        said = (value[name] for name in SAID_IN if value.get(name) is not None)
        return any(map(_is_none, said))
    return not value or value in NONE
