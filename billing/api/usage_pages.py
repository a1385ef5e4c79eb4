"""Pages of windows, newest first; a page's cursor is the last row it holds."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from accounts.api.cursors import binding, limit_of, position, sign
from accounts.errors import Invalid
from billing.api import answers
from billing.api.spans import Asked
from billing.selectors.costs import BY_DAY, HOUR, day_buckets, step_buckets
from billing.selectors.usage import Cell, Page, cells
from billing.windows import WINDOW

BY: Final = ("key_id", "requested_model")
STEPS: Final[Mapping[str, timedelta]] = {"5m": WINDOW, "1h": HOUR}
# So many buckets at most: a longer range is asked for in longer steps.
MOST_BUCKETS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a cursor is bound to."""

    query: Mapping[str, str]
    tenant_id: UUID
    path: str

    def bound(self) -> str:
        return binding(query=self.query, tenant_id=self.tenant_id, path=self.path)


def page_of(asked: Asked, granularity: str, place: Place) -> dict[str, Any]:
    limit, bound = limit_of(place.query.get("limit", "")), place.bound()
    after = _after(place.query.get("cursor", ""), bound=bound)
    question = replace(asked.question, buckets=_buckets(asked, granularity))
    found = cells(question, by=BY, measures=BY_DAY, page=Page(limit=limit + 1, after=after))
    ends = dict(zip(question.buckets, [*question.buckets[1:], question.span.end], strict=True))
    rows, more = found[:limit], len(found) > limit
    return {
        "data": [_row(cell, ends[cell.start]) for cell in rows],
        "has_more": more,
        "next_cursor": _cursor(rows[-1], bound=bound) if more else None,
    }


def _buckets(asked: Asked, granularity: str) -> list[datetime]:
    if granularity not in STEPS:
        return day_buckets(asked.span, asked.zone)
    if asked.is_closed:
        message = (
            f"before {asked.kept_from:%Y-%m-%dT%H:%M:%SZ} only sums of days are kept; expected 1d"
        )
        raise Invalid.one(field="granularity", message=message)
    step = STEPS[granularity]
    if (asked.span.end - asked.span.start) / step > MOST_BUCKETS:
        raise Invalid.one(field="granularity", message="too fine for this range; expected 1h or 1d")
    return step_buckets(asked.span, step)


def _row(cell: Cell, end: datetime) -> dict[str, Any]:
    key_id, model = cell.group
    return {
        "window_start": cell.start,
        "window_end": end,
        "key_id": key_id,
        "model": model,
        **answers.usage(cell.sums),
    }


def _cursor(cell: Cell, *, bound: str) -> str:
    told = msgspec.json.encode([cell.start, *cell.group])
    return sign(urlsafe_b64encode(told).decode(), bound=bound)


def _after(cursor: str, *, bound: str) -> tuple[datetime, tuple[str, ...]] | None:
    if not cursor:
        return None
    told = urlsafe_b64decode(position(cursor, bound=bound))
    start, *group = msgspec.json.decode(told, type=list[str])
    return datetime.fromisoformat(start).astimezone(UTC), tuple(group)
