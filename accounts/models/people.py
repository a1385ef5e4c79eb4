from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from accounts.models.base import Editable
from accounts.models.tenants import Team
from accounts.tenancy import TenantOwned


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(Editable, AbstractBaseUser):
    class Theme(models.TextChoices):
        SYSTEM = "system"
        LIGHT = "light"
        DARK = "dark"

    class Density(models.TextChoices):
        COMPACT = "compact"
        COMFORTABLE = "comfortable"

    email = models.EmailField(max_length=254)
    display_name = models.CharField(max_length=120, blank=True)
    locale = models.CharField(max_length=10, default="en")
    tz = models.CharField(max_length=64, default="UTC")
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(max_length=11, choices=Density, default=Density.COMPACT)
    shortcuts = models.BooleanField(default=True)
    is_superadmin = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    secret_fields = frozenset({"password"})
    stamp_fields = frozenset({"last_login", "last_seen_at"})

    class Meta:
        db_table = "users"
        constraints = [models.UniqueConstraint(Lower("email"), name="users_email_once")]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """Django admin's question; the second factor is asked for by its login guard."""
        return self.is_superadmin

    def has_perm(self, _perm: str, _obj: Any = None) -> bool:
        return self.is_active and self.is_superadmin

    def has_module_perms(self, _app_label: str) -> bool:
        return self.is_active and self.is_superadmin


class Role(models.TextChoices):
    OWNER = "owner"
    ADMIN = "admin"
    DEVELOPER = "developer"
    BILLING_VIEWER = "billing_viewer"


class Membership(Editable, TenantOwned):
    class Status(models.TextChoices):
        ACTIVE = "active"
        DISABLED = "disabled"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=14, choices=Role)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)

    visible_to_user = "user_id"

    class Meta(TenantOwned.Meta):
        db_table = "memberships"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="memberships_once_per_tenant")
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role}"


class Invite(Editable, TenantOwned):
    class Status(models.TextChoices):
        PENDING = "pending"
        ACCEPTED = "accepted"
        REVOKED = "revoked"

    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=14, choices=Role)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    token_sha256 = models.BinaryField(max_length=32, unique=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    secret_fields = frozenset({"token_sha256"})

    class Meta(TenantOwned.Meta):
        db_table = "invites"
        constraints = [
            models.UniqueConstraint(
                "tenant",
                Lower("email"),
                condition=models.Q(status="pending"),
                name="invites_pending_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.role}"


class SetupToken(models.Model):
    """The one-time link of the first owner; a new one ends the ones before it."""

    id = models.BigAutoField(primary_key=True)
    token_sha256 = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "setup_tokens"

    def __str__(self) -> str:
        return f"set-up link of {self.created_at:%Y-%m-%d %H:%M}"
