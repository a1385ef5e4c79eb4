from typing import Any, ClassVar, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.fields import Choice, Flag, Strict, Text, WholeNumber, Words
from accounts.api.serializers.shared import ListQuery
from providers.kinds import CREDENTIAL_KINDS
from providers.models import Credential as CredentialRow
from providers.selectors.credentials import STATES, duplicate_of, state_of

INT: Final = 2**31 - 1
BIGINT: Final = 2**63 - 1
MAX_MODELS: Final = 500
MAX_SECRET: Final = 16_384


class CredentialFields(Strict):
    """What may be set on a credential, at creation and later."""

    name = Text(max_length=120)
    kind = Choice(required=False, choices=CREDENTIAL_KINDS)
    secret = Text(
        required=False,
        max_length=MAX_SECRET,
        write_only=True,
        help_text="Never shown again; of it only the last four characters.",
    )
    header = Text(
        required=False,
        allow_blank=True,
        max_length=100,
        help_text="Of kind header: the name under which the secret is sent.",
    )
    weight = WholeNumber(required=False, min_value=1, max_value=1000)
    priority = WholeNumber(required=False, min_value=0, max_value=INT)
    enabled = Flag(required=False)
    models = Words(
        required=False, length=200, most=MAX_MODELS, help_text="Public names; empty: all."
    )
    rpm_limit = WholeNumber(required=False, allow_null=True, min_value=1, max_value=INT)
    tpm_limit = WholeNumber(required=False, allow_null=True, min_value=1, max_value=BIGINT)
    concurrency_limit = WholeNumber(required=False, allow_null=True, min_value=1, max_value=INT)
    cost_center = Text(required=False, allow_blank=True, max_length=100)
    expires_at = Text(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=40,
        help_text="RFC 3339, or a date: the end of that day in the tenant's reporting zone.",
    )


class CredentialCreate(CredentialFields):
    pass


class CredentialUpdate(CredentialFields):
    pass


class CredentialRotate(Strict):
    secret = Text(max_length=MAX_SECRET, write_only=True, help_text="Takes the place of the old.")


class CredentialQuery(ListQuery):
    pass


class Credential(serializers.ModelSerializer[CredentialRow]):
    kind = serializers.ChoiceField(choices=CREDENTIAL_KINDS)
    models = serializers.ListField(child=serializers.CharField(), source="allowed_models")
    state = serializers.SerializerMethodField()
    duplicate_of = serializers.SerializerMethodField(
        help_text="Another credential of the same owner that holds the same secret."
    )

    class Meta:
        model = CredentialRow
        fields: ClassVar[list[str]] = [
            "id",
            "name",
            "kind",
            "header",
            "suffix",
            "weight",
            "priority",
            "enabled",
            "models",
            "rpm_limit",
            "tpm_limit",
            "concurrency_limit",
            "cost_center",
            "expires_at",
            "state",
            "state_reason",
            "state_until",
            "last_error",
            "last_ok_at",
            "duplicate_of",
            "version",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields

    @extend_schema_field({"type": "string", "enum": list(STATES)})
    def get_state(self, row: CredentialRow) -> str:
        return state_of(row)

    @extend_schema_field({"type": ["string", "null"]})
    def get_duplicate_of(self, row: CredentialRow) -> Any:
        return duplicate_of(row)
