from django.db import models

from accounts.ids import new_id
from accounts.tenancy import TenantOwnedOrPlatform


class DataKey(TenantOwnedOrPlatform):
    """A data key, wrapped by the key-encryption key; one per tenant, one of the platform.

    Destroying `wrapped` shreds everything sealed with it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kek_id = models.CharField(max_length=16)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwnedOrPlatform.Meta):
        db_table = "data_keys"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"],
                condition=models.Q(destroyed_at__isnull=True),
                nulls_distinct=False,
                name="data_keys_one_live_per_tenant",
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} under {self.kek_id}"
