"""Which time, zone and usage a caller asks for, out of the query."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from accounts.access import Access
from accounts.errors import Invalid
from billing.api.request_query import YEARS
from billing.selectors.usage import Question, Sight
from billing.selectors.windows import built_days
from billing.windows import ONE_DAY, Span, ceil, day_of, day_start, floor

HOURS: Final[Mapping[str, timedelta]] = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
}
# With the running one, which is the last.
DAYS: Final[Mapping[str, int]] = {"7d": 7, "30d": 30, "90d": 90}
LONGEST_DAYS: Final = 400
COLUMNS: Final[Mapping[str, str]] = {
    "model": "requested_model",
    "cache": "cache_state",
}


def _this_month(today: date) -> tuple[date, date]:
    first = today.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def _last_month(today: date) -> tuple[date, date]:
    first = today.replace(day=1)
    return (first - ONE_DAY).replace(day=1), first


MONTHS: Final[Mapping[str, Callable[[date], tuple[date, date]]]] = {
    "this_month": _this_month,
    "last_month": _last_month,
}
RANGES: Final = (*HOURS, *DAYS, *MONTHS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    question: Question
    tz: str
    now: datetime
    # Before it there are sums of days only.
    kept_from: datetime | None = None

    @property
    def span(self) -> Span:
        return self.question.span

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)

    @property
    def is_closed(self) -> bool:
        """Whether there are sums of days only for a part of it."""
        return self.kept_from is not None and self.span.start < self.kept_from


def asked_of(
    query: Mapping[str, Any], *, access: Access, now: datetime, default: str, key_id: str = ""
) -> Asked:
    """Raises Invalid. `key_id`: of the client key that asks."""
    tenant = access.the_tenant()
    tz = query.get("tz") or tenant.reporting_tz
    question = Question(
        tenant_id=tenant.id,
        span=_span(query, zone=ZoneInfo(tz), now=now, default=default),
        sight=sight_of(access, key_id=key_id),
        filters={
            COLUMNS.get(name, name): value for name, value in query.items() if name in FILTERS
        },
    )
    built = built_days(tenant_id=tenant.id)
    kept_from = built.kept_from if built is not None else None
    asked = Asked(question=question, tz=tz, now=now, kept_from=kept_from)
    if asked.is_closed:
        _check_whole_days(asked, reporting_tz=tenant.reporting_tz)
    return asked


def _check_whole_days(asked: Asked, *, reporting_tz: str) -> None:
    """Of what only days are kept of, nothing finer can be told."""
    begins = f"before {asked.kept_from:%Y-%m-%dT%H:%M:%SZ} only sums of days are kept"
    if asked.tz != reporting_tz:
        raise Invalid.one(field="tz", message=f"{begins}, those of {reporting_tz}; leave it out")
    for name, moment in (("from", asked.span.start), ("to", asked.span.end)):
        is_old = asked.kept_from is not None and moment < asked.kept_from
        if is_old and moment != day_start(day_of(moment, asked.zone), asked.zone):
            message = f"{begins}; expected the beginning of a day in {reporting_tz}"
            raise Invalid.one(field=name, message=message)


def sight_of(access: Access, *, key_id: str) -> Sight:
    return Sight(
        everything=access.holds("cost.read_all"),
        user_id=access.user_id,
        teams=access.led_teams if access.holds("cost.read_team") else frozenset(),
        key_id=key_id,
    )


FILTERS: Final = (
    "key_id", "model", "served_model", "user_id", "team_id", "provider", "provider_id",
    "credential_id", "dialect", "source", "status", "cache", "rule_id", "simulated",
)  # fmt: skip


def _span(query: Mapping[str, Any], *, zone: ZoneInfo, now: datetime, default: str) -> Span:
    start, end = query.get("from"), query.get("to")
    if start is None and end is None:
        return _range(query.get("range", default), zone=zone, now=now)
    for name, moment in (("from", start), ("to", end)):
        if moment is not None and moment.year not in YEARS:
            message = f"expected a moment of the years {YEARS[0]} to {YEARS[-1]}"
            raise Invalid.one(field=name, message=message)
    if "range" in query or start is None:
        raise Invalid.one(field="range", message="expected range, or from and to")
    span = Span(start, ceil(now) if end is None else end)
    if span.start >= span.end:
        raise Invalid.one(field="to", message="expected a moment after `from`")
    if span.end - span.start > timedelta(days=LONGEST_DAYS):
        raise Invalid.one(field="from", message=f"expected at most {LONGEST_DAYS} days before `to`")
    return span


def _range(name: str, *, zone: ZoneInfo, now: datetime) -> Span:
    """Hours back from now, in whole windows; or whole days of the zone, the running one too."""
    if name in HOURS:
        return Span(floor(now - HOURS[name]), ceil(now))
    today = day_of(now, zone)
    if name in DAYS:
        first, end = today - (DAYS[name] - 1) * ONE_DAY, today + ONE_DAY
    else:
        first, end = MONTHS[name](today)
    return Span(day_start(first, zone), day_start(end, zone))
