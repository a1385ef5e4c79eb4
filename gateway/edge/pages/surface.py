"""What the edge's own small pages share."""

from typing import Final

from gateway.edge.errors import EdgeRefused
from gateway.edge.messages import Scope

READING: Final = frozenset({"GET", "HEAD"})


def require_reading(scope: Scope) -> None:
    """Raises EdgeRefused for any method but GET and HEAD."""
    if scope["method"] not in READING:
        raise EdgeRefused(
            "method_not_allowed", "Use GET or HEAD.", headers=((b"allow", b"GET, HEAD"),)
        )
