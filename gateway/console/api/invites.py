"""An invitation as its holder sees and accepts it."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import unknown_actor, user_actor
from accounts.errors import Refused
from accounts.models import User
from accounts.selectors.invites import closed_reason, invite_by_token
from accounts.services.invites import accept_invite, token_digest
from accounts.services.sign_in import rotate_session, sign_in
from accounts.tenancy import platform_scope
from gateway.console.api.anonymous import AnonymousView, SessionStartView
from gateway.console.api.serializers import (
    AcceptInviteSerializer,
    InviteAcceptedSerializer,
    InvitePreviewSerializer,
)


class InviteView(AnonymousView):
    @extend_schema(
        parameters=[OpenApiParameter("token", str, required=True)],
        responses=InvitePreviewSerializer,
    )
    def get(self, request: Request) -> Response:
        digest = token_digest(request.query_params.get("token", ""))
        with platform_scope("show an invitation: its tenant is known by its token only"):
            invite = invite_by_token(digest=digest)
            reason = closed_reason(invite)
            if reason:
                raise Refused(reason)
            known = User.objects.filter(email=invite.email).exists()
            preview = {
                "email": invite.email,
                "role": invite.role,
                "tenant": {"name": invite.tenant.name},
                "user_exists": known,
            }
        return Response(preview, headers={"Cache-Control": "no-store"})


class AcceptInviteView(SessionStartView):
    @extend_schema(request=AcceptInviteSerializer, responses=InviteAcceptedSerializer)
    def post(self, request: Request) -> Response:
        given = self.body(AcceptInviteSerializer)
        plain = request._request  # noqa: SLF001 - allauth takes Django's request
        person = plain.user if plain.user.is_authenticated else None
        accepted = accept_invite(
            actor=user_actor(plain, user=person) if person else unknown_actor(plain),
            token=given["token"],
            user=person,
            password=given.get("password", ""),
            display_name=given.get("display_name", ""),
        )
        if accepted.user_created:
            sign_in(plain, user=accepted.user)
        else:
            rotate_session(plain)
        return Response({"tenant": {"slug": accepted.tenant.slug}})
