"""What kinds of back-ends take of betas, and which tools that vendors run are equal: data.

Laws: read once, when a process begins; a kind whose betas nobody has written down takes any; two
tools are equal only where a row says so, and only on the kinds that run them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Raw, Struct

DATA: Final = Path(__file__).parent / "data"


class Beta(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of betas.json: a name without its date."""

    name: str
    fields: tuple[str, ...]  # of a body, that it brings
    bedrock: tuple[str, ...] = ()  # the dates taken there


class Tool(Struct, frozen=True, forbid_unknown_fields=True):
    """One of a row of tools.json, whose members are equal."""

    origin: str
    kind: str
    on: tuple[str, ...]  # kinds of back-ends that run it
    tool: Raw


ROWS: Final = msgspec.json.decode((DATA / "betas.json").read_bytes(), type=tuple[Beta, ...])
EQUALS: Final = msgspec.json.decode(
    (DATA / "tools.json").read_bytes(), type=tuple[tuple[Tool, ...], ...]
)
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {row.name: row.fields for row in ROWS}
# Kinds that refuse a beta they do not know; all others pass over it.
BETAS: Final[Mapping[str, frozenset[str]]] = {
    "bedrock": frozenset(f"{row.name}-{date}" for row in ROWS for date in row.bedrock),
}


def equal_tools(kind: str) -> dict[str, bytes]:
    """`origin/kind` of a tool of another vendor's -> what a back-end of the kind calls the same."""
    return {
        f"{other.origin}/{other.kind}": bytes(own.tool)
        for row in EQUALS
        for own in row
        if kind in own.on
        for other in row
        if other is not own
    }


TOOLS: Final[Mapping[str, dict[str, bytes]]] = {
    kind: equal_tools(kind) for kind in {kind for row in EQUALS for tool in row for kind in tool.on}
}
