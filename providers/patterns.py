"""Patterns that people write, matched in linear time. Pure.

Law: what cannot be matched so (look-around, back-references), or only at the price of much memory,
is refused where it is written; see docs/decisions/0015-patterns-are-re2.md.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import re2

MOST_CHARACTERS: Final = 512
MOST_MEMORY_BYTES: Final = 1 << 20
OPTIONS: Final = {"case_sensitive": False, "log_errors": False, "max_mem": MOST_MEMORY_BYTES}

Matches: TypeAlias = Callable[[str], Any]  # of the whole text, without case; falsy: does not


def compiled(pattern: str) -> Matches:
    """Raises ValueError, which says why."""
    if len(pattern) > MOST_CHARACTERS:
        raise ValueError(f"{len(pattern)} characters; at most {MOST_CHARACTERS}")
    options = re2.Options()
    for name, value in OPTIONS.items():
        setattr(options, name, value)
    try:
        matches: Matches = re2.compile(pattern, options).fullmatch
    except re2.error as refused:
        raise ValueError(refused.args[0].decode(errors="replace")) from None
    return matches
