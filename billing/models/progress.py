"""How far the shippers are, and which windows they have touched."""

from django.db import models

from accounts.tenancy import TenantOwned


class SpoolProgress(models.Model):
    """Everything that ended on `node` before `delivered_to` is in `cost_records`."""

    node = models.TextField(primary_key=True)
    delivered_to = models.DateTimeField()
    oldest_open = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "spool_progress"

    def __str__(self) -> str:
        return f"{self.node} to {self.delivered_to:%Y-%m-%dT%H:%M:%S}"


class DirtyWindow(TenantOwned):
    """Five minutes of a tenant whose records are newer than their sums."""

    # No constraint: written with every record.
    tenant = models.ForeignKey(
        "accounts.Tenant",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    pk = models.CompositePrimaryKey("tenant_id", "window_start")
    window_start = models.DateTimeField()
    version = models.BigIntegerField(db_default=1)

    class Meta(TenantOwned.Meta):
        db_table = "dirty_windows"

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.window_start:%Y-%m-%dT%H:%M}"
