"""Rows that a tenant reads when they are the platform's, and writes only when they are its own."""

from typing import Any, TypeVar

from django.db import models
from django.db.models import Q

from accounts.tenancy import (
    TenantManager,
    TenantOwnedOrPlatform,
    TenantQuerySet,
    current_binding,
)

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class SharedManager(TenantManager[Row_co]):
    """Of the bound tenant, and of the platform: row security decides which of those it may see."""

    def get_queryset(self) -> TenantQuerySet[Row_co]:
        binding = current_binding()
        if binding.tenant_id is None:
            return super().get_queryset()
        model: Any = self.model
        rows: TenantQuerySet[Row_co] = TenantQuerySet(model, using=self._db)
        return rows.filter(Q(tenant_id=binding.tenant_id) | Q(tenant_id__isnull=True))


class SharedWithTenants(TenantOwnedOrPlatform):
    objects = SharedManager()  # type: ignore[misc] # wider than the base's, on purpose

    class Meta(TenantOwnedOrPlatform.Meta):
        abstract = True
