"""What a caller asks of requests, out of a query or the body of an export."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter

from accounts.access import Access
from accounts.errors import Invalid
from billing.request_filters import FILTERS, NEGATION, Sight, conditions_of
from billing.selectors.requests import Search
from billing.windows import Span

RANGES: Final[Mapping[str, timedelta]] = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
DEFAULT_RANGE: Final = "24h"
YEARS: Final = range(1971, 3000)
SPAN_NAMES: Final = frozenset({"range", "from", "to"})

Asked: TypeAlias = Mapping[str, Sequence[str]]


def search_of(asked: Asked, *, access: Access, now: datetime) -> Search:
    """Raises Invalid."""
    filters = {name: texts for name, texts in asked.items() if name not in SPAN_NAMES}
    return Search(
        sight=Sight.of(access),
        span=_span(asked, now=now),
        conditions=conditions_of(filters),
    )


def parameters() -> Iterator[OpenApiParameter]:
    """For the API reference."""
    yield OpenApiParameter(
        "range", str, enum=list(RANGES), description=f"Up to now; {DEFAULT_RANGE} without."
    )
    yield OpenApiParameter("from", datetime, description="First moment, RFC 3339; with `to`.")
    yield OpenApiParameter("to", datetime, description="First moment after.")
    for name, row in FILTERS.items():
        for spelling, told in ((name, row.help), (f"{NEGATION}{name}", f"None of `{name}`.")):
            yield OpenApiParameter(
                spelling,
                str,
                many=True,
                enum=list(row.choices) or None,
                description=told,
            )


def _span(asked: Asked, *, now: datetime) -> Span:
    for name in SPAN_NAMES & asked.keys():
        if len(asked[name]) != 1:
            raise Invalid.one(field=name, message="expected once")
    moments = SPAN_NAMES & asked.keys() - {"range"}
    if not moments:
        name = asked.get("range", [DEFAULT_RANGE])[0]
        if name not in RANGES:
            raise Invalid.one(field="range", message=f"expected {' or '.join(RANGES)}")
        return Span(now - RANGES[name], now)
    if "range" in asked or len(moments) != 2:
        raise Invalid.one(field="range", message="expected range, or from and to together")
    span = Span(_moment("from", asked), _moment("to", asked))
    if span.start >= span.end:
        raise Invalid.one(field="to", message="expected a moment after `from`")
    return span


def _moment(name: str, asked: Asked) -> datetime:
    try:
        moment = parse_datetime(asked[name][0])
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year not in YEARS:
        told = f"expected a moment as 2026-02-04T10:30:00Z, of the years {YEARS[0]} to {YEARS[-1]}"
        raise Invalid.one(field=name, message=told)
    return moment.astimezone(UTC)
