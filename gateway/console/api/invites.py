"""An invitation as its holder sees and accepts it."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import unknown_actor, user_actor
from accounts.selectors.invites import preview_of
from accounts.services.invites import accept_invite, token_digest
from accounts.services.sign_in import rotate_session, sign_in
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
        preview = preview_of(digest=token_digest(request.query_params.get("token", "")))
        return Response(
            {
                "email": preview.email,
                "role": preview.role,
                "tenant": {"name": preview.tenant_name},
                "user_exists": preview.user_exists,
            },
            headers={"Cache-Control": "no-store"},
        )


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
