"""One measure over time, by one or two of what usage is kept apart by.

Law: what is left of the groups that have most of it is one more group, so that the groups always
sum to everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from billing.selectors.costs import added
from billing.selectors.usage import (
    BUCKET,
    Cell,
    Question,
    Sums,
    cell_of,
    cells,
    run,
    summed,
    used,
)
from billing.selectors.usage_names import Names, names_of

GROUPS: Final[Mapping[str, str]] = {
    "model": "requested_model",
    "provider": "provider",
    "key": "key_id",
    "user": "user_id",
    "team": "team_id",
    "dialect": "dialect",
    "cache": "cache_state",
    "rule": "rule_id",
    "credential": "credential_id",
    "source": "source",
}
# What groups are ordered by, over the measures of all their buckets.
RANKS: Final[Mapping[str, str]] = {
    "cost": "sum(charge_nano)",
    "requests": "sum(final_requests)",
    "tokens_in": "sum(tokens_in)",
    "tokens_out": "sum(tokens_out)",
    "tokens_cached": "sum(tokens_cached)",
    "saved": "sum(notional_nano)",
    "avg_cost": "sum(charge_nano) / nullif(sum(final_requests - unpriced), 0)",
}
# What is summed for every metric, and for some beside it: each takes its time over many windows.
ALWAYS: Final = ("final_requests", "unpriced", "charge_nano")
BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "tokens_in": ("tokens_in",),
    "tokens_out": ("tokens_out",),
    "tokens_cached": ("tokens_cached",),
    "saved": ("notional_nano",),
}
NOTHING: Final[Sums] = dict.fromkeys(
    (*ALWAYS, *(name for names in BESIDE.values() for name in names)), 0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Of one group; `group` is empty for what is left of all the others."""

    group: tuple[str, ...]
    labels: tuple[str, ...]
    buckets: list[Sums]
    total: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    rows: list[Series]
    other: Series | None
    total: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The same groups in the range before."""

    groups: Mapping[tuple[str, ...], Sums]
    total: Sums


def explored(question: Question, *, by: Sequence[str], metric: str, most: int) -> Explored:
    """Those that have most of the metric first, by columns of ours."""
    measured = _measured(metric)
    names = [f"name_{number}" for number in range(len(by))]
    texts = ", ".join(
        f"coalesce({column}::text, '') AS {name}" for column, name in zip(by, names, strict=True)
    )
    listed = ", ".join(names)
    # By columns as they are: a text is made of each group, not of each row.
    grouped = f"""
    , grouped AS MATERIALIZED (
        SELECT {texts}, {BUCKET} AS bucket, {summed(measured)}
        FROM parts GROUP BY {", ".join(by)}, {BUCKET} HAVING {used(measured)}
    ), top AS (
        SELECT {listed},
            row_number() OVER (ORDER BY {RANKS[metric]} DESC NULLS LAST, {listed}) AS ranking
        FROM grouped GROUP BY {listed} ORDER BY ranking LIMIT %(most)s
    )
    """  # noqa: S608 - names of our own columns
    query = f"""
    SELECT ranking, {", ".join(f"top.{name}" for name in names)}, bucket, {summed(measured)}
    FROM grouped LEFT JOIN top USING ({listed})
    GROUP BY ranking, {", ".join(f"top.{name}" for name in names)}, bucket ORDER BY ranking
    """  # noqa: S608 - see above
    found: dict[tuple[str, ...], list[Cell]] = {}
    told = {"most": most}
    rows = run(question, query, keys=by, measures=measured, parameters=told, grouped=grouped)
    for ranking, *row in rows:
        group = () if ranking is None else tuple(row[: len(by)])
        bucket, *sums = row[len(by) :]
        cell = cell_of(question, group, bucket, sums, measured)
        found.setdefault(group, []).append(cell)
    named = [_labels(by, place, found) for place in range(len(by))]
    series = [_series(question, group, named, told) for group, told in found.items()]
    return Explored(
        rows=[one for one in series if one.group],
        other=next((one for one in series if not one.group), None),
        total=added([one.total for one in series]) or NOTHING,
    )


def earlier(question: Question, *, by: Sequence[str], metric: str) -> Earlier:
    measured = _measured(metric)
    found = {
        one.group: one.sums
        for one in cells(replace(question, buckets=()), by=by, measures=measured)
    }
    return Earlier(groups=found, total=added(list(found.values())) or NOTHING)


def _measured(metric: str) -> tuple[str, ...]:
    return ALWAYS + BESIDE.get(metric, ())


def _labels(by: Sequence[str], place: int, found: Mapping[tuple[str, ...], object]) -> Names:
    ids = {group[place] for group in found if group}
    return names_of(by[place], {one: one for one in ids})


def _series(
    question: Question, group: tuple[str, ...], named: Sequence[Names], cells: Sequence[Cell]
) -> Series:
    at = {cell.start: cell.sums for cell in cells}
    return Series(
        group=group,
        labels=tuple(names[one] for names, one in zip(named, group, strict=False)),
        buckets=[at.get(start, NOTHING) for start in question.buckets],
        total=added([cell.sums for cell in cells]),
    )
