from django.db import models

from accounts.ids import new_id
from accounts.tenancy import TenantOwnedOrPlatform


class AuditEntry(TenantOwnedOrPlatform):
    """One change. Append-only: no grant to change or delete it, and a trigger that refuses both."""

    class ActorType(models.TextChoices):
        USER = "user"
        KEY = "key"
        MASTER = "master"
        SYSTEM = "system"
        CLI = "cli"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    chain = models.CharField(max_length=36)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor_type = models.CharField(max_length=6, choices=ActorType)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_label = models.CharField(max_length=254, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64, blank=True)
    object_label = models.CharField(max_length=254, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    prev_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta(TenantOwnedOrPlatform.Meta):
        db_table = "audit_logs"
        verbose_name_plural = "audit entries"
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="audit_logs_no_gap")]
        indexes = [
            models.Index(fields=["tenant", "-at", "-id"], name="audit_logs_by_time"),
            models.Index(fields=["object_id", "-seq"], name="audit_logs_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.chain} {self.seq}: {self.action}"


class AuditHead(TenantOwnedOrPlatform):
    """The last link of a chain; its row lock makes the sequence free of gaps."""

    chain = models.CharField(max_length=36, primary_key=True)
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.BinaryField(max_length=32, default=bytes(32))

    class Meta(TenantOwnedOrPlatform.Meta):
        db_table = "audit_heads"

    def __str__(self) -> str:
        return f"{self.chain} at {self.seq}"


class IdempotencyKey(TenantOwnedOrPlatform):
    """The first answer to a write, kept for a day so that a repeat changes nothing."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=36, help_text="tenant id, or platform")
    key = models.CharField(max_length=255)
    request_sha256 = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwnedOrPlatform.Meta):
        db_table = "idempotency_keys"
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="idempotency_keys_once")
        ]

    def __str__(self) -> str:
        return self.key
