from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts.models import Editable
from accounts.tenancy import TenantOwnedOrPlatform


class Credential(Editable, TenantOwnedOrPlatform):
    """What a provider is called with. Unlike its provider, never read by another owner."""

    class Kind(models.TextChoices):
        API_KEY = "api_key"
        HEADER = "header"
        AWS_KEYS = "aws_keys"
        NONE = "none"

    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.CASCADE, related_name="credentials"
    )
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.API_KEY)
    header = models.CharField(max_length=100, blank=True)
    sealed_secret = models.BinaryField(null=True, editable=False)
    suffix = models.CharField(max_length=4, blank=True, editable=False)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    weight = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    priority = models.PositiveIntegerField(default=100)
    enabled = models.BooleanField(default=True)
    allowed_models = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    rpm_limit = models.PositiveIntegerField(null=True, blank=True)
    tpm_limit = models.PositiveBigIntegerField(null=True, blank=True)
    concurrency_limit = models.PositiveIntegerField(null=True, blank=True)
    cost_center = models.CharField(max_length=100, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    needs_confirmation = models.BooleanField(default=False, editable=False)
    generation = models.PositiveIntegerField(default=0, editable=False)
    # What the workers last told; a stamp, not an edit.
    state = models.CharField(max_length=20, default="active", editable=False)
    state_reason = models.CharField(max_length=200, blank=True, editable=False)
    state_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=300, blank=True, editable=False)
    last_ok_at = models.DateTimeField(null=True, blank=True, editable=False)

    secret_fields = frozenset({"sealed_secret", "fingerprint"})
    stamp_fields = frozenset({"state", "state_reason", "state_until", "last_error", "last_ok_at"})

    class Meta(TenantOwnedOrPlatform.Meta):
        db_table = "provider_credentials"
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "name"], name="provider_credentials_name_once_per_pool"
            )
        ]

    def __str__(self) -> str:
        return self.name
