"""Whose a provider is, who may read it in full and who may change it.

Law: a tenant changes its own; those of the platform are changed by who runs the platform, and
tenants meet of them name, kind, models and health only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from django.db.models import Q

from accounts.access import Access
from accounts.tenancy import platform_scope
from providers.models import Provider

WRITE: Final = "provider.write"
READ: Final = "provider.read"
READ_NAMES: Final = "provider.read_names"
PLATFORM: Final = "platform.system"


@contextmanager
def scope_of(access: Access) -> Iterator[None]:
    """Wide enough for what the caller may change; selectors still name owner and tenant."""
    if access.holds(PLATFORM):
        with platform_scope("who runs the platform works on its providers"):
            yield
    else:
        yield


def owned_by(tenant_id: UUID | None) -> Q:
    return Q(tenant_id__isnull=True) if tenant_id is None else Q(tenant_id=tenant_id)


def reads_fully(row: Provider, *, access: Access) -> bool:
    return access.holds(READ) if _is_own(row, access) else access.holds(PLATFORM)


def may_edit(row: Provider, *, access: Access) -> bool:
    return access.holds(WRITE) if _is_own(row, access) else access.holds(PLATFORM)


def _is_own(row: Provider, access: Access) -> bool:
    return access.tenant is not None and row.tenant_id == access.tenant.id
