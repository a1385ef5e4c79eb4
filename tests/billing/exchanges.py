"""Exchanges in the books, for tests of who may read them and how."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.ids import new_id
from accounts.tenancy import tenant_scope
from billing.models import CostRecord
from billing.request_facts import shown_id
from tests.accounts.world import Town


def make_record(town: Town, **fields: Any) -> CostRecord:
    """The final record of an exchange that went well, of the developer's key, now."""
    told: dict[str, Any] = {
        "tenant": town.tenant,
        "started_at": datetime.now(UTC) - timedelta(seconds=5),
        "request_id": new_id(),
        "team_id": town.team.pk,
        "user_id": town.people["developer"].pk,
        "key_id": f"key_{town.key.public_id}",
        "source": "api",
        "dialect": "openai_chat",
        "operation": "chat",
        "lane": "native",
        "requested_model": "fast",
        "served_model": "mock-1",
        "provider": town.provider.slug,
        "provider_id": town.provider.pk,
        "credential": town.credential.name,
        "credential_id": town.credential.pk,
        "upstream_name": "mock-1-2026",
        "in_fresh": 100,
        "in_cache_read": 50,
        "out_text": 300,
        "out_reasoning": 20,
        "cost_nano": 123_000,
        "charge_nano": 123_000,
        "final": True,
        "status": "ok",
        "http_status": 200,
        "terminated": "complete",
        "attempts": 1,
        "latency_ms": 1_250,
        "ttft_ms": 200,
        "overhead_us": 310,
        "output_ms": 1_000,
        "spans": [
            ["authenticate", 0, 40, "gateway", None],
            ["connect", 300, 5_300, "upstream", 0],
            ["stream", 5_300, 1_250_000, "upstream", 0],
        ],
        "node": "n1",
        **fields,
    }
    with tenant_scope(tenant_id=town.tenant.pk):
        made: CostRecord = CostRecord.objects.create(**told)
    return made


def id_of(record: CostRecord) -> str:
    return shown_id(str(record.request_id))
