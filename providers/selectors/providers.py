"""Providers as a caller may meet them: the tenant's own, and the platform's."""

from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.access import Access
from accounts.errors import Refused
from providers.inheritance import value_of
from providers.models import HealthCheck, Provider, UpstreamModel
from providers.ownership import PLATFORM, owned_by, reads_fully


def all_providers() -> QuerySet[Provider]:
    """Inside `platform_scope`."""
    rows = Provider.objects.filter(archived_at=None).select_related("parent", "tenant")
    return rows.order_by("tenant_id", "slug")


def visible_providers(*, access: Access) -> QuerySet[Provider]:
    """Row security says the same once more, unless an operator has allowed a login it lets by."""
    owned = owned_by(None)
    if access.tenant is not None and not access.holds(PLATFORM):
        owned &= Q(visible_to=None) | Q(visible_to__contains=[access.tenant.id])
    if access.tenant is not None:
        owned |= owned_by(access.tenant.id)
    rows: QuerySet[Provider] = Provider.objects.filter(owned, archived_at=None)
    return rows.select_related("parent")


def editable_providers(*, access: Access) -> QuerySet[Provider]:
    """Of what is visible, what the caller may change; the rest is no object of theirs."""
    rows = visible_providers(access=access)
    return rows if access.holds(PLATFORM) else rows.exclude(owned_by(None))


def editable_provider(*, access: Access, provider_id: UUID) -> Provider:
    """Raises not_found."""
    row = editable_providers(access=access).filter(pk=provider_id).first()
    if row is None:
        raise Refused("not_found")
    return row


def that_mention(rows: QuerySet[Provider], *, text: str) -> QuerySet[Provider]:
    return rows.filter(Q(slug__icontains=text) | Q(name__icontains=text))


def provider_to_read(*, access: Access, provider_id: UUID) -> Provider:
    """Raises not_found; for pages that show more than names, also where only those may be read."""
    row = visible_providers(access=access).filter(pk=provider_id).first()
    if row is None or not reads_fully(row, access=access):
        raise Refused("not_found")
    return row


def models_of(*, access: Access, provider_id: UUID) -> QuerySet[UpstreamModel]:
    """Also of the platform's providers: tenants see what they offer."""
    row = visible_providers(access=access).filter(pk=provider_id).first()
    if row is None:
        raise Refused("not_found")
    rows: QuerySet[UpstreamModel] = UpstreamModel.objects.filter(provider=row)
    return rows


def checks_of(*, access: Access, provider_id: UUID) -> QuerySet[HealthCheck]:
    row = provider_to_read(access=access, provider_id=provider_id)
    rows: QuerySet[HealthCheck] = HealthCheck.objects.filter(provider=row)
    return rows


def host_of(row: Provider) -> str:
    return urlsplit(str(value_of(row, "base_url"))).netloc
