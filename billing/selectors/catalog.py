"""How much models are used, beside what they cost."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from accounts.access import Access
from billing.selectors.usage import Question, Sight, cells
from billing.windows import Span, ceil, floor
from providers.models import Provider, UpstreamModel
from providers.selectors.catalog import catalog_models, prices_of
from providers.selectors.providers import visible_providers

LOOKED_BACK: Final = timedelta(days=7)
MOST: Final = 500


def unpriced(*, access: Access, sight: Sight) -> list[dict[str, Any]]:
    """What the caller used without a price in the last days, then what is offered without one."""
    providers = {str(row.pk): row for row in visible_providers(access=access)}
    used = [
        (providers[provider_id], model, requests)
        for (provider_id, model), requests in _used("unpriced", access=access, sight=sight).items()
        if provider_id in providers
    ]
    upstream = _upstream_names({provider.pk for provider, _, _ in used})
    rows = [
        _told(provider, (upstream.get((provider.pk, model), model), model), requests=requests)
        for provider, model, requests in sorted(used, key=lambda one: -one[2])[:MOST]
    ]
    told = {_key(row) for row in rows}
    return rows + [row for row in _offered(access=access) if _key(row) not in told]


def requests_of(rows: Iterable[UpstreamModel], *, access: Access, sight: Sight) -> dict[UUID, int]:
    """By the model row's id: those the caller may see."""
    used = _used("final_requests", access=access, sight=sight)
    return {row.pk: used.get((str(row.provider_id), row.public_name), 0) for row in rows}


def _used(measure: str, *, access: Access, sight: Sight) -> dict[tuple[str, str], int]:
    """By provider and public name."""
    if access.tenant is None:
        return {}
    now = timezone.now()
    question = Question(
        tenant_id=access.tenant.id, span=Span(floor(now - LOOKED_BACK), ceil(now)), sight=sight
    )
    found = cells(question, by=("provider_id", "served_model"), measures=(measure,))
    counts = ((cell.group, cell.sums[measure]) for cell in found)
    return {(provider_id, model): count for (provider_id, model), count in counts if count}


def _upstream_names(provider_ids: Iterable[UUID]) -> dict[tuple[UUID, str], str]:
    rows = UpstreamModel.objects.filter(provider_id__in=provider_ids)
    named = rows.values_list("provider_id", "public_name", "upstream_name")
    return {(provider_id, public): upstream for provider_id, public, upstream in named}


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
