"""The first owner signs up by the set-up link."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.callers import unknown_actor
from accounts.services.setup import FirstOwner, complete_setup
from accounts.services.sign_in import sign_in
from gateway.console.api.anonymous import SessionStartView
from gateway.console.api.serializers import SetupDoneSerializer, SetupSerializer


class SetupView(SessionStartView):
    @extend_schema(request=SetupSerializer, responses={201: SetupDoneSerializer})
    def post(self, request: Request) -> Response:
        values = self.body(SetupSerializer)
        user, tenant = complete_setup(
            caller=unknown_actor(request),
            token=values["token"],
            owner=FirstOwner(
                email=values["email"],
                password=values["password"],
                tenant_name=values["tenant"],
                locale=values["locale"],
                tz=values["tz"],
                currency=values["currency"],
            ),
        )
        sign_in(request._request, user=user)  # noqa: SLF001 - allauth takes Django's request
        return Response(
            {
                "tenant": {"id": tenant.pk, "slug": tenant.slug, "name": tenant.name},
                "user": {"id": user.pk, "email": user.email, "display_name": user.display_name},
            },
            status=status.HTTP_201_CREATED,
            headers={"Cache-Control": "no-store"},
        )
