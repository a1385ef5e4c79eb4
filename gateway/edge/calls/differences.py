"""What a vendor is asked otherwise than the client asked it, by field. Pure.

Laws: only the fields at the top are compared, byte for byte; of what they say there are sizes, and
values only where a value is no text and a parameter of a dialect, or the model's name; there are
never more than MOST_FIELDS; a model that is named in the path is a field without bytes.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import DecodeError, Raw

from gateway.edge.accounting.entries import plain
from gateway.edge.editing.splices import OBJECT
from gateway.edge.exchange import Candidate, Exchange
from gateway.spool.frames import Change, Difference
from routing.names import MAX_LENGTH

MOST_FIELDS: Final = 64
FIELD_CHARS: Final = 64
VALUE_BYTES: Final = 32
MODEL: Final = "model"
NULL: Final = b"null"
SCALARS: Final = b"-0123456789tf"
# A number under a name that no dialect has may be anything, a telephone's too.
PARAMETERS: Final = frozenset(
    {
        "background", "dimensions", "disable_fallbacks", "frequency_penalty", "logprobs",
        "max_completion_tokens", "max_output_tokens", "max_tokens", "max_tool_calls", "n",
        "parallel_tool_calls", "presence_penalty", "seed", "store", "stream", "temperature",
        "top_k", "top_logprobs", "top_p",
    }
)  # fmt: skip
NO_DIFFERENCE: Final = Difference()


def difference_of(
    exchange: Exchange, candidate: Candidate, body: bytes, *, top: Mapping[str, Raw] | None = None
) -> Difference | None:
    """`body` is what goes up, `top` its fields where they are known; None: it is no object."""
    was = exchange.top
    if body is exchange.body:
        top = was
    elif top is None:
        try:
            top = OBJECT.decode(body)
        except DecodeError:
            return None
    asked, told = exchange.model, candidate.target.upstream_name
    changes: list[Change] = []
    more = 0
    for name in {MODEL: None, **was, **top}:
        before, after = was.get(name), top.get(name)
        # In both paths there is nothing to compare but the names; a body may name none at all.
        is_named = name == MODEL and before is None and "" != asked != told
        if (before is after or before == after) and not is_named:
            continue
        if len(changes) == MOST_FIELDS:
            more += 1
            continue
        size, value = _said(name, before, model=asked)
        size_now, value_now = _said(name, after, model=told)
        changes.append(Change(plain(name, most=FIELD_CHARS), size, size_now, value, value_now))
    return Difference(tuple(changes), more) if changes else NO_DIFFERENCE


def _said(name: str, raw: Raw | None, *, model: str) -> tuple[int | None, str | None]:
    size = None if raw is None else len(memoryview(raw))
    if name == MODEL:
        return size, plain(model, most=MAX_LENGTH) or None
    if raw is None or size is None or size > VALUE_BYTES:
        return size, None
    said = bytes(raw)
    is_told = said == NULL or (name in PARAMETERS and said[0] in SCALARS)
    return size, said.decode() if is_told else None
