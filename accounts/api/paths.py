"""Ids in paths."""

from uuid import UUID

from accounts.errors import Refused
from accounts.ids import parse_id


def row_id(text: str) -> UUID:
    """Ids are opaque: one that cannot exist is not found, not malformed."""
    value = parse_id(text)
    if value is None:
        raise Refused("not_found")
    return value
