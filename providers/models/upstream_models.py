from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Editable
from providers.models.shared import SharedWithTenants


def chat() -> list[str]:
    return ["chat"]


class UpstreamModel(Editable, SharedWithTenants):
    """A model as one provider offers it."""

    class Source(models.TextChoices):
        MANUAL = "manual"
        DISCOVERED = "discovered"
        SEEDED = "seeded"

    provider = models.ForeignKey(
        "providers.Provider", on_delete=models.CASCADE, related_name="upstream_models"
    )
    upstream_name = models.CharField(max_length=200)
    public_name = models.CharField(max_length=200)
    enabled = models.BooleanField(default=True)
    operations = ArrayField(models.CharField(max_length=20), default=chat, blank=True)
    context_window = models.PositiveIntegerField(null=True, blank=True)
    max_output_tokens = models.PositiveIntegerField(null=True, blank=True)
    capabilities = models.JSONField(default=dict, blank=True)
    params = models.JSONField(default=dict, blank=True)
    price_model = models.CharField(max_length=200, blank=True)
    tokenizer = models.CharField(max_length=60, blank=True)
    deprecated_at = models.DateField(null=True, blank=True)
    successor = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=10, choices=Source, default=Source.MANUAL, editable=False)
    last_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    # How many model lists in a row did not name it; two make it missing.
    absences = models.PositiveSmallIntegerField(default=0, editable=False)
    missing_since = models.DateTimeField(null=True, blank=True, editable=False)

    stamp_fields = frozenset({"last_seen_at", "absences", "missing_since"})

    class Meta(SharedWithTenants.Meta):
        db_table = "provider_models"
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "public_name"], name="provider_models_name_once_per_provider"
            )
        ]

    def __str__(self) -> str:
        return self.public_name
