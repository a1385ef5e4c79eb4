from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models

from accounts.models.base import Editable
from accounts.models.people import User
from accounts.models.tenants import Team
from accounts.tenancy import TenantOwned


def _words(*, length: int) -> "ArrayField[list[str], list[str]]":
    return ArrayField(models.CharField(max_length=length), default=list, blank=True)


class ApiKey(Editable, TenantOwned):
    class Kind(models.TextChoices):
        CLIENT = "client"
        MANAGEMENT = "management"
        SESSION = "session"
        ANONYMOUS = "anonymous"

    class Environment(models.TextChoices):
        LIVE = "live"
        TEST = "test"

    class Status(models.TextChoices):
        ACTIVE = "active"
        DISABLED = "disabled"
        REVOKED = "revoked"

    class Fidelity(models.TextChoices):
        LOSSLESS = "lossless"
        WARN = "warn"
        BEST_EFFORT = "best-effort"

    public_id = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    tags = _words(length=100)
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CLIENT)
    environment = models.CharField(max_length=4, choices=Environment, default=Environment.LIVE)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    scopes = _words(length=64)

    allowed_models = _words(length=200)
    denied_models = _words(length=200)
    restrict_served = models.BooleanField(default=False)
    allowed_dialects = _words(length=40)
    allowed_paths = _words(length=200)
    allowed_ips = _words(length=49)
    denied_ips = _words(length=49)
    expires_at = models.DateTimeField(null=True, blank=True)

    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_minute = models.PositiveBigIntegerField(null=True, blank=True)
    max_concurrency = models.PositiveIntegerField(null=True, blank=True)
    quota = models.PositiveBigIntegerField(null=True, blank=True, help_text="tokens, total")
    monthly_budget = models.DecimalField(max_digits=20, decimal_places=9, null=True, blank=True)
    max_cost_per_request = models.DecimalField(
        max_digits=20, decimal_places=9, null=True, blank=True
    )

    fidelity = models.CharField(max_length=11, choices=Fidelity, default=Fidelity.WARN)
    byok_allowed = models.BooleanField(default=False)
    dearer_fallback = models.BooleanField(default=True)
    priority = models.PositiveSmallIntegerField(default=5, validators=[MaxValueValidator(9)])
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        db_table = "api_keys"
        indexes = [models.Index(fields=["tenant", "-id"], name="api_keys_by_age")]

    def __str__(self) -> str:
        return self.name


class ApiKeySecret(TenantOwned):
    """One bearer secret of a key: its digest and its last four characters, never the value."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32, unique=True)
    pepper_id = models.CharField(max_length=16)
    suffix = models.CharField(max_length=4)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        db_table = "api_key_secrets"

    def __str__(self) -> str:
        return f"…{self.suffix}"


class AwsPair(TenantOwned):
    """What a client signs with. The secret is sealed, for whoever verifies needs it."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="aws_pairs")
    access_key_id = models.CharField(max_length=20, unique=True)
    sealed_secret = models.BinaryField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantOwned.Meta):
        db_table = "aws_pairs"

    def __str__(self) -> str:
        return self.access_key_id


class PepperProbe(models.Model):
    """A known digest per pepper: a wrong pepper is noticed at start, not by the first client."""

    pepper_id = models.CharField(max_length=16, primary_key=True)
    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "pepper_probes"

    def __str__(self) -> str:
        return self.pepper_id
