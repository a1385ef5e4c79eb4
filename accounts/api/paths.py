"""Ids in paths, and what they name."""

from typing import TypeVar
from uuid import UUID

from accounts.errors import Refused
from accounts.ids import parse_id

Row = TypeVar("Row")


def found(row: Row | None) -> Row:
    """The row; not_found when the caller's rows hold none of that id."""
    if row is None:
        raise Refused("not_found")
    return row


def row_id(text: str) -> UUID:
    """Ids are opaque: one that cannot exist is not found, not malformed."""
    value = parse_id(text)
    if value is None:
        raise Refused("not_found")
    return value
