from django.db import models

from accounts.models import Editable
from accounts.tenancy import TenantOwnedOrPlatform

NAME_LENGTH = 256


class Alias(Editable, TenantOwnedOrPlatform):
    """Another name for a model; one that ends in `*` stands for all that begin so."""

    name = models.CharField(max_length=NAME_LENGTH)
    to = models.CharField(max_length=NAME_LENGTH)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwnedOrPlatform.Meta):
        db_table = "routing_aliases"
        verbose_name_plural = "aliases"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"],
                nulls_distinct=False,
                name="routing_aliases_name_once_per_tenant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} → {self.to}"


class RoutingSettings(Editable, TenantOwnedOrPlatform):
    """What `default` means; one row per tenant, one of the platform."""

    default_model = models.CharField(max_length=NAME_LENGTH, blank=True)

    class Meta(TenantOwnedOrPlatform.Meta):
        db_table = "routing_settings"
        verbose_name_plural = "routing settings"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], nulls_distinct=False, name="routing_settings_once_per_tenant"
            )
        ]

    def __str__(self) -> str:
        return self.default_model or "–"
