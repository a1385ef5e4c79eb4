"""What counting tokens has in common in all dialects.

Law: what a vendor's counter does not take is left out in silence: no token stands in it.
"""

from collections.abc import Container
from typing import Final

import msgspec
from msgspec import Raw

from protocols.errors import DecodeError
from protocols.lenient import an_object, whole

FIELDS: Final = msgspec.json.Decoder(dict[str, Raw])


def only(request: bytes, taken: Container[str]) -> dict[str, Raw]:
    """Fields of a request that was written here, as far as they are taken."""
    return {name: raw for name, raw in FIELDS.decode(request).items() if name in taken}


def tokens_said(answer: bytes, field: str) -> int:
    """Raises DecodeError where the answer says none."""
    said = whole(an_object(answer).get(field))
    if said is None or said < 0:
        raise DecodeError(field, "is no number of tokens")
    return said
