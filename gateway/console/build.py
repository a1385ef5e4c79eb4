"""Which console this process serves."""

import hashlib
from functools import cache
from pathlib import Path

UNBUILT = "unbuilt"


@cache
def build_id(dist: Path) -> str:
    """Changes with every build of the console, for its index names all assets by content."""
    index = dist / "index.html"
    if not index.is_file():
        return UNBUILT
    return hashlib.sha256(index.read_bytes()).hexdigest()[:12]
