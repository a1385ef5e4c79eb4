"""Keyset cursors: opaque, signed, and bound to the list they were made for.

Law: a cursor of another tenant, path or filter is no cursor; nothing it holds is trusted unsigned.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec
from django.core.signing import BadSignature, Signer
from django.db.models import Model, QuerySet

from accounts.errors import Invalid, Refused

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
LIMIT: Final = re.compile(r"[0-9]{1,9}")
LONGEST_SHOWN: Final = 255
PAGING: Final = frozenset({"limit", "cursor"})
SALT: Final = "accounts.api.cursors"

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[M]):
    rows: list[M]
    next_cursor: str | None


def page_of(
    rows: QuerySet[M], *, query: Mapping[str, str], tenant_id: object, path: str, by: str = "id"
) -> Page[M]:
    """The rows after the cursor, newest first by the unique column `by`."""
    most = limit_of(query.get("limit", ""))
    bound = binding(query=query, tenant_id=tenant_id, path=path)
    if query.get("cursor"):
        rows = rows.filter(**{f"{by}__lt": position(query["cursor"], bound=bound)})
    found = list(rows.order_by(f"-{by}")[: most + 1])
    more = len(found) > most
    found = found[:most]
    cursor = sign(str(getattr(found[-1], by)), bound=bound) if more else None
    return Page(rows=found, next_cursor=cursor)


def binding(*, query: Mapping[str, str], tenant_id: object, path: str) -> str:
    filters = sorted((name, query[name]) for name in query if name not in PAGING)
    told = msgspec.json.encode([path, str(tenant_id), filters])
    return hashlib.sha256(told).hexdigest()[:24]


def sign(told: str, *, bound: str) -> str:
    return Signer(salt=f"{SALT}.{bound}", sep=".").sign(told)


def position(cursor: str, *, bound: str) -> str:
    try:
        return Signer(salt=f"{SALT}.{bound}", sep=".").unsign(cursor)
    except BadSignature:
        raise Refused("invalid_cursor") from None


def limit_of(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if LIMIT.fullmatch(text) is None or not 1 <= int(text) <= MAX_LIMIT:
        shown = text[:LONGEST_SHOWN]
        raise Invalid.one(field="limit", message=f"{shown!r} is not within 1 to {MAX_LIMIT}")
    return int(text)
