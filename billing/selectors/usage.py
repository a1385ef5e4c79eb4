"""Sums of what was used, whatever is summed already.

Laws: a range is read as days and windows that are clean, and as records where they are not, all of
them in one statement: its sums are those of the records it could see. Days hold what their dirty
windows hold, so that is taken off again. Where only days are kept they are read as they were
closed, each where it begins. The statement says whether what it read is still as it was told.
Texts of SQL hold names of ours only; values are parameters.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.db import connection

from billing.measures import BUCKETS, HISTOGRAMS, KEYS, MEASURES, TOKENS, bucket_of_record
from billing.selectors.windows import built_days
from billing.windows import BuiltDays, Span, reading_of

NO_DAY: Final = date.max
WORK_MEMORY: Final = "48MB"
BUCKET: Final = "width_bucket(at, %(buckets)s::timestamptz[])"
# Without its OFFSET each LATERAL would be one join over all records there are.
SOURCES: Final = """
WITH dirty AS MATERIALIZED (
    SELECT window_start FROM dirty_windows
    WHERE tenant_id = %(tenant)s
      AND window_start >= %(inner_start)s AND window_start < %(inner_end)s
), parts AS (
    SELECT day_start AS at, {keys}, {sums} FROM usage_days
    WHERE tenant_id = %(tenant)s AND day_start = ANY(%(days)s::timestamptz[]) AND {where}
    UNION ALL
    SELECT day_start, {keys}, {sums} FROM usage_days
    WHERE tenant_id = %(tenant)s AND {where}
      AND day_start >= %(closed_start)s AND day_start < %(closed_end)s
    UNION ALL
    SELECT found.window_start, {keys}, {negative} FROM (
        SELECT window_start AS start FROM dirty
        JOIN unnest(%(day_starts)s::timestamptz[], %(day_ends)s::timestamptz[]) AS day (start, stop)
          ON window_start >= day.start AND window_start < day.stop
    ) AS span
    CROSS JOIN LATERAL (
        SELECT * FROM usage_windows w
        WHERE w.tenant_id = %(tenant)s AND w.window_start = span.start AND {where}
        OFFSET 0
    ) AS found
    UNION ALL
    SELECT found.window_start, {keys}, {sums}
    FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS span (start, stop)
    CROSS JOIN LATERAL (
        SELECT * FROM {windows} w
        WHERE w.tenant_id = %(tenant)s AND {where}
          AND w.window_start >= span.start AND w.window_start < span.stop
        OFFSET 0
    ) AS found
    WHERE found.window_start NOT IN (SELECT window_start FROM dirty)
    UNION ALL
    SELECT started_at, {keys}, {of_record} FROM (
        SELECT window_start AS start, window_start + interval '5 minutes' AS stop FROM dirty
        UNION ALL
        SELECT * FROM unnest(%(cut_starts)s::timestamptz[], %(cut_ends)s::timestamptz[])
    ) AS span (start, stop)
    CROSS JOIN LATERAL (
        SELECT * FROM cost_records c
        WHERE c.tenant_id = %(tenant)s AND {where}
          AND c.started_at >= span.start AND c.started_at < span.stop
        OFFSET 0
    ) AS record
)
"""
# Days are only ever added to those of a zone; another zone forgets them all. Windows go for good.
ANSWER: Final = """
{sources} {grouped} SELECT state.is_built, answer.* FROM (
    SELECT NOT EXISTS (
        SELECT FROM usage_zones WHERE tenant_id = %(tenant)s
          AND (kept_from IS DISTINCT FROM %(kept_from)s OR cardinality(%(days)s::timestamptz[]) > 0
               AND (tz <> %(tz)s OR built_since > %(since)s))
    ) AS is_built
) AS state LEFT JOIN (
    SELECT row_number() OVER () AS place, found.* FROM ({query}) AS found
) AS answer ON true ORDER BY place
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """Whose usage a caller may sum."""

    everything: bool = False
    user_id: UUID | None = None
    teams: frozenset[UUID] = frozenset()
    # A client key sees its own only.
    key_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    tenant_id: UUID
    span: Span
    sight: Sight
    # Column of KEYS → the value asked for.
    filters: Mapping[str, Any] = field(default_factory=dict)
    # Where the buckets of the answer begin, the first at the start of the span; none: no buckets.
    buckets: Sequence[datetime] = ()


Sums: TypeAlias = dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Sums of a group within a bucket; the group is empty where the answer has none."""

    group: tuple[str, ...]
    # When the bucket begins; of an answer without buckets, the range.
    start: datetime
    sums: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Newest first, then by group; `after` is the last cell of the page before."""

    limit: int
    after: tuple[datetime, tuple[str, ...]] | None = None


def cells(
    question: Question, *, by: Sequence[str] = (), measures: Sequence[str], page: Page | None = None
) -> list[Cell]:
    """Every group of every bucket in which anything was used."""
    keys = "".join(f", coalesce({name}::text, '') AS {name}" for name in by)
    names = ", ".join(("bucket", *by))
    after, tail, parameters = _paged(question, by=by, page=page)
    query = f"""
    SELECT {names}, {summed(measures)}
    FROM (SELECT {BUCKET} AS bucket{keys}, {", ".join(measures)} FROM parts) AS part
    {after} GROUP BY {names} HAVING {used(measures)} {tail}
    """  # noqa: S608 - names of our own columns
    rows = run(question, query, keys=by, measures=measures, parameters=parameters)
    return [
        cell_of(question, row[1 : 1 + len(by)], row[0], row[1 + len(by) :], measures)
        for row in rows
    ]


def _paged(
    question: Question, *, by: Sequence[str], page: Page | None
) -> tuple[str, str, dict[str, Any]]:
    if page is None:
        return "", "", {}
    tail = f"ORDER BY {', '.join(('bucket DESC', *by))} LIMIT %(limit)s"
    if page.after is None:
        return "", tail, {"limit": page.limit}
    start, group = page.after
    places = ", ".join(f"%(after_{name})s" for name in by)
    after = (
        "WHERE bucket < %(after_bucket)s"
        f" OR (bucket = %(after_bucket)s AND ({', '.join(by)}) > ({places}))"
    )
    parameters: dict[str, Any] = {
        "limit": page.limit,
        "after_bucket": bisect_right(question.buckets, start),
        **{f"after_{name}": value for name, value in zip(by, group, strict=True)},
    }
    return after, tail, parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The groups that cost most, each with its buckets; what is left of them; everything."""

    top: dict[str, list[Cell]]
    labels: dict[str, str]
    other: list[Cell]


def ranked(
    question: Question, *, by: str, label: str, measures: Sequence[str], most: int
) -> Ranked:
    grouped = f"""
    , grouped AS MATERIALIZED (
        SELECT coalesce({by}::text, '') AS name, max({label}::text) AS label, {BUCKET} AS bucket,
               {summed(measures)}
        FROM parts GROUP BY {by}, {BUCKET} HAVING {used(measures)}
    ), top AS (
        SELECT name FROM grouped GROUP BY name
        ORDER BY sum(charge_nano) DESC, sum(final_requests) DESC, name LIMIT %(most)s
    )
    """  # noqa: S608 - see above
    query = f"""
    SELECT top.name, max(label) AS label, bucket, {summed(measures)}
    FROM grouped LEFT JOIN top ON top.name = grouped.name GROUP BY top.name, bucket
    """  # noqa: S608 - see above
    keys = tuple(dict.fromkeys((by, label)))
    told = {"most": most}
    rows = run(question, query, keys=keys, measures=measures, parameters=told, grouped=grouped)
    found = Ranked(top={}, labels={}, other=[])
    for name, shown, bucket, *sums in rows:
        cell = cell_of(question, (name,), bucket, sums, measures)
        if name is None:
            found.other.append(cell)
        else:
            found.top.setdefault(name, []).append(cell)
            found.labels[name] = shown or ""
    return found


def several(
    question: Question, *, by: Sequence[str], measures: Sequence[str]
) -> dict[str, list[Cell]]:
    """By each of the names, by `bucket`, and `all` of it, of the same moment."""
    names = (*by, "bucket")
    every = (1 << len(names)) - 1
    sets = ", ".join(("()", *(f"({name})" for name in names)))
    query = f"""
    SELECT grouping({", ".join(names)}) AS kind, {", ".join(names)}, {summed(measures)}
    FROM (SELECT *, {BUCKET} AS bucket FROM parts) AS part GROUP BY GROUPING SETS ({sets})
    HAVING {used(measures)} OR grouping({", ".join(names)}) = {every}
    """  # noqa: S608 - see above
    found: dict[str, list[Cell]] = {name: [] for name in (*names, "all")}
    for row in run(question, query, keys=by, measures=measures):
        kept = every - row[0]  # the highest bit is the first name's
        position = len(names) - kept.bit_length()
        name = names[position] if kept else "all"
        group = (row[1 + position],) if name in by else ()
        bucket = row[len(names)] if name == "bucket" else 1
        found[name].append(cell_of(question, group, bucket, row[1 + len(names) :], measures))
    return found


def distributions(question: Question) -> dict[str, list[int]]:
    """How many requests there are in each bucket of a histogram."""
    columns = [f"{name}_{number}" for name in HISTOGRAMS for number in range(BUCKETS)]
    query = f"SELECT {summed(columns)} FROM parts"  # noqa: S608 - see above
    (row,) = run(question, query, keys=(), measures=columns)
    counts = [int(count or 0) for count in row]
    return {
        name: counts[BUCKETS * number : BUCKETS * (number + 1)]
        for number, name in enumerate(HISTOGRAMS)
    }


def run(
    question: Question,
    query: str,
    *,
    keys: Sequence[str],
    measures: Sequence[str],
    parameters: Mapping[str, Any] | None = None,
    grouped: str = "",
) -> list[tuple[Any, ...]]:
    """`grouped`: what stands before the query in its WITH."""
    sources = _sources(question, keys=keys, measures=measures)
    answer = ANSWER.format(sources=sources, grouped=grouped, query=query)
    is_total = _is_total(question, keys=keys)
    with connection.cursor() as cursor:
        # Compiling these statements would take longer than running them; many groups of many
        # buckets are more than PostgreSQL holds in memory by itself.
        cursor.execute(
            "SELECT set_config('jit', 'off', true), set_config('work_mem', %s, true)", [WORK_MEMORY]
        )
        while True:
            built = built_days(tenant_id=question.tenant_id)
            if built is not None and is_total:
                built = replace(built, since=NO_DAY)  # windows have a total of everything, days not
            told = {**_parameters(question, built=built), **(parameters or {})}
            cursor.execute(answer, told)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            if rows[0][0]:
                # The first two columns are not the query's; without rows of it there is no place.
                return [row[2:] for row in rows if row[1] is not None]
            # The zone has changed since, or windows have gone.


def summed(measures: Sequence[str]) -> str:
    return ", ".join(f"sum({name})::bigint AS {name}" for name in measures)


def used(measures: Sequence[str]) -> str:
    """What windows and days that are taken off again leave behind is nothing."""
    return " OR ".join(f"sum({name}) <> 0" for name in measures)


def cell_of(
    question: Question,
    group: Sequence[Any],
    bucket: int,
    sums: Sequence[Any],
    measures: Sequence[str],
) -> Cell:
    start = question.buckets[bucket - 1] if question.buckets else question.span.start
    return Cell(
        group=tuple(group),
        start=start,
        sums={name: int(value or 0) for name, value in zip(measures, sums, strict=True)},
    )


# --- where the sums are read ----------------------------------------------------------------------


def _is_total(question: Question, *, keys: Sequence[str]) -> bool:
    """Whether it is asked of the whole tenant, of which each window has one row."""
    sight = question.sight
    return sight.everything and not (sight.key_id or question.filters or keys)


def _sources(question: Question, *, keys: Sequence[str], measures: Sequence[str]) -> str:
    return SOURCES.format(
        windows="usage_totals" if _is_total(question, keys=keys) else "usage_windows",
        keys=", ".join(keys) or "1 AS nothing",
        sums=", ".join(f"{_of_sums(name)} AS {name}" for name in measures),
        negative=", ".join(f"-{_of_sums(name)}" for name in measures),
        of_record=", ".join(_of_record(name) for name in measures),
        where=" AND ".join(_conditions(question)) or "true",
    )


def _of_sums(measure: str) -> str:
    """A column, or one bucket of a histogram's array, which begins with 1."""
    if measure in TOKENS:
        return f"({TOKENS[measure]})"
    if measure in MEASURES:
        return measure
    name, _, number = measure.rpartition("_")
    return f"{name}_buckets[{int(number) + 1}]"


def _of_record(measure: str) -> str:
    if measure in TOKENS:
        return f"({TOKENS[measure]})"
    if measure in MEASURES:
        return MEASURES[measure]
    name, _, number = measure.rpartition("_")
    return f"coalesce(({bucket_of_record(name)}) = {number}, false)::int"


def _conditions(question: Question) -> Iterator[str]:
    sight = question.sight
    if sight.key_id:
        yield "key_id = %(sight_key)s"
    elif not sight.everything:
        # One person's windows have an index.
        teams = " OR team_id = ANY(%(sight_teams)s::uuid[])" if sight.teams else ""
        yield f"(user_id = %(sight_user)s{teams})"
    yield from (f"{name} = %(filter_{name})s" for name in KEYS if name in question.filters)


def _parameters(question: Question, *, built: BuiltDays | None) -> dict[str, Any]:
    reading = reading_of(question.span, built=built, cuts=question.buckets)
    closed = reading.closed or Span(question.span.start, question.span.start)
    parameters: dict[str, Any] = {
        "tenant": question.tenant_id,
        "inner_start": reading.inner.start,
        "inner_end": reading.inner.end,
        "days": list(reading.day_starts),
        "tz": built.tz if built is not None else "",
        "since": built.since if built is not None else None,
        "kept_from": built.kept_from if built is not None else None,
        "closed_start": closed.start,
        "closed_end": closed.end,
        "buckets": list(question.buckets),
        "sight_key": question.sight.key_id,
        "sight_user": question.sight.user_id,
        "sight_teams": list(question.sight.teams),
        **{f"filter_{name}": value for name, value in question.filters.items()},
    }
    spans = {"day_": reading.day_spans, "": reading.windows, "cut_": reading.records}
    for name, found in spans.items():
        parameters[f"{name}starts"] = [span.start for span in found]
        parameters[f"{name}ends"] = [span.end for span in found]
    return parameters
