"""What an exploration asks for, and how it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from accounts.errors import Invalid, Refused
from billing.api.answers import average, cost_of
from billing.api.spans import Asked
from billing.money import usd
from billing.selectors.costs import day_buckets, step_buckets
from billing.selectors.explore import GROUPS, NOTHING, Earlier, Explored, Series
from billing.selectors.usage import Question, Sums
from billing.windows import Span, day_of

STEPS: Final[Mapping[str, timedelta]] = {"5m": timedelta(minutes=5), "1h": timedelta(hours=1)}
ROLLUPS: Final = (*STEPS, "1d", "1w", "1mo", "none")
MOST_BUCKETS: Final = 300


def columns_of(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Raises Invalid."""
    if told["group"] == told.get("subgroup"):
        raise Invalid.one(field="subgroup", message="expected another than `group`")
    return tuple(GROUPS[told[name]] for name in ("group", "subgroup") if name in told)


def bucketed(asked: Asked, *, rollup: str, week_start: int) -> Question:
    """Raises Invalid, and Refused range_too_wide with what fits."""
    if asked.is_closed and rollup in STEPS:
        message = f"before {asked.kept_from:%Y-%m-%dT%H:%M:%SZ} only sums of days are kept"
        raise Invalid.one(field="rollup", message=message)
    if _count(asked, rollup) > MOST_BUCKETS:
        raise _too_wide(asked, rollup)
    buckets = _buckets(asked, rollup, week_start)
    return replace(asked.question, buckets=buckets)


def before(asked: Asked) -> Question:
    """The range of the same length before; raises Invalid."""
    span = asked.span
    previous = Span(span.start - (span.end - span.start), span.start)
    if asked.kept_from is not None and previous.start < asked.kept_from:
        message = f"sums of the range before are kept from {asked.kept_from:%Y-%m-%dT%H:%M:%SZ} on"
        raise Invalid.one(field="compare", message=message)
    return replace(asked.question, span=previous)


def shown(found: Explored, metric: str, question: Question, past: Earlier | None) -> dict[str, Any]:
    other = found.other
    return {
        "buckets": list(question.buckets),
        "series": [_series(one, metric, past) for one in found.rows],
        "other": None if other is None else _line(other, metric),
        "total": value(found.total, metric),
        "previous_total": None if past is None else value(past.total, metric),
    }


def value(sums: Sums, metric: str) -> str | int | None:
    """Money as text; null where nobody knows."""
    match metric:
        case "cost":
            return cost_of(sums)
        case "saved":
            return usd(sums["notional_nano"])
        case "avg_cost":
            return average(sums)
        case "requests":
            return sums["final_requests"]
    return sums[metric]


def _series(one: Series, metric: str, past: Earlier | None) -> dict[str, Any]:
    previous = None if past is None else value(past.groups.get(one.group, NOTHING), metric)
    return {
        "group": list(one.group),
        "labels": list(one.labels),
        **_line(one, metric),
        "previous": previous,
    }


def _line(one: Series, metric: str) -> dict[str, Any]:
    return {
        "values": [value(sums, metric) for sums in one.buckets],
        "total": value(one.total, metric),
        "unpriced_requests": one.total["unpriced"],
    }


def _buckets(asked: Asked, rollup: str, week_start: int) -> list[datetime]:
    if rollup == "none":
        return []
    if rollup in STEPS:
        return step_buckets(asked.span, STEPS[rollup])
    days = day_buckets(asked.span, asked.zone)
    return [
        start
        for number, start in enumerate(days)
        if not number or _begins(rollup, day_of(start, asked.zone), week_start)
    ]


def _begins(rollup: str, day: date, week_start: int) -> bool:
    if rollup == "1w":
        return day.isoweekday() == week_start
    return rollup == "1d" or day.day == 1


def _count(asked: Asked, rollup: str) -> int:
    if rollup in STEPS:
        return -((asked.span.start - asked.span.end) // STEPS[rollup])
    return len(_buckets(asked, rollup, 1))


def _too_wide(asked: Asked, rollup: str) -> Refused:
    fitting: Sequence[str] = [
        one for one in ROLLUPS if one != rollup and _count(asked, one) <= MOST_BUCKETS
    ]
    detail = (
        f"{rollup} makes more than {MOST_BUCKETS} values of each group. Rollups that fit:"
        f" {', '.join(fitting)}."
    )
    return Refused(
        "range_too_wide", detail, facts={"suggestions": [{"rollup": one} for one in fitting]}
    )
