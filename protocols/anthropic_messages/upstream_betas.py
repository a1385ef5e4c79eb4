"""What belongs to a beta goes with it: a target that lacks the one refuses the other."""

from collections.abc import Mapping
from typing import Final

from protocols import ir
from protocols.anthropic_messages.upstream_writing import VERSION, Writing
from protocols.ir import NOTHING, Extra

BETAS: Final = "anthropic-beta"
USUAL_VERSION: Final = "2023-06-01"
# The beginning of a beta's name, without the date, and the fields of the body it brings.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "context-management": ("context_management",),
    "compact": ("context_management",),
    "mcp-client": ("mcp_servers",),
    "code-execution": ("container",),
    "skills": ("container",),
    "fast-mode": ("speed",),
}


def write_headers(writing: Writing, request: ir.Request) -> tuple[dict[str, str], Extra]:
    """The dialect's own headers as the target takes them, and the fields that may be sent."""
    extra = dict(request.extra or {})
    if not writing.is_own:
        return {VERSION: USUAL_VERSION}, extra
    said = request.headers or {}
    headers = {VERSION: said.get(VERSION, USUAL_VERSION)}
    asked = [beta for beta in map(str.strip, said.get(BETAS, "").split(",")) if beta]
    known = writing.target.betas
    kept = [beta for beta in asked if known is None or beta in known]
    kept_fields = {field for beta in kept for field in _fields(beta)}
    for beta in asked:
        if beta not in kept:
            for field in _fields(beta):
                if field not in kept_fields and extra.pop(field, NOTHING):
                    writing.losses.add(f"other:{field}", field, f"the target lacks {beta}")
    if kept:
        headers[BETAS] = ",".join(kept)
    return headers, extra


def _fields(beta: str) -> tuple[str, ...]:
    return next((fields for name, fields in FIELDS.items() if beta.startswith(name)), ())
