from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models

from accounts.models import Editable
from providers.models.shared import SharedWithTenants

if TYPE_CHECKING:
    from providers.models.credentials import Credential
    from providers.models.upstream_models import UpstreamModel

SLUG = r"[a-z][a-z0-9_-]{0,62}"


class Provider(Editable, SharedWithTenants):
    """A back-end. Empty fields are the parent's, then the platform's default."""

    class PoolStrategy(models.TextChoices):
        ROUND_ROBIN = "round_robin"
        WEIGHTED = "weighted"
        RANDOM = "random"
        FAILOVER = "failover"

    class DisconnectPolicy(models.TextChoices):
        CANCEL = "cancel"
        DRAIN = "drain"

    class HealthMode(models.TextChoices):
        PASSIVE = "passive"
        MODELS = "models"
        COMPLETION = "completion"

    class DiscoveryMode(models.TextChoices):
        OFF = "off"
        SUGGEST = "suggest"
        AUTO = "auto"

    class ManagedBy(models.TextChoices):
        UI = "ui"
        ENV = "env"
        FILE = "file"

    # Of platform rows: the tenants that may use it; empty for all.
    visible_to = ArrayField(models.UUIDField(), null=True, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    slug = models.CharField(max_length=127, validators=[RegexValidator(rf"\A{SLUG}(\.{SLUG})?\Z")])
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    base_url = models.CharField(max_length=500, blank=True)
    region = models.CharField(max_length=40, blank=True)
    project = models.CharField(max_length=60, blank=True)
    resource = models.CharField(max_length=63, blank=True)
    api_version = models.CharField(max_length=40, blank=True)
    surfaces = models.JSONField(default=list, blank=True)
    priority = models.PositiveIntegerField(default=100)
    enabled = models.BooleanField(default=True)
    draining = models.BooleanField(default=False)
    headers = models.JSONField(default=dict, blank=True)
    proxy_url = models.CharField(max_length=500, blank=True)
    connect_ms = models.PositiveIntegerField(null=True, blank=True)
    ttft_ms = models.PositiveIntegerField(null=True, blank=True)
    reasoning_ttft_ms = models.PositiveIntegerField(null=True, blank=True)
    idle_ms = models.PositiveIntegerField(null=True, blank=True)
    total_ms = models.PositiveIntegerField(null=True, blank=True)
    pool_strategy = models.CharField(max_length=12, choices=PoolStrategy, blank=True)
    max_failures = models.PositiveIntegerField(null=True, blank=True)
    retry_after_s = models.PositiveIntegerField(null=True, blank=True)
    failure_window_s = models.PositiveIntegerField(null=True, blank=True)
    disconnect_policy = models.CharField(max_length=6, choices=DisconnectPolicy, blank=True)
    allow_unlisted_models = models.BooleanField(default=False)
    health_mode = models.CharField(max_length=10, choices=HealthMode, default=HealthMode.MODELS)
    health_interval_s = models.PositiveIntegerField(default=60)
    health_model = models.CharField(max_length=200, blank=True)
    discovery_mode = models.CharField(
        max_length=7, choices=DiscoveryMode, default=DiscoveryMode.OFF
    )
    discovery_interval_h = models.PositiveIntegerField(default=24)
    cost_multiplier = models.DecimalField(max_digits=9, decimal_places=6, default=Decimal(1))
    data_region = models.CharField(max_length=40, blank=True)
    managed_by = models.CharField(max_length=4, choices=ManagedBy, default=ManagedBy.UI)
    verified_at = models.DateTimeField(null=True, blank=True)
    probed_at = models.DateTimeField(null=True, blank=True)
    # Its probes fail: others are asked first, until it answers again.
    asked_last = models.BooleanField(default=False, editable=False)
    discovered_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    credentials: "models.Manager[Credential]"
    upstream_models: "models.Manager[UpstreamModel]"

    stamp_fields = frozenset({"verified_at", "probed_at", "discovered_at", "asked_last"})

    class Meta(SharedWithTenants.Meta):
        db_table = "providers"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "slug"],
                condition=models.Q(archived_at__isnull=True),
                nulls_distinct=False,
                name="providers_slug_once_per_owner",
            )
        ]

    def __str__(self) -> str:
        return self.slug
