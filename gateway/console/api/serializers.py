"""Bodies of the console's own endpoints."""

from typing import Any

from rest_framework import serializers

from accounts.api.fields import Choice, Flag, Strict, Text
from accounts.models import Role, User
from accounts.regions import LOCALES, is_currency, is_time_zone

LONGEST_PASSWORD = 1024


class TimeZone(Text):
    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if not is_time_zone(name):
            raise serializers.ValidationError("no IANA time zone, as Europe/Berlin", code="invalid")
        return name


class Currency(Text):
    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if not is_currency(code):
            raise serializers.ValidationError("no ISO 4217 code, as USD", code="invalid")
        return code


class Email(serializers.EmailField):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data).lower()


class Password(Text):
    """Kept as typed: spaces at the ends belong to it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            trim_whitespace=False, max_length=LONGEST_PASSWORD, write_only=True, **kwargs
        )


class ComponentSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    state = serializers.CharField(help_text="ok, or what is wrong")


class SignInMethodsSerializer(serializers.Serializer[Any]):
    password = serializers.BooleanField()
    email_reset = serializers.BooleanField(help_text="whether a reset link can be mailed")


class BootSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    build = serializers.CharField()
    setup_required = serializers.BooleanField()
    components = ComponentSerializer(many=True)
    sign_in = SignInMethodsSerializer()
    locale_default = serializers.CharField()
    csrf = serializers.CharField()


class SetupSerializer(Strict):
    token = Text(max_length=200, write_only=True)
    email = Email(max_length=254)
    password = Password()
    tenant = Text(max_length=120)
    locale = Choice(choices=LOCALES, default=LOCALES[0])
    tz = TimeZone(max_length=64, default="UTC")
    currency = Currency(max_length=3, default="USD")


class NamedTenantSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class OwnerSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    display_name = serializers.CharField()


class SetupDoneSerializer(serializers.Serializer[Any]):
    tenant = NamedTenantSerializer()
    user = OwnerSerializer()


class MeUserSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    display_name = serializers.CharField()
    locale = serializers.ChoiceField(choices=LOCALES)
    tz = serializers.CharField()
    theme = serializers.ChoiceField(choices=User.Theme.choices)
    density = serializers.ChoiceField(choices=User.Density.choices)
    shortcuts = serializers.BooleanField()
    is_superadmin = serializers.BooleanField()
    mfa_enabled = serializers.BooleanField()


class MeTenantSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.choices)
    status = serializers.CharField()


class CurrentTenantSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    status = serializers.CharField()
    mfa_policy = serializers.CharField()


class SessionSerializer(serializers.Serializer[Any]):
    expires_at = serializers.DateTimeField()
    step_up_until = serializers.DateTimeField(
        allow_null=True, help_text="until when the last proof of identity counts"
    )


class ServerSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    build = serializers.CharField()
    now = serializers.DateTimeField()
    api_base = serializers.URLField()


class MeSerializer(serializers.Serializer[Any]):
    user = MeUserSerializer()
    tenants = MeTenantSerializer(many=True)
    tenant = CurrentTenantSerializer(allow_null=True)
    role = serializers.ChoiceField(choices=Role.choices, allow_null=True)
    capabilities = serializers.ListField(child=serializers.CharField())
    locale = serializers.ChoiceField(choices=LOCALES)
    tz = serializers.CharField()
    reporting_tz = serializers.CharField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    features = serializers.DictField(child=serializers.BooleanField())
    csrf = serializers.CharField()
    first_request_at = serializers.DateTimeField(allow_null=True)
    session = SessionSerializer()
    server = ServerSerializer()
    mfa_required = serializers.BooleanField(
        help_text="nothing else is open to this person until a second factor is set up"
    )


class PreferencesSerializer(Strict):
    display_name = Text(max_length=120, allow_blank=True, required=False)
    locale = Choice(choices=LOCALES, required=False)
    tz = TimeZone(max_length=64, required=False)
    theme = Choice(choices=User.Theme.choices, required=False)
    density = Choice(choices=User.Density.choices, required=False)
    shortcuts = Flag(required=False)


class InviteTenantSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()


class InvitePreviewSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)
    tenant = InviteTenantSerializer()
    user_exists = serializers.BooleanField()


class AcceptInviteSerializer(Strict):
    token = Text(max_length=200, write_only=True)
    password = Password(required=False, allow_blank=True)
    display_name = Text(max_length=120, required=False, allow_blank=True)


class JoinedTenantSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()


class InviteAcceptedSerializer(serializers.Serializer[Any]):
    tenant = JoinedTenantSerializer()


class ErrorCodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    status = serializers.IntegerField()
    meaning = serializers.CharField()
    cause = serializers.CharField()
    fix = serializers.CharField()
    retry = serializers.BooleanField(help_text="whether the same request may succeed later")


class ErrorCodesSerializer(serializers.Serializer[Any]):
    data = ErrorCodeSerializer(many=True)  # type: ignore[assignment]
