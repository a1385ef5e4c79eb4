"""What the data plane reads instead of the tables, and what waits to be compiled for it."""

from django.db import models

from accounts.tenancy import TenantOwnedOrPlatform


class ConfigChange(TenantOwnedOrPlatform):
    """Written in the transaction of a change; gone once what it names has been compiled."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)
    object_id = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwnedOrPlatform.Meta):
        db_table = "config_changes"

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class ConfigVersion(models.Model):
    """The one row; whoever gives out versions holds it locked until they are committed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveBigIntegerField(default=0)
    compiled_by = models.CharField(
        max_length=64, blank=True, help_text="Digest of the code that compiled every row last."
    )

    class Meta:
        db_table = "config_versions"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="config_versions_one_row")
        ]

    def __str__(self) -> str:
        return str(self.version)


class CompiledSpec(models.Model):
    """One object as the data plane sees it; readable with `platform_scope` only."""

    pk = models.CompositePrimaryKey("kind", "object_id")
    kind = models.CharField(max_length=20)
    object_id = models.CharField(max_length=40)
    name = models.CharField(max_length=40)
    version = models.PositiveBigIntegerField(unique=True)
    payload = models.BinaryField(null=True, help_text="Empty: the object is gone.")

    class Meta:
        db_table = "compiled_specs"

    def __str__(self) -> str:
        return f"{self.kind} {self.name} at {self.version}"
