from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from accounts.models.base import Editable
from accounts.tenancy import TenantOwned

MAX_TAG_KEYS = 5
TAG_KEY_LENGTH = 40
TAG_KEY = r"\A[A-Za-z0-9][A-Za-z0-9_.-]*\Z"


class Tenant(Editable):
    class Status(models.TextChoices):
        ACTIVE = "active"
        SUSPENDED = "suspended"
        CLOSING = "closing"

    class MfaPolicy(models.TextChoices):
        NONE = "none"
        ADMINS = "admins"
        ALL = "all"

    class OnDisconnect(models.TextChoices):
        USED = "used"
        NONE = "none"

    class OnEmpty(models.TextChoices):
        INPUT = "input"
        NONE = "none"

    class Unpriced(models.TextChoices):
        ALLOW_FLAG = "allow_flag"
        BLOCK = "block"

    class Vault(models.TextChoices):
        ON = "on"
        OFF = "off"

    class ForeignReasoning(models.TextChoices):
        DROP = "drop"
        TEXT = "text"

    slug = models.CharField(
        max_length=40, unique=True, validators=[RegexValidator(r"\A[a-z][a-z0-9-]{1,39}\Z")]
    )
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    reporting_tz = models.CharField(max_length=64, default="UTC")
    week_start = models.PositiveSmallIntegerField(default=1, help_text="ISO weekday, 1 = Monday")
    locale = models.CharField(max_length=10, default="en")
    currency = models.CharField(max_length=3, default="USD")
    mfa_policy = models.CharField(max_length=6, choices=MfaPolicy, default=MfaPolicy.NONE)
    session_hours = models.PositiveSmallIntegerField(default=12)
    first_request_at = models.DateTimeField(null=True, blank=True)

    # Of the books: what is charged for what vendors are paid.
    markup_bp = models.IntegerField(
        default=0,
        validators=[MinValueValidator(-10_000), MaxValueValidator(1_000_000)],
        help_text="On what vendors cost, in hundredths of a percent.",
    )
    charge_on_disconnect = models.CharField(
        max_length=4, choices=OnDisconnect, default=OnDisconnect.USED
    )
    charge_on_empty = models.CharField(max_length=5, choices=OnEmpty, default=OnEmpty.INPUT)
    unpriced_policy = models.CharField(max_length=10, choices=Unpriced, default=Unpriced.ALLOW_FLAG)
    # Of what models think: whether it is kept for clients that cannot, what others are told of it.
    vault = models.CharField(max_length=3, choices=Vault, default=Vault.ON)
    foreign_reasoning = models.CharField(
        max_length=4, choices=ForeignReasoning, default=ForeignReasoning.DROP
    )
    tag_keys = ArrayField(
        models.CharField(max_length=TAG_KEY_LENGTH, validators=[RegexValidator(TAG_KEY)]),
        size=MAX_TAG_KEYS,
        default=list,
        blank=True,
        help_text="Keys of tags written key=value, by which cost is summed from then on.",
    )

    class Meta:
        db_table = "tenants"

    def __str__(self) -> str:
        return self.name


class Team(Editable, TenantOwned):
    name = models.CharField(max_length=120)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    allowed_models = ArrayField(models.CharField(max_length=200), default=list, blank=True)

    class Meta(TenantOwned.Meta):
        db_table = "teams"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="teams_name_once_per_tenant")
        ]

    def __str__(self) -> str:
        return self.name


class TeamMember(Editable, TenantOwned):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    lead = models.BooleanField(default=False)

    visible_to_user = "user_id"

    class Meta(TenantOwned.Meta):
        db_table = "team_members"
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="team_members_once_per_team")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"
