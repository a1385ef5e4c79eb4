"""How much models are used, beside what they cost."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.access import Access
from providers.models import Provider, UpstreamModel
from providers.selectors.catalog import catalog_models, prices_of
from providers.selectors.providers import visible_providers

LOOKED_BACK: Final = timedelta(days=7)
MOST: Final = 500
UNPRICED: Final = """
SELECT provider_id, upstream_name, max(served_model), count(*), max(started_at)
FROM cost_records
WHERE tenant_id = %(tenant)s AND started_at >= %(since)s AND kind = 'usage' AND final
  AND cost_nano IS NULL AND provider_id IS NOT NULL
GROUP BY provider_id, upstream_name
ORDER BY count(*) DESC
LIMIT %(most)s
"""
USED: Final = """
SELECT provider_id, served_model, sum(final_requests)
FROM usage_windows
WHERE tenant_id = %(tenant)s AND window_start >= %(since)s AND served_model = ANY(%(models)s)
GROUP BY provider_id, served_model
"""


def unpriced(*, access: Access) -> list[dict[str, Any]]:
    """What was used without a price in the last days, then what is offered without one."""
    providers = {row.pk: row for row in visible_providers(access=access)}
    used = [
        _told(providers[provider_id], (upstream_name, public_name), requests=requests)
        for provider_id, upstream_name, public_name, requests, _ in _rows(UNPRICED, access=access)
        if provider_id in providers
    ]
    told = {_key(row) for row in used}
    return used + [row for row in _offered(access=access) if _key(row) not in told]


def requests_of(rows: Iterable[UpstreamModel], *, access: Access) -> dict[UUID, int]:
    """By the model row's id, of the caller's tenant."""
    found = list(rows)
    used = {
        (provider_id, model): int(requests)
        for provider_id, model, requests in _rows(
            USED, access=access, models=[row.public_name for row in found]
        )
    }
    return {row.pk: used.get((row.provider_id, row.public_name), 0) for row in found}


def _offered(*, access: Access) -> Iterable[dict[str, Any]]:
    rows = list(catalog_models(access=access).filter(enabled=True).order_by("-id")[:MOST])
    prices = prices_of(rows, access=access, at=timezone.now())
    return (
        _told(row.provider, (row.upstream_name, row.public_name), requests=0)
        for row in rows
        if prices[row.pk] is None
    )


def _told(provider: Provider, names: tuple[str, str], *, requests: int) -> dict[str, Any]:
    upstream_name, public_name = names
    return {
        "provider": provider,
        "upstream_name": upstream_name,
        "public_name": public_name,
        "requests_7d": requests,
        "reason": "used" if requests else "offered",
    }


def _key(row: Mapping[str, Any]) -> tuple[UUID, str]:
    return row["provider"].pk, row["upstream_name"]


def _rows(query: str, *, access: Access, **values: Any) -> list[tuple[Any, ...]]:
    if access.tenant is None:
        return []
    given = {
        "tenant": access.tenant.id, "since": timezone.now() - LOOKED_BACK, "most": MOST, **values
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
