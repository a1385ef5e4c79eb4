from typing import Any, ClassVar

from rest_framework import serializers

from accounts.api.fields import Choice, Flag, Strict, Text, WholeNumber, Words
from accounts.api.serializers.shared import ListQuery
from accounts.models import Tenant, User
from accounts.models.tenants import MAX_TAG_KEYS, TAG_KEY_LENGTH

LOCALES = ("en", "zh-CN")
MAX_SESSION_HOURS = 168


class TenantSettings(Strict):
    name = Text(required=False, max_length=120)
    reporting_tz = Text(required=False, max_length=64, help_text="As Europe/Berlin.")
    week_start = WholeNumber(
        required=False, min_value=1, max_value=7, help_text="ISO weekday, 1 = Monday."
    )
    locale = Choice(required=False, choices=LOCALES)
    currency = serializers.RegexField(
        r"\A[A-Z]{3}\Z", required=False, max_length=3, help_text="ISO 4217; for display only."
    )
    mfa_policy = Choice(required=False, choices=Tenant.MfaPolicy.values)
    session_hours = WholeNumber(required=False, min_value=1, max_value=MAX_SESSION_HOURS)
    unpriced_policy = Choice(
        required=False,
        choices=Tenant.Unpriced.values,
        help_text="Requests whose price nobody knows: flag them, or refuse them.",
    )
    vault = Choice(
        required=False,
        choices=Tenant.Vault.values,
        help_text="Whether what models think is kept for clients that cannot send it back.",
    )
    foreign_reasoning = Choice(
        required=False,
        choices=Tenant.ForeignReasoning.values,
        help_text="What a vendor is told of another's reasoning: nothing, or its text.",
    )
    tag_keys = Words(
        required=False,
        length=TAG_KEY_LENGTH,
        most=MAX_TAG_KEYS,
        help_text="Keys of tags written key=value, by which cost is summed from then on.",
    )


class TenantTerms(TenantSettings):
    """What who runs the platform decides beside the tenant's own settings."""

    markup_bp = WholeNumber(
        required=False,
        min_value=-10_000,
        max_value=1_000_000,
        help_text="On what vendors cost, in hundredths of a percent.",
    )
    charge_on_disconnect = Choice(required=False, choices=Tenant.OnDisconnect.values)
    charge_on_empty = Choice(required=False, choices=Tenant.OnEmpty.values)


class TenantCreate(TenantTerms):
    slug = serializers.RegexField(
        r"\A[a-z][a-z0-9-]{1,39}\Z",
        max_length=40,
        help_text="2 to 40 of a-z, 0-9 and -, starting with a letter; it never changes.",
    )
    name = Text(max_length=120)


class TenantQuery(ListQuery):
    status = serializers.ChoiceField(required=False, choices=Tenant.Status.values)
    q = serializers.CharField(required=False, max_length=200, help_text="In slug and name.")


class TenantRow(serializers.Serializer[Any]):
    id = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Tenant.Status.values)
    reporting_tz = serializers.CharField()
    week_start = serializers.IntegerField()
    locale = serializers.CharField()
    currency = serializers.CharField()
    mfa_policy = serializers.ChoiceField(choices=Tenant.MfaPolicy.values)
    session_hours = serializers.IntegerField()
    unpriced_policy = serializers.ChoiceField(choices=Tenant.Unpriced.values)
    vault = serializers.ChoiceField(choices=Tenant.Vault.values)
    foreign_reasoning = serializers.ChoiceField(choices=Tenant.ForeignReasoning.values)
    tag_keys = serializers.ListField(child=serializers.CharField())
    first_request_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class PlatformTenant(TenantRow):
    markup_bp = serializers.IntegerField()
    charge_on_disconnect = serializers.ChoiceField(choices=Tenant.OnDisconnect.values)
    charge_on_empty = serializers.ChoiceField(choices=Tenant.OnEmpty.values)


class UserQuery(ListQuery):
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)
    q = serializers.CharField(required=False, max_length=200, help_text="In e-mail and name.")


class UserCreate(Strict):
    email = serializers.EmailField(max_length=254)
    display_name = Text(required=False, allow_blank=True, max_length=120)


class UserUpdate(Strict):
    display_name = Text(required=False, allow_blank=True, max_length=120)
    is_active = Flag(required=False)


class UserTenant(serializers.Serializer[Any]):
    id = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    role = serializers.CharField()
    status = serializers.CharField()


class UserRow(serializers.ModelSerializer[User]):
    id = serializers.CharField()
    mfa_enabled = serializers.BooleanField()
    tenants = UserTenant(many=True)

    class Meta:
        model = User
        fields: ClassVar[list[str]] = [
            "id",
            "email",
            "display_name",
            "locale",
            "tz",
            "is_superadmin",
            "is_active",
            "mfa_enabled",
            "last_seen_at",
            "tenants",
            "created_at",
            "updated_at",
            "version",
        ]
        read_only_fields = fields


class CreatedUser(UserRow):
    """With the link: in this one answer and never again."""

    link = serializers.CharField(
        read_only=True, allow_null=True, help_text="Sets the password once."
    )

    class Meta(UserRow.Meta):
        fields: ClassVar[list[str]] = [*UserRow.Meta.fields, "link"]
        read_only_fields = fields


class ResetLinkRequest(Strict):
    mfa = Flag(required=False, default=False, help_text="Also take the second factor away.")


class ResetLink(serializers.Serializer[Any]):
    link = serializers.CharField(
        allow_null=True, help_text="Works once; shown in this answer only."
    )


class SessionRow(serializers.Serializer[Any]):
    id = serializers.CharField()
    current = serializers.BooleanField()
    ip = serializers.CharField()
    user_agent = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()


class SessionsEnded(serializers.Serializer[Any]):
    sessions_ended = serializers.IntegerField()
