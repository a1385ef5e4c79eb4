"""What is summed of cost records, and by what. Pure.

Law: each measure is written once, as what one record adds to it; windows sum that over records,
days sum windows, and whoever reads sums any of the three: the sums agree because the words do.
"""

from collections.abc import Mapping
from typing import Final

from providers.usage import CLASSES, IN_CLASSES, OUT_CLASSES

# By what windows and days are kept apart, beside tenant and time; also what can be filtered by.
KEYS: Final = (
    "team_id", "user_id", "key_id", "provider_id", "provider", "credential_id", "credential",
    "requested_model", "served_model", "dialect", "source", "status", "cache_state", "rule_id",
    "simulated",
)  # fmt: skip

# Upper ends in milliseconds, each 1.7 times the one before; what is longer is in the last bucket.
BUCKET_ENDS_MS: Final = (
    5, 8, 14, 25, 42, 71, 121, 205, 349, 593, 1_008, 1_713, 2_913, 4_952, 8_418, 14_311, 24_328,
    41_358, 70_309, 119_525, 203_193, 345_428, 587_228,
)  # fmt: skip
BUCKETS: Final = len(BUCKET_ENDS_MS) + 1
HISTOGRAMS: Final = ("latency_ms", "ttft_ms")

# Corrections and later ratings of a record are money, but no request.
_REQUEST: Final = "kind = 'usage'"
_FINAL: Final = f"{_REQUEST} AND final"
# What a tenant has a price of its own for is priced, whatever the vendor takes.
UNPRICED: Final = "cost_nano IS NULL AND charge_price_id IS NULL"
# Flag of a later rating of what had counted so until then: it takes back what that counts.
WAS_UNPRICED: Final = "was_unpriced"
SUCCESSES: Final = ("ok", "canceled")

MEASURES: Final[Mapping[str, str]] = {
    "requests": f"({_REQUEST})::int",
    "final_requests": f"({_FINAL})::int",
    "errors": f"({_FINAL} AND status <> ALL ('{{{','.join(SUCCESSES)}}}'))::int",
    "attempts": f"CASE WHEN {_FINAL} THEN attempts ELSE 0 END",
    "fallbacks": f"({_FINAL} AND attempts > 1)::int",
    **{name: name for name in CLASSES},
    "cost_nano": "coalesce(cost_nano, 0)",
    "charge_nano": "charge_nano",
    "notional_nano": "notional_nano",
    "unpriced": f"({_FINAL} AND {UNPRICED})::int - ('{WAS_UNPRICED}' = ANY(flags))::int",
    "latency_ms_sum": f"CASE WHEN {_FINAL} THEN latency_ms ELSE 0 END",
    "latency_count": f"({_FINAL})::int",
    "ttft_ms_sum": f"CASE WHEN {_FINAL} THEN coalesce(ttft_ms, 0) ELSE 0 END",
    "ttft_count": f"({_FINAL} AND ttft_ms IS NOT NULL)::int",
    "overhead_us_sum": f"CASE WHEN {_FINAL} THEN overhead_us ELSE 0 END",
    "overhead_count": f"({_FINAL})::int",
}

# What was asked and answered, each with all its parts.
TOKENS_WRITTEN: Final = tuple(name for name in IN_CLASSES if name.startswith("in_cache_write_"))

# What readers ask for beside the measures: the same words over records, windows and days.
TOKENS: Final[Mapping[str, str]] = {
    "tokens_in": " + ".join(IN_CLASSES),
    "tokens_cached": "in_cache_read",
    "tokens_written": " + ".join(TOKENS_WRITTEN),
    "tokens_out": " + ".join(OUT_CLASSES),
    "tokens_reasoning": "out_reasoning",
}


def bucket_of_record(measured: str) -> str:
    """SQL: the bucket a record falls into, from 0; NULL where it has none."""
    ends = ",".join(str(end) for end in BUCKET_ENDS_MS)
    return f"CASE WHEN {_FINAL} THEN width_bucket({measured}, ARRAY[{ends}]) END"


def percentile_ms(counts: list[int], *, percent: int) -> int | None:
    """The upper end of the bucket that holds it; None of nothing."""
    wanted = -(-sum(counts) * percent // 100)
    if wanted == 0:
        return None
    seen = 0
    for end, count in zip(BUCKET_ENDS_MS, counts, strict=False):
        seen += count
        if seen >= wanted:
            return end
    return BUCKET_ENDS_MS[-1]
