from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PlatformViewSet
from accounts.api.paths import found, row_id
from accounts.api.schema import envelope
from accounts.api.serializers.tenants import (
    CreatedUser,
    ResetLink,
    ResetLinkRequest,
    UserCreate,
    UserQuery,
    UserRow,
    UserUpdate,
)
from accounts.selectors.people import all_users
from accounts.services import users as services
from accounts.services.enrolment import enrol_user

CREATED = 201


class UserViewSet(PlatformViewSet):
    capabilities = {
        "list": "platform.users",
        "create": "platform.users",
        "retrieve": "platform.users",
        "update": "platform.users",
        "reset_link": "platform.users",
    }
    shown_once = frozenset({"link"})

    @extend_schema(parameters=[UserQuery], responses=envelope(UserRow))
    def list(self, _request: Request) -> Response:
        asked = self.query(UserQuery)
        rows = all_users()
        if asked["is_active"] is not None:
            rows = rows.filter(is_active=asked["is_active"])
        if "q" in asked:
            rows = rows.filter(
                Q(email__icontains=asked["q"]) | Q(display_name__icontains=asked["q"])
            )
        return self.page(rows, serializer=UserRow)

    @extend_schema(
        summary="An account and the one-time link that sets its password",
        request=UserCreate,
        responses={CREATED: CreatedUser},
    )
    def create(self, _request: Request) -> Response:
        user, link = enrol_user(actor=self.actor(), **self.body(UserCreate))
        made = all_users().get(pk=user.pk)
        return self.row(made, serializer=UserRow, status=CREATED, once={"link": link})

    @extend_schema(responses=UserRow)
    def retrieve(self, _request: Request, user_id: str) -> Response:
        user = all_users().filter(pk=row_id(user_id)).first()
        return self.row(found(user), serializer=UserRow)

    @extend_schema(request=UserUpdate, responses=UserRow)
    def update(self, _request: Request, user_id: str) -> Response:
        user = services.update_user(
            actor=self.actor(),
            user_id=row_id(user_id),
            changes=self.body(UserUpdate, partial=True),
            expected_version=self.expected_version(),
        )
        return self.row(all_users().get(pk=user.pk), serializer=UserRow)

    @extend_schema(
        summary="One-time link that sets a new password",
        request=ResetLinkRequest,
        responses=ResetLink,
    )
    def reset_link(self, _request: Request, user_id: str) -> Response:
        link = services.make_reset_link(
            actor=self.actor(), user_id=row_id(user_id), mfa=self.body(ResetLinkRequest)["mfa"]
        )
        return Response({"link": link}, headers={"Cache-Control": "no-store"})
