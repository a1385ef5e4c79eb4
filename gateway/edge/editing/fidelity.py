"""What a key lets be lost on the way into another dialect (protocols.md PR-39).

lossless      nothing
warn          nothing that the user wrote
best-effort   whatever must be
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from accounts.specs import Fidelity
from protocols.codec import Loss
from protocols.errors import Problem

# Names of fields are the client's: they may be anything.
# What a field of a body is, whose vendor is asked without it: by the codes of translation, whatever
# a dialect calls it.
CODES: Final[Mapping[str, str]] = {
    "cache_control": "cache",
    "candidateCount": "n",
    "frequency_penalty": "penalties",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "n": "n",
    "output_config": "output",
    "parallel_tool_calls": "parallel",
    "presence_penalty": "penalties",
    "prompt_cache_key": "cache_key",
    "reasoning_effort": "effort",
    "response_format": "output",
    "safety_identifier": "metadata",
    "stop_sequences": "stop",
    "text": "output",
    "thinking": "reasoning",
    "top_logprobs": "logprobs",
    "user": "metadata",
    **{
        name: name
        for name in (
            *("logit_bias", "logprobs", "max_tokens", "metadata", "reasoning", "seed"),
            *("service_tier", "stop", "store", "temperature", "tool_choice", "top_k", "top_p"),
            "verbosity",
        )
    },
}
# What the answer is about, and not how it is given.
CONTENT: Final = frozenset(
    {
        "cachedContent", "container", "contents", "conversation", "functions", "input",
        "instructions", "mcp_servers", "messages", "previous_response_id", "prompt", "system",
        "systemInstruction", "tools",
    }
)  # fmt: skip
PLAIN: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
OTHER: Final = "other"
NAMED: Final = 16


def refused(losses: Sequence[Loss], fidelity: Fidelity) -> list[Loss]:
    if not losses or fidelity == "best-effort":
        return []
    return [loss for loss in losses if loss.content or fidelity == "lossless"]


def loss_of(field: str, *, why: str) -> Loss:
    """Of a body's field that stays here."""
    code = CODES.get(field, f"other:{field}")
    return Loss(code=code, path=field, why=why, content=field in CONTENT)


def conversion_loss(losses: Sequence[Loss], *, who: str, fidelity: Fidelity) -> Problem:
    """Each by code, path and reason, as many as a message holds."""
    said = "; ".join(f"{loss.code} at {loss.path}: {loss.why}" for loss in losses[:NAMED])
    more = len(losses) - NAMED
    rest = f"; and {more} more" if more > 0 else ""
    return Problem(
        kind="conversion_loss",
        message=(
            f"{who} cannot be asked all of this, and this key (fidelity {fidelity}) leaves nothing"
            f" of it out: {said}{rest}."
        ),
        param=losses[0].path,
    )


def codes(losses: Sequence[Loss]) -> list[str]:
    """Each once, fit for a header and a record."""
    found = (loss.code if PLAIN.fullmatch(loss.code) else OTHER for loss in losses)
    return list(dict.fromkeys(found))
