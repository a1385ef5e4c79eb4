"""What was spent by the values of a tag.

Law: clean windows are read as sums, dirty ones and parts of windows as records, in one statement.
"""

from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from billing.selectors.costs import BY_GROUP, Spenders, line_buckets, spenders_among
from billing.selectors.usage import BUCKET, Cell, Question, Ranked
from billing.tag_sums import OTHER_VALUES, TAG_MEASURES, TAGGED
from billing.windows import reading_of

_SUMMED: Final = ", ".join(f"sum({name})::bigint AS {name}" for name in BY_GROUP)
# Without its OFFSET each LATERAL would be one join over all records there are.
RANKED: Final = f"""
WITH dirty AS MATERIALIZED (
    SELECT window_start FROM dirty_windows
    WHERE tenant_id = %(tenant)s
      AND window_start >= %(inner_start)s AND window_start < %(inner_end)s
), parts AS (
    SELECT window_start AS at, tag_value AS value, {", ".join(BY_GROUP)} FROM usage_window_tags
    WHERE tenant_id = %(tenant)s AND tag_key = %(tag)s
      AND window_start >= %(inner_start)s AND window_start < %(inner_end)s
      AND window_start NOT IN (SELECT window_start FROM dirty)
    UNION ALL
    SELECT started_at, tagged.value, {", ".join(TAG_MEASURES[name] for name in BY_GROUP)}
    FROM (
        SELECT window_start AS start, window_start + interval '5 minutes' AS stop FROM dirty
        UNION ALL
        SELECT * FROM unnest(%(cut_starts)s::timestamptz[], %(cut_ends)s::timestamptz[])
    ) AS span (start, stop)
    CROSS JOIN LATERAL (
        SELECT * FROM cost_records c
        WHERE c.tenant_id = %(tenant)s
          AND c.started_at >= span.start AND c.started_at < span.stop
        OFFSET 0
    ) AS record
    CROSS JOIN (SELECT %(tag)s::text) AS registered (key)
    {TAGGED}
), grouped AS MATERIALIZED (
    SELECT value, {BUCKET} AS bucket, {_SUMMED} FROM parts GROUP BY value, bucket
), top AS (
    SELECT value FROM grouped WHERE value <> %(other_values)s GROUP BY value
    ORDER BY sum(charge_nano) DESC, sum(final_requests) DESC, value LIMIT %(most)s
)
SELECT top.value, bucket, {_SUMMED}
FROM grouped LEFT JOIN top ON top.value = grouped.value GROUP BY top.value, bucket
"""  # noqa: S608 - names of our own columns


def tag_spenders(question: Question, *, tag: str, zone: ZoneInfo, most: int) -> Spenders:
    """Values of one key; the question has neither filters nor a limited sight."""
    asked = replace(question, buckets=line_buckets(question.span, zone))
    return spenders_among(_ranked(asked, tag=tag, most=most), by="tag", buckets=asked.buckets)


def _ranked(question: Question, *, tag: str, most: int) -> Ranked:
    reading = reading_of(question.span)
    parameters: dict[str, Any] = {
        "tenant": question.tenant_id,
        "tag": tag,
        "most": most,
        "other_values": OTHER_VALUES,
        "buckets": list(question.buckets),
        "inner_start": reading.inner.start,
        "inner_end": reading.inner.end,
        "cut_starts": [span.start for span in reading.records],
        "cut_ends": [span.end for span in reading.records],
    }
    with connection.cursor() as cursor:
        cursor.execute(RANKED, parameters)
        rows = cursor.fetchall()
    found = Ranked(top={}, labels={}, other=[])
    for value, bucket, *sums in rows:
        cell = Cell(
            group=(value,),
            start=question.buckets[bucket - 1],
            sums=dict(zip(BY_GROUP, sums, strict=True)),
        )
        if value is None:
            found.other.append(cell)
        else:
            found.top.setdefault(value, []).append(cell)
            found.labels[value] = value
    return found
