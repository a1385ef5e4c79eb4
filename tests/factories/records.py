"""Records as the shipper hands them to the books."""

from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection
from msgspec import Raw

from accounts.ids import new_id
from accounts.tenancy import platform_scope
from billing.ingest import Landing, ingest
from billing.record import Record
from providers.usage import CLASSES

TEXTS: Final = (
    "session_hash", "agent_hash", "parent_agent_hash", "credential", "error_code", "variant",
    "price_version", "target_dialect",
)  # fmt: skip
NOTHING: Final = (
    "team_id", "user_id", "provider_id", "credential_id", "rule_id", "usage_raw", "price_id",
    "charge_price_id", "ttft_ms", "output_ms", "difference",
)  # fmt: skip
USUAL: Final[dict[str, Any]] = {
    **dict.fromkeys(TEXTS, ""),
    **dict.fromkeys(NOTHING),
    **dict.fromkeys(CLASSES, 0),
    "attempt": 0,
    "key_id": "key_of_a_test",
    "source": "api",
    "tags": (),
    "dialect": "openai_chat",
    "operation": "chat",
    "lane": "native",
    "requested_model": "gpt-test",
    "served_model": "gpt-test",
    "provider": "test",
    "upstream_name": "gpt-test",
    "stream": False,
    "cache_state": "none",
    "degraded": (),
    "simulated": False,
    "byok": False,
    "usage_source": "provider",
    "flags": (),
    "multiplier": "1",
    "markup_bp": 0,
    "cost_nano": 0,
    "charge_nano": 0,
    "notional_nano": 0,
    "cost_certainty": "exact",
    "final": True,
    "status": "ok",
    "http_status": 200,
    "terminated": "complete",
    "attempts": 1,
    "latency_ms": 100,
    "overhead_us": 500,
    "spans": Raw(b"[]"),
    "tenant_epoch": 0,
    "budgets": (),
    "node": "test",
}


def record_of(*, tenant_id: Any, **columns: Any) -> Record:
    """A delivered answer of a chat, at no cost unless one is given."""
    own = {"request_id": str(new_id()), "started_at": datetime.now(tz=UTC)}
    return Record(**{**USUAL, **own, "tenant_id": str(tenant_id), **columns})


def book(*records: Record) -> list[Landing]:
    """As the shipper does it."""
    with platform_scope("test"), connection.cursor() as cursor:
        return ingest(cursor.cursor, records)
