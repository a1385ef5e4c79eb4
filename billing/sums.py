"""SQL that makes windows of records, and totals and days of windows. Pure.

Law: parameters are passed by name; nothing in the text comes from a request.
"""

from typing import Final

from billing.measures import BUCKETS, HISTOGRAMS, KEYS, MEASURES, bucket_of_record

_KEYS: Final = ", ".join(KEYS)
_MEASURES: Final = ", ".join(MEASURES)
_HISTOGRAMS: Final = ", ".join(f"{name}_buckets" for name in HISTOGRAMS)
_OF_RECORDS: Final = ", ".join(f"sum({expression})" for expression in MEASURES.values())
_OF_WINDOWS: Final = ", ".join(f"sum({name})" for name in MEASURES)


def _counted(column: str) -> str:
    """How many rows are in each bucket."""
    counts = (f"count(*) FILTER (WHERE {column} = {number})" for number in range(BUCKETS))
    return f"ARRAY[{', '.join(counts)}]"


def _added(column: str) -> str:
    """Buckets of many rows, added up; an array begins with 1."""
    return f"ARRAY[{', '.join(f'sum({column}[{number + 1}])' for number in range(BUCKETS))}]"


# The records of spans of whole windows; without its OFFSET it would be a join over all there are.
INSERT_WINDOWS: Final = f"""
INSERT INTO usage_windows
    (tenant_id, window_start, {_KEYS}, {_MEASURES}, {_HISTOGRAMS})
SELECT tenant_id, date_bin('5 minutes', started_at, 'epoch'), {_KEYS}, {_OF_RECORDS},
       {", ".join(_counted(f"{name}_bucket") for name in HISTOGRAMS)}
FROM (
    SELECT record.*,
           {", ".join(f"{bucket_of_record(name)} AS {name}_bucket" for name in HISTOGRAMS)}
    FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS span (start, stop)
    CROSS JOIN LATERAL (
        SELECT * FROM cost_records c
        WHERE c.tenant_id = %(tenant)s AND c.started_at >= span.start AND c.started_at < span.stop
        OFFSET 0
    ) AS record
) AS records
GROUP BY tenant_id, 2, {_KEYS}
"""  # noqa: S608 - names of our own columns

# Span by span: a join with several would read the whole table.
_DELETE: Final = """
DELETE FROM {table}
WHERE tenant_id = %(tenant)s AND window_start >= %(start)s AND window_start < %(end)s
"""
DELETE_WINDOWS: Final = _DELETE.format(table="usage_windows")
DELETE_TOTALS: Final = _DELETE.format(table="usage_totals")

INSERT_TOTALS: Final = f"""
INSERT INTO usage_totals
    (tenant_id, window_start, {_MEASURES}, {_HISTOGRAMS})
SELECT tenant_id, window_start, {_OF_WINDOWS},
       {", ".join(_added(f"{name}_buckets") for name in HISTOGRAMS)}
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS span (start, stop)
CROSS JOIN LATERAL (
    SELECT * FROM usage_windows w
    WHERE w.tenant_id = %(tenant)s AND w.window_start >= span.start AND w.window_start < span.stop
    OFFSET 0
) AS found
GROUP BY tenant_id, window_start
"""  # noqa: S608 - see above

INSERT_DAY: Final = f"""
INSERT INTO usage_days
    (tenant_id, day_start, day_end, {_KEYS}, {_MEASURES}, {_HISTOGRAMS})
SELECT tenant_id, %(start)s, %(end)s, {_KEYS}, {_OF_WINDOWS},
       {", ".join(_added(f"{name}_buckets") for name in HISTOGRAMS)}
FROM usage_windows
WHERE tenant_id = %(tenant)s AND window_start >= %(start)s AND window_start < %(end)s
GROUP BY tenant_id, {_KEYS}
"""  # noqa: S608 - see above

DELETE_DAY: Final = """
DELETE FROM usage_days
WHERE tenant_id = %(tenant)s AND day_start >= %(start)s AND day_start < %(end)s
"""
