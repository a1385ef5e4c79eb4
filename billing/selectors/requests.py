"""Exchanges as a caller may see them: one row each, its final record; money over all its records.

Laws: a page is found by the index of the tenant and the time, and nothing counts rows; a question
that takes too long is answered with narrower ones.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import OperationalError
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateTimeField,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from psycopg.errors import QueryCanceled

from accounts.errors import Refused
from billing.measures import WAS_UNPRICED
from billing.models import CostRecord
from billing.record import USAGE
from billing.request_facts import EPOCH, Facts, microseconds
from billing.request_filters import Condition, Sight, where
from billing.windows import Span
from providers.usage import IN_CLASSES, OUT_CLASSES

WANTED_BUCKETS: Final = 120  # of 300 there may be
BUCKETS_S: Final = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
    86_400, 604_800,
)  # fmt: skip
# How far the moment of admission may lie from the one in an id, which the worker's clock gave.
CLOCKS_APART: Final = timedelta(days=1)
LAST_UNIX_MS: Final = 32_503_680_000_000  # of the year 3000; what is beyond is no clock's
COLUMNS: Final = (
    "request_id", "started_at", "status", "http_status", "error_code", "requested_model",
    "served_model", "provider_id", "provider", "credential_id", "credential", "key_id", "team_id",
    "user_id", "session_hash", "source", "dialect", "lane", "stream", "tokens_in", "tokens_out",
    "in_cache_read", "ttft_ms", "latency_ms", "overhead_us", "output_ms", "total_nano", "cost_nano",
    "charge_price_id", "rated_later", "attempts", "cache_state", "degraded", "simulated",
    "target_dialect", "operation",
)  # fmt: skip
COMPUTED: Final = ("tokens_in", "tokens_out", "total_nano", "rated_later")
NEWEST_FIRST: Final = ("-started_at", "-request_id")
BIG: Final["BigIntegerField[int, int]"] = BigIntegerField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What of whom somebody asks for."""

    sight: Sight
    span: Span
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Of a row in the order of lists."""

    started_us: int
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """`counts`: by status, one figure per bucket."""

    bucket_s: int
    starts: list[datetime]
    counts: dict[str, list[int]]


def found(search: Search, *, most: int, after: Place | None = None) -> list[Facts]:
    """Newest first."""
    rows = _matching(search)
    if after is not None:
        moment = _moment(after.started_us)
        rows = rows.filter(
            Q(started_at__lt=moment) | Q(started_at=moment, request_id__lt=after.request_id),
            started_at__lte=moment,  # what the index can begin with
        )
    ordered = rows.annotate(**{name: F(name) for name in COMPUTED}).order_by(*NEWEST_FIRST)
    with answered_in_time(search.span):
        return [facts_of(row) for row in ordered.values_list(*COLUMNS)[:most]]


def histogram(search: Search, *, statuses: Sequence[str]) -> Histogram:
    span = search.span
    bucket_s = bucket_of(span)
    width = timedelta(seconds=bucket_s)
    first = span.start - (span.start - EPOCH) % width
    bins = Func(
        Value(width), F("started_at"), Value(EPOCH), function="date_bin",
        output_field=DateTimeField(),
    )  # fmt: skip
    rows = _matching(search).order_by().values(bin=bins).annotate(count=Count("*"))
    starts = [first + width * number for number in range(-((first - span.end) // width))]
    counts = {status: [0] * len(starts) for status in statuses}
    with answered_in_time(span):
        for status, start, count in rows.values_list("status", "bin", "count"):
            counts[status][(start - first) // width] = count
    return Histogram(bucket_s=bucket_s, starts=starts, counts=counts)


def records_of(request_id: UUID, *, sight: Sight) -> list[CostRecord]:
    """All of an exchange, attempts in their order, the final one's corrections after it; empty when
    there is none or it is not to be seen."""
    rows: QuerySet[CostRecord] = CostRecord.objects.filter(request_id=request_id)
    unix_ms = request_id.int >> 80
    if request_id.version == 7 and unix_ms < LAST_UNIX_MS:
        told = _moment(unix_ms * 1000)
        rows = rows.filter(started_at__gte=told - CLOCKS_APART, started_at__lte=told + CLOCKS_APART)
    return list(rows.filter(sight.where()).order_by("attempt", "recorded_at", "kind"))


def facts_of_records(records: Iterable[CostRecord]) -> Facts | None:
    """None while the final one is not there."""
    rows = list(records)
    final = next((row for row in rows if row.final and row.kind == USAGE), None)
    if final is None:
        return None
    sums = {
        "tokens_in": sum(getattr(final, name) for name in IN_CLASSES),
        "tokens_out": sum(getattr(final, name) for name in OUT_CLASSES),
        "total_nano": sum(row.charge_nano for row in rows),
        "rated_later": any(WAS_UNPRICED in row.flags for row in rows),
    }
    return facts_of(tuple(sums[name] if name in sums else getattr(final, name) for name in COLUMNS))


def facts_of(row: tuple[Any, ...]) -> Facts:
    """`row`: COLUMNS."""
    told = dict(zip(COLUMNS, row, strict=True))
    started_at, cost_nano = told.pop("started_at"), told.pop("cost_nano")
    own_price_id, rated_later = told.pop("charge_price_id"), told.pop("rated_later")
    told["tokens_cached"] = told.pop("in_cache_read")
    told["charge_nano"] = told.pop("total_nano")
    for name in ("request_id", "provider_id", "credential_id", "team_id", "user_id"):
        told[name] = None if told[name] is None else str(told[name])
    return Facts(
        started_us=microseconds(started_at),
        priced=cost_nano is not None or own_price_id is not None or rated_later,
        degraded=tuple(told.pop("degraded")),
        **told,
    )


def bucket_of(span: Span) -> int:
    """The narrowest of the round widths that makes no more bars than one can look at; of years, a
    number of weeks."""
    length_s = (span.end - span.start).total_seconds()
    fitting = (width for width in BUCKETS_S if length_s <= width * WANTED_BUCKETS)
    return next(fitting, BUCKETS_S[-1] * ceil(length_s / BUCKETS_S[-1] / WANTED_BUCKETS))


@contextmanager
def answered_in_time(span: Span) -> Iterator[None]:
    """Turns the end of PostgreSQL's patience into range_too_wide."""
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        raise too_wide(span) from error


def too_wide(span: Span, detail: str = "") -> Refused:
    """With its halves as what can be asked for instead."""
    middle = span.start + (span.end - span.start) / 2
    halves = [{"from": middle, "to": span.end}, {"from": span.start, "to": middle}]
    return Refused("range_too_wide", detail, facts={"suggestions": halves})


def _matching(search: Search) -> QuerySet[CostRecord]:
    span = search.span
    inside = Q(started_at__gte=span.start, started_at__lt=span.end)
    # The span again: it tells the planner which days there are to look at.
    totals = (
        CostRecord.objects.filter(inside, started_at=OuterRef("started_at"))
        .filter(request_id=OuterRef("request_id"))
        .order_by()
        .values("request_id")
        .annotate(total=Sum("charge_nano"))
        .values("total")
    )
    adjusted = CostRecord.objects.filter(inside).exclude(kind=USAGE).order_by()
    rerated = adjusted.filter(flags__contains=[WAS_UNPRICED])
    rows: QuerySet[CostRecord] = CostRecord.objects.filter(inside, final=True, kind=USAGE)
    return (
        rows.alias(
            tokens_in=_sum_of(IN_CLASSES),
            tokens_out=_sum_of(OUT_CLASSES),
            total_nano=Subquery(totals, output_field=BIG),
            # Read once, and few: where all rows are compared, only these are added up.
            adjusted=ArraySubquery(adjusted.values("request_id")),
            rerated=ArraySubquery(rerated.values("request_id")),
        )
        .alias(
            rated_later=Q(rerated__contains=[F("request_id")]),
            compared_nano=Case(
                When(adjusted__contains=[F("request_id")], then=F("total_nano")),
                default=F("charge_nano"),
                output_field=BIG,
            ),
        )
        .alias(tokens=F("tokens_in") + F("tokens_out"))
        .filter(search.sight.where())
        .filter(where(search.conditions))
    )


def _sum_of(columns: Sequence[str]) -> Combinable:
    total: Combinable = F(columns[0])
    for name in columns[1:]:
        total += F(name)
    return total


def _moment(unix_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=unix_us)
