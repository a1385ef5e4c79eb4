from django.db import models

from accounts.ids import new_id
from providers.models.shared import SharedWithTenants


class HealthCheck(SharedWithTenants):
    """What one probe found."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.CASCADE, related_name="checks"
    )
    at = models.DateTimeField(auto_now_add=True)
    mode = models.CharField(max_length=10)
    ok = models.BooleanField()
    latency_ms = models.PositiveIntegerField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta(SharedWithTenants.Meta):
        db_table = "provider_health_checks"
        indexes = [models.Index(fields=["provider", "-at"], name="provider_checks_newest")]

    def __str__(self) -> str:
        return f"{self.provider_id} at {self.at}"
