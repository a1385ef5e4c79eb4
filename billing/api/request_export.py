"""Rows of requests as a file: what spreadsheets would run is neutralised, numbers stay numbers."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from accounts.api.audit_export import cell

MAX_ROWS: Final = 10_000
CONTENT_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
COLUMNS: Final = (
    "id", "time", "status", "http_status", "error_code", "requested_model", "served_model",
    "provider", "key_id", "key_name", "user_id", "user_name", "session", "dialect", "lane",
    "source", "stream", "tokens_in", "tokens_out", "tokens_cached", "ttft_ms", "latency_ms",
    "overhead_ms", "tok_s", "cost", "priced", "attempts", "fallback", "cache", "degraded",
    "simulated", "target_dialect", "operation",
)  # fmt: skip


def as_csv(rows: Iterable[Mapping[str, Any]]) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    for row in rows:
        flat = _flat(row)
        lines.writerow([cell(flat[name]) for name in COLUMNS])
    return text.getvalue().encode()


def as_json(rows: Sequence[Mapping[str, Any]], *, has_more: bool) -> bytes:
    return msgspec.json.encode({"data": rows, "has_more": has_more})


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    key, user, tokens = row["key"] or {}, row["user"] or {}, row["tokens"]
    return {
        **{name: _word(value) for name, value in row.items()},
        "time": row["time"].isoformat().replace("+00:00", "Z"),
        "key_id": key.get("id"),
        "key_name": key.get("name"),
        "user_id": user.get("id"),
        "user_name": user.get("name"),
        "tokens_in": tokens["in"],
        "tokens_out": tokens["out"],
        "tokens_cached": tokens["cached"],
        "degraded": " ".join(row["degraded"]),
    }


def _word(value: Any) -> Any:
    """As JSON spells it."""
    return str(value).lower() if isinstance(value, bool) else value
