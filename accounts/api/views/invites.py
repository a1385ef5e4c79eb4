from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import TenantViewSet
from accounts.api.paths import found, row_id
from accounts.api.schema import envelope
from accounts.api.serializers.members import InviteCreate, InviteQuery, InviteRow, SentInvite
from accounts.models import Invite
from accounts.selectors.invites import invites_of
from accounts.services import invites as services

CREATED = 201


class InviteViewSet(TenantViewSet):
    capabilities = {
        "list": "member.write",
        "retrieve": "member.write",
        "create": "member.write",
        "resend": "member.write",
        "revoke": "member.write",
    }
    step_up = frozenset({"create", "resend"})
    shown_once = frozenset({"link"})

    @extend_schema(parameters=[InviteQuery], responses=envelope(InviteRow))
    def list(self, _request: Request) -> Response:
        status = self.query(InviteQuery).get("status")
        rows = invites_of(access=self.access)
        if status == "expired":
            rows = rows.filter(status=Invite.Status.PENDING, expires_at__lte=timezone.now())
        elif status == Invite.Status.PENDING:
            rows = rows.filter(status=status, expires_at__gt=timezone.now())
        elif status:
            rows = rows.filter(status=status)
        return self.page(rows, serializer=InviteRow)

    @extend_schema(responses=InviteRow)
    def retrieve(self, _request: Request, invite_id: str) -> Response:
        invite = invites_of(access=self.access).filter(pk=row_id(invite_id)).first()
        return self.row(found(invite), serializer=InviteRow)

    @extend_schema(request=InviteCreate, responses={CREATED: SentInvite})
    def create(self, _request: Request) -> Response:
        asked = self.body(InviteCreate)
        sent = services.create_invite(
            actor=self.actor(),
            access=self.access,
            email=asked["email"],
            role=asked["role"],
            team_id=asked.get("team"),
        )
        return self._sent(sent, status=CREATED)

    @extend_schema(request=None, responses=SentInvite, summary="Send a new link, valid for 7 days")
    def resend(self, _request: Request, invite_id: str) -> Response:
        sent = services.resend_invite(
            actor=self.actor(),
            access=self.access,
            invite_id=row_id(invite_id),
            expected_version=self.expected_version(),
        )
        return self._sent(sent, status=200)

    @extend_schema(request=None, responses=InviteRow)
    def revoke(self, _request: Request, invite_id: str) -> Response:
        invite = services.revoke_invite(
            actor=self.actor(),
            access=self.access,
            invite_id=row_id(invite_id),
            expected_version=self.expected_version(),
        )
        return self.row(invite, serializer=InviteRow)

    def _sent(self, sent: services.SentInvite, *, status: int) -> Response:
        once = {"email_sent": sent.email_sent, "link": sent.link}
        return self.row(sent.invite, serializer=InviteRow, status=status, once=once)
