"""What nobody asked for goes back where it stood."""

from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols.ir import Extra
from protocols.lenient import read

OBJECTS: Final = msgspec.json.Decoder(dict[str, Raw])


def with_rest(said: dict[str, Any], rest: Extra | None) -> dict[str, Any]:
    """An object that was read in part is joined with its rest; what is said is not replaced."""
    for name, raw in (rest or {}).items():
        own = said.get(name)
        if isinstance(own, dict):
            with_rest(own, read(OBJECTS, raw))
        else:
            said.setdefault(name, raw)
    return said
