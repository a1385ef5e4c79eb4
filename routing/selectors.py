from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.access import Access
from accounts.tenancy import platform_scope
from providers.services.uses import Use
from routing.models import Alias, RoutingSettings

NOT_SET: Final = 0


def owned_by(tenant_id: UUID | None) -> Q:
    return Q(tenant_id__isnull=True) if tenant_id is None else Q(tenant_id=tenant_id)


def aliases(*, access: Access, text: str = "") -> QuerySet[Alias]:
    rows = Alias.objects.filter(tenant=access.the_tenant())
    return rows.filter(Q(name__icontains=text) | Q(to__icontains=text)) if text else rows


def platform_aliases() -> Iterable[tuple[str, str]]:
    """Every tenant's requests follow them."""
    with platform_scope("aliases of the platform"):
        return list(Alias.objects.filter(tenant=None).values_list("name", "to"))


def aliases_of(*, tenant_id: UUID, without: UUID) -> Iterable[tuple[str, str]]:
    rows = Alias.objects.filter(tenant_id=tenant_id).exclude(pk=without)
    return rows.values_list("name", "to")


def routing_settings(*, access: Access) -> RoutingSettings:
    """An empty one where nothing was set."""
    tenant = access.the_tenant()
    found = RoutingSettings.objects.filter(tenant=tenant).first()
    return found or RoutingSettings(tenant=tenant, version=NOT_SET)


def platform_default() -> str:
    with platform_scope("default model of the platform"):
        row = RoutingSettings.objects.filter(tenant=None).first()
    return row.default_model if row is not None else ""


def uses_of(
    names: Iterable[str], *, beginnings: Iterable[str], tenant_id: UUID | None
) -> list[Use]:
    """Aliases that hold and defaults, where they point at one of these names or begin so."""
    wanted, begun = list(names), list(beginnings)
    owned = Q() if tenant_id is None else Q(tenant_id=tenant_id)
    holds = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    with platform_scope("what uses a provider"):
        pointing = Alias.objects.filter(owned, holds, _points("to", wanted, begun)).annotate(
            owner_slug=F("tenant__slug")
        )
        defaults = RoutingSettings.objects.filter(
            owned, _points("default_model", wanted, begun)
        ).annotate(owner_slug=F("tenant__slug"))
        return [
            *(
                Use(kind="alias", id=str(row.pk), name=f"{row.name} ({_owner(row)})")
                for row in pointing
            ),
            *(
                Use(
                    kind="default_model",
                    id=str(row.pk),
                    name=f"{row.default_model} ({_owner(row)})",
                )
                for row in defaults
            ),
        ]


def _points(field: str, names: Iterable[str], beginnings: Iterable[str]) -> Q:
    found = Q(**{f"{field}__in": names})
    for beginning in beginnings:
        found |= Q(**{f"{field}__startswith": beginning})
    return found


def _owner(row: Alias | RoutingSettings) -> str:
    return row.__dict__["owner_slug"] or "platform"
