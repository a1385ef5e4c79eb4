"""Media as dialects write it: in place, or by reference."""

import re
from typing import Final

from protocols import ir

DATA_URL: Final = re.compile(r"data:([^;,]*)(?:;[^;,]*)*;base64,")


def read_url(url: str) -> tuple[ir.Source, str | None]:
    """Where the bytes are, and their media type if the URL says it."""
    found = DATA_URL.match(url)
    if found is None:
        return ir.Link(url=url), None
    return ir.Inline(data=url[found.end() :]), found[1] or None
