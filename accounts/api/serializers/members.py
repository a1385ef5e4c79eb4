from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.fields import Choice, Flag, RowId, Strict, Text, Words
from accounts.api.serializers.shared import Creator, ListQuery, NamedId, Person
from accounts.models import Invite, Membership, Role
from accounts.selectors.invites import status_of

INVITE_STATUSES = ("pending", "accepted", "revoked", "expired")


class MemberQuery(ListQuery):
    role = serializers.ChoiceField(required=False, choices=Role.values)
    status = serializers.ChoiceField(required=False, choices=Membership.Status.values)
    q = serializers.CharField(required=False, max_length=200, help_text="In e-mail and name.")


class MemberUpdate(Strict):
    role = Choice(required=False, choices=Role.values)
    status = Choice(required=False, choices=Membership.Status.values)


class MemberPerson(serializers.Serializer[Any]):
    id = serializers.CharField(source="user_id")
    email = serializers.EmailField(source="user.email")
    display_name = serializers.CharField(source="user.display_name", allow_blank=True)
    last_seen_at = serializers.DateTimeField(source="user.last_seen_at", allow_null=True)
    mfa_enabled = serializers.BooleanField()


class Member(serializers.Serializer[Any]):
    id = serializers.CharField()
    user = MemberPerson(source="*")
    role = serializers.ChoiceField(choices=Role.values)
    status = serializers.ChoiceField(choices=Membership.Status.values)
    teams = NamedId(many=True)
    key_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class MemberRemoved(serializers.Serializer[Any]):
    keys_disabled = serializers.IntegerField()


class InviteQuery(ListQuery):
    status = serializers.ChoiceField(required=False, choices=INVITE_STATUSES)


class InviteCreate(Strict):
    email = serializers.EmailField(max_length=254)
    role = Choice(choices=Role.values)
    team = RowId(required=False, allow_null=True, help_text="Team id.")


class InviteRow(serializers.Serializer[Any]):
    id = serializers.CharField()
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.values)
    team = NamedId(allow_null=True)
    status = serializers.SerializerMethodField()
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    invited_by = Creator(source="created_by", allow_null=True)
    version = serializers.IntegerField()

    @extend_schema_field({"type": "string", "enum": list(INVITE_STATUSES)})
    def get_status(self, invite: Invite) -> str:
        return status_of(invite)


class SentInvite(InviteRow):
    email_sent = serializers.BooleanField()
    link = serializers.CharField(
        allow_null=True, help_text="To copy, where no mail is sent; shown in this answer only."
    )


class TeamFields(Strict):
    name = Text(max_length=120)
    parent = RowId(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="Team id."
    )
    allowed_models = Words(required=False, length=200, most=200)


class TeamQuery(ListQuery):
    q = serializers.CharField(required=False, max_length=200, help_text="In the name.")


class TeamRow(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    parent = NamedId(allow_null=True)
    allowed_models = serializers.ListField(child=serializers.CharField())
    member_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class TeamMemberAdd(Strict):
    user = RowId(help_text="User id of a member of the tenant.")
    lead = Flag(required=False, default=False)


class TeamMemberRow(serializers.Serializer[Any]):
    id = serializers.CharField()
    user = Person()
    lead = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()
