"""The books day by day, as they lie in partitions; whoever asks sees what its scope shows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, TypeAlias

from django.db import connection

from billing.partitions import PARENTS, day_of, partitions

Slice: TypeAlias = tuple[datetime, datetime]

BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
END: Final = datetime(9999, 12, 31, tzinfo=UTC)


def slices() -> list[Slice]:
    """All of time without a gap, cut at every day that has a table of its own."""
    with connection.cursor() as cursor:
        names = [name for parent in PARENTS for name in partitions(cursor, parent)]
    days = {day for name in names if (day := day_of(name)) is not None}
    cuts = sorted({cut for day in days for cut in (midnight(day), midnight(day, after=1))})
    edges = [BEGINNING, *cuts, END]
    return list(pairwise(edges))


def days_of_month(month: date) -> Iterator[Slice]:
    day = month
    while (day.year, day.month) == (month.year, month.month):
        yield midnight(day), midnight(day, after=1)
        day += timedelta(days=1)


def month_after(month: date) -> date:
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def midnight(day: date, *, after: int = 0) -> datetime:
    return datetime.combine(day + timedelta(days=after), time(), tzinfo=UTC)
