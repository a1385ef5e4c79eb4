"""SQL that sums windows by the tags of their records. Pure.

Laws: a tag is `key=value`; of several with one key a record counts in the first. Values beyond the
thousand most asked of a window are one row, so nothing of a window is left out. Parameters are
passed by name; nothing in the text comes from a request.
"""

from collections.abc import Mapping
from typing import Final

from billing.measures import MEASURES, TOKENS

MOST_VALUES: Final = 1_000
OTHER_VALUES: Final = "__other__"
# What a record adds to each sum.
TAG_MEASURES: Final[Mapping[str, str]] = {
    **{
        name: MEASURES[name]
        for name in ("requests", "final_requests", "cost_nano", "charge_nano", "unpriced")
    },
    **{name: TOKENS[name] for name in ("tokens_in", "tokens_out")},
}
_NAMES: Final = ", ".join(TAG_MEASURES)

# Of a row named `record`, beside a row named `registered` with the key; no row without such a tag.
TAGGED: Final = """
CROSS JOIN LATERAL (
    SELECT substr(tag, length(registered.key) + 2) AS value
    FROM unnest(record.tags) WITH ORDINALITY AS one (tag, place)
    WHERE starts_with(tag, registered.key || '=') ORDER BY place LIMIT 1
) AS tagged
"""

DELETE_TAGS: Final = """
DELETE FROM usage_window_tags
WHERE tenant_id = %(tenant)s AND window_start >= %(start)s AND window_start < %(end)s
"""

INSERT_TAGS: Final = f"""
INSERT INTO usage_window_tags (tenant_id, window_start, tag_key, tag_value, {_NAMES})
SELECT %(tenant)s, window_start, tag_key,
       CASE WHEN place <= {MOST_VALUES} THEN tag_value ELSE '{OTHER_VALUES}' END,
       {", ".join(f"sum({name})" for name in TAG_MEASURES)}
FROM (
    SELECT date_bin('5 minutes', started_at, 'epoch') AS window_start, registered.key AS tag_key,
           tagged.value AS tag_value,
           {", ".join(f"sum({said}) AS {name}" for name, said in TAG_MEASURES.items())},
           row_number() OVER (
               PARTITION BY date_bin('5 minutes', started_at, 'epoch'), registered.key
               ORDER BY sum({TAG_MEASURES["requests"]}) DESC, tagged.value
           ) AS place
    FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS span (start, stop)
    CROSS JOIN LATERAL (
        SELECT * FROM cost_records c
        WHERE c.tenant_id = %(tenant)s AND c.started_at >= span.start AND c.started_at < span.stop
        OFFSET 0
    ) AS record
    CROSS JOIN unnest(%(tag_keys)s::text[]) AS registered (key)
    {TAGGED}
    GROUP BY 1, 2, 3
) AS valued
GROUP BY window_start, tag_key, 4
"""  # noqa: S608 - names of our own columns
