from typing import Final

from django.db import models

from accounts.ids import new_id
from accounts.tenancy import TenantOwnedOrPlatform
from providers.models.shared import SharedWithTenants

OPERATOR_PAGE: Final = "operator"
CATALOG_PAGE: Final = "catalog:{}"  # of a vendor; a tenant's page has the tenant's id


class PricePage(TenantOwnedOrPlatform):
    """What is published together: a vendor's list, the operator's prices, or one tenant's."""

    id = models.CharField(primary_key=True, max_length=40)

    class Meta(TenantOwnedOrPlatform.Meta):
        db_table = "price_pages"

    def __str__(self) -> str:
        return self.id


class Price(SharedWithTenants):
    """A dated row of the price book. Only its end is ever written again, to close it."""

    class Scope(models.TextChoices):
        CATALOG = "catalog"
        OPERATOR = "operator"
        TENANT = "tenant"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    page = models.ForeignKey(PricePage, on_delete=models.PROTECT, related_name="prices")
    scope = models.CharField(max_length=8, choices=Scope)
    vendor = models.CharField(max_length=60, blank=True)
    provider = models.CharField(max_length=127, blank=True)  # slug
    region = models.CharField(max_length=40, blank=True)
    model = models.CharField(max_length=200)
    match = models.CharField(max_length=6)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    deprecated_at = models.DateTimeField(null=True, blank=True)
    version = models.CharField(max_length=40)
    source = models.CharField(max_length=300, blank=True)
    source_version = models.CharField(max_length=60, blank=True)
    spec = models.JSONField()  # all of it, as the data plane reads it
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        "accounts.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta(SharedWithTenants.Meta):
        db_table = "prices"
        indexes = [models.Index(fields=["model", "valid_from"], name="prices_of_a_model")]

    def __str__(self) -> str:
        return self.model
