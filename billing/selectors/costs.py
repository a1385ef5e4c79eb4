"""What was spent: by day, by who or what spent it, and so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from billing.forecast import LOOKED_BACK_DAYS, Forecast, month_forecast
from billing.selectors.usage import Cell, Question, Ranked, Sight, Sums, cells, ranked, several
from billing.selectors.usage_names import names_of
from billing.windows import ONE_DAY, Span, ceil, day_of, day_start, days_of, floor

MONEY: Final = ("final_requests", "unpriced", "charge_nano", "cost_nano")
BY_DAY: Final = (
    *MONEY,
    *("errors", "notional_nano"),
    *("tokens_in", "tokens_cached", "tokens_written", "tokens_out", "tokens_reasoning"),
)
BY_GROUP: Final = (*MONEY, "tokens_in", "tokens_out")
# The column that keeps the name beside the id. A credential of the platform has none for tenants.
LABELS: Final[Mapping[str, str]] = {"provider_id": "provider"}
# Lines of up to two days are drawn by the hour.
BY_THE_HOUR_BELOW: Final = timedelta(hours=50)
HOUR: Final = timedelta(hours=1)
WEEK_DAYS: Final = 7


def added(sums: Sequence[Sums]) -> Sums:
    """Each measure of all of them; nothing of nothing."""
    return {name: sum(one[name] for one in sums) for name in sums[0]} if sums else {}


def day_buckets(span: Span, zone: ZoneInfo) -> list[datetime]:
    return [max(span.start, day_start(day, zone)) for day in days_of(span, zone)]


def step_buckets(span: Span, step: timedelta) -> list[datetime]:
    first = floor(span.start, step)
    count = -((first - span.end) // step)
    return [max(span.start, first + n * step) for n in range(count)]


def by_day(question: Question, *, zone: ZoneInfo) -> list[tuple[date, Sums]]:
    """Every day of the range, those without usage too."""
    asked = replace(question, buckets=day_buckets(question.span, zone))
    found = {cell.start: cell.sums for cell in cells(asked, measures=BY_DAY)}
    nothing = dict.fromkeys(BY_DAY, 0)
    return [(day_of(start, zone), found.get(start, nothing)) for start in asked.buckets]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender:
    """One group; its line has a sum for each bucket."""

    id: str
    label: str
    sums: Sums
    line: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spenders:
    rows: list[Spender]
    other: Spender | None
    total: Sums


def line_buckets(span: Span, zone: ZoneInfo) -> list[datetime]:
    short = span.end - span.start <= BY_THE_HOUR_BELOW
    return step_buckets(span, HOUR) if short else day_buckets(span, zone)


def spenders(question: Question, *, by: str, zone: ZoneInfo, most: int) -> Spenders:
    """Those who spent most, first. Lines are drawn by the days of `zone`: those that are summed."""
    asked = replace(question, buckets=line_buckets(question.span, zone))
    found = ranked(asked, by=by, label=LABELS.get(by, by), measures=BY_GROUP, most=most)
    return spenders_among(found, by=by, buckets=asked.buckets)


def spenders_among(found: Ranked, *, by: str, buckets: Sequence[datetime]) -> Spenders:
    labels = names_of(by, found.labels)
    rows = [
        _spender(name, labels[name], group, buckets=buckets) for name, group in found.top.items()
    ]
    rows.sort(key=lambda row: (-row.sums["charge_nano"], -row.sums["final_requests"], row.id))
    other = _spender("", "", found.other, buckets=buckets) if found.other else None
    total = added([row.sums for row in (*rows, *([other] if other else []))])
    return Spenders(rows=rows, other=other, total=total or dict.fromkeys(BY_GROUP, 0))


def _spender(name: str, label: str, group: list[Cell], *, buckets: Sequence[datetime]) -> Spender:
    charges = {cell.start: cell.sums["charge_nano"] for cell in group}
    return Spender(
        id=name,
        label=label,
        sums=added([cell.sums for cell in group]),
        line=[charges.get(start, 0) for start in buckets],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Of one moment: the sums of each part are the total."""

    total: Sums
    models: Spenders
    keys: Spenders
    days: list[tuple[date, Sums]]


def summary(question: Question, *, zone: ZoneInfo, most: int) -> Summary:
    asked = replace(question, buckets=day_buckets(question.span, zone))
    found = several(asked, by=("requested_model", "key_id"), measures=BY_DAY)
    days = {day_of(cell.start, zone): cell.sums for cell in found["bucket"]}
    return Summary(
        total=found["all"][0].sums,
        models=_most(found["requested_model"], by="requested_model", most=most),
        keys=_most(found["key_id"], by="key_id", most=most),
        days=sorted(days.items()),
    )


def _most(found: list[Cell], *, by: str, most: int) -> Spenders:
    ranking = sorted(
        found,
        key=lambda cell: (-cell.sums["charge_nano"], -cell.sums["final_requests"], cell.group),
    )
    names = names_of(by, {name: name for cell in ranking[:most] for name in cell.group})
    rows = [
        Spender(id=name, label=names[name], sums=cell.sums, line=[])
        for cell in ranking[:most]
        for name in cell.group
    ]
    rest = added([cell.sums for cell in ranking[most:]])
    return Spenders(
        rows=rows,
        other=Spender(id="", label="", sums=rest, line=[]) if rest else None,
        total=added([cell.sums for cell in found]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """So far, and as far into the period before."""

    sums: Sums
    previous: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    span: Span
    today: Period
    this_week: Period
    this_month: Period
    forecast: Forecast | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Where today stands in a zone; `so_far` is how much of today is over, in whole windows."""

    today: date
    zone: ZoneInfo
    so_far: timedelta
    week: date
    month: date

    @classmethod
    def at(cls, now: datetime, *, zone: ZoneInfo, week_start: int) -> "Calendar":
        today = day_of(now, zone)
        return cls(
            today=today,
            zone=zone,
            so_far=ceil(now) - day_start(today, zone),
            week=today - timedelta(days=(today.isoweekday() - week_start) % WEEK_DAYS),
            month=today.replace(day=1),
        )

    @property
    def last_month(self) -> date:
        return (self.month - ONE_DAY).replace(day=1)

    @property
    def next_month(self) -> date:
        return (self.month + timedelta(days=31)).replace(day=1)

    def moment(self, day: date) -> datetime:
        """As far into that day as now is into today; no farther than its end."""
        start, end = day_start(day, self.zone), day_start(day + ONE_DAY, self.zone)
        return min(start + self.so_far, end)

    def before(self) -> dict[str, Span]:
        """Yesterday, last week and last month, each as far as this one has come."""
        starts = {
            "today": self.today - ONE_DAY,
            "this_week": self.week - timedelta(days=WEEK_DAYS),
            "this_month": self.last_month,
        }
        days = {
            "today": starts["today"],
            "this_week": self.today - timedelta(days=WEEK_DAYS),
            "this_month": self.last_month + (self.today - self.month),
        }
        spans = {
            name: Span(day_start(start, self.zone), self.moment(days[name]))
            for name, start in starts.items()
        }
        if days["this_month"] >= self.month:  # a day that last month did not have: all of it
            spans["this_month"] = Span(spans["this_month"].start, day_start(self.month, self.zone))
        return spans


def current(*, tenant_id: UUID, sight: Sight, calendar: Calendar) -> Current:
    before = calendar.before()
    first = min(calendar.last_month, calendar.today - timedelta(days=LOOKED_BACK_DAYS))
    whole = Span(
        day_start(first, calendar.zone), day_start(calendar.today + ONE_DAY, calendar.zone)
    )
    cuts = {span.end for span in before.values()} | {span.start for span in before.values()}
    buckets = sorted({*day_buckets(whole, calendar.zone), *cuts})
    asked = Question(tenant_id=tenant_id, span=whole, sight=sight, buckets=buckets)
    found = {cell.start: cell.sums for cell in cells(asked, measures=BY_GROUP)}

    def within(span: Span) -> Sums:
        parts = [sums for start, sums in found.items() if span.start <= start < span.end]
        return added(parts) or dict.fromkeys(BY_GROUP, 0)

    def since(day: date, name: str) -> Period:
        span = Span(day_start(day, calendar.zone), whole.end)
        return Period(sums=within(span), previous=within(before[name]))

    this_month = since(calendar.month, "this_month")
    days: dict[date, int] = {}
    for start, sums in found.items():
        day = day_of(start, calendar.zone)
        days[day] = days.get(day, 0) + sums["charge_nano"]
    return Current(
        span=Span(day_start(calendar.month, calendar.zone), whole.end),
        today=since(calendar.today, "today"),
        this_week=since(calendar.week, "this_week"),
        this_month=this_month,
        forecast=month_forecast(
            spent_nano=this_month.sums["charge_nano"],
            days=days,
            today=calendar.today,
            month_end=calendar.next_month,
        ),
    )
