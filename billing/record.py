"""A row of `cost_records`, as the shipper inserts it. Values only.

Law: the key is (started_at, request_id, attempt, kind) and comes from the frame alone, so the same
attempt delivered again is the same row. Ids are UUIDs as text.
"""

from datetime import datetime
from typing import Final, TypeAlias

from msgspec import Raw, Struct

Key: TypeAlias = tuple[datetime, str, int, str]

USAGE: Final = "usage"
CORRECTION: Final = "correction"
RERATE: Final = "rerate:"  # and the job that rated it again
REFUND: Final = "refund:"  # and what it was given back for


class Record(Struct, frozen=True, kw_only=True):
    """Fields are columns, in their order; `recorded_at` is PostgreSQL's."""

    tenant_id: str
    started_at: datetime
    request_id: str
    attempt: int
    kind: str = USAGE
    team_id: str | None
    user_id: str | None
    key_id: str
    source: str
    session_hash: str
    agent_hash: str
    parent_agent_hash: str
    tags: tuple[str, ...]
    dialect: str
    operation: str
    lane: str
    requested_model: str
    served_model: str
    provider_id: str | None
    provider: str
    credential_id: str | None
    credential: str
    upstream_name: str
    rule_id: str | None
    stream: bool
    cache_state: str
    degraded: tuple[str, ...]
    target_dialect: str
    simulated: bool
    byok: bool
    in_fresh: int
    in_cache_read: int
    in_cache_write_5m: int
    in_cache_write_30m: int
    in_cache_write_1h: int
    in_cache_write_12h: int
    in_audio: int
    in_image: int
    in_video: int
    out_text: int
    out_reasoning: int
    out_audio: int
    out_image: int
    web_search_calls: int
    images: int
    seconds: int
    usage_source: str
    flags: tuple[str, ...]
    usage_raw: Raw | None
    price_id: str | None
    price_version: str
    multiplier: str
    markup_bp: int
    variant: str
    charge_price_id: str | None
    cost_nano: int | None
    charge_nano: int
    notional_nano: int
    cost_certainty: str
    final: bool
    status: str
    http_status: int
    error_code: str
    terminated: str
    attempts: int
    latency_ms: int
    ttft_ms: int | None
    overhead_us: int
    output_ms: int | None
    spans: Raw  # as in frames.Span: [[name, start_us, end_us, side, attempt], ...]
    difference: Raw | None  # as in frames.Difference: [[[field, was, now, …], ...], more]
    tenant_epoch: int
    budgets: tuple[tuple[str, int], ...]
    node: str

    @property
    def key(self) -> Key:
        return self.started_at, self.request_id, self.attempt, self.kind
