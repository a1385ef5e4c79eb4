"""Who is signed in, where, and what they may do: everything the console is gated by."""

from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from django.conf import settings
from django.middleware.csrf import get_token
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import mfa, sessions
from accounts.access import Access
from accounts.api.base import TENANT_HEADER, ManagementView
from accounts.api.permissions import SIGNED_IN, Needs, Reach
from accounts.errors import Refused
from accounts.models import Tenant, User
from accounts.selectors.access import access_of_person, access_of_user, memberships_of
from accounts.services.preferences import change_preferences
from gateway import VERSION
from gateway.console.api.serializers import MeSerializer, PreferencesSerializer
from gateway.console.build import build_id


class MeView(ManagementView):
    capabilities: ClassVar[Needs] = {"get": SIGNED_IN, "patch": SIGNED_IN}
    reach = Reach.PERSON

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return _answer(request, user=cast("User", request.user))

    @extend_schema(request=PreferencesSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        user = change_preferences(
            actor=self.actor(),
            user=cast("User", request.user),
            changes=self.body(PreferencesSerializer),
        )
        return _answer(request, user=user)


def _answer(request: Request, *, user: User) -> Response:
    return Response(me(request, user=user), headers={"Cache-Control": "no-store"})


def me(request: Request, *, user: User) -> dict[str, Any]:
    access = _access(user, choice=request.headers.get(TENANT_HEADER, ""))
    enrolled = mfa.is_enrolled(user_id=user.pk)
    tenant = access.tenant
    return {
        "user": _user(user, enrolled=enrolled),
        "tenants": [
            {
                "id": row.tenant.pk,
                "slug": row.tenant.slug,
                "name": row.tenant.name,
                "role": row.role,
                "status": row.tenant.status,
            }
            for row in memberships_of(user_id=user.pk)
        ],
        "tenant": _tenant(tenant) if tenant else None,
        "role": access.role,
        "capabilities": sorted(access.capabilities),
        "locale": user.locale,
        "tz": user.tz,
        "reporting_tz": tenant.reporting_tz if tenant else None,
        "currency": tenant.currency if tenant else None,
        "features": {
            "email": bool(settings.EMAIL_URL),
            "django_admin": settings.DJANGO_ADMIN_ENABLED,
        },
        "csrf": get_token(request),
        "first_request_at": tenant.first_request_at if tenant else None,
        "session": {
            "expires_at": sessions.expires_at(request.session),
            "step_up_until": sessions.proof_until(request),
        },
        "server": _server(),
        "mfa_required": _asked_for_mfa(access) and not enrolled,
    }


def _access(user: User, *, choice: str) -> Access:
    """In the tenant named, else the first of the person's; a superadmin may have none."""
    if not choice:
        memberships = memberships_of(user_id=user.pk)
        choice = memberships[0].tenant.slug if memberships else ""
    try:
        return access_of_user(user=user, tenant_choice=choice)
    except Refused as refused:
        if refused.code != "tenant_required":
            raise
        return access_of_person(user=user)


def _asked_for_mfa(access: Access) -> bool:
    return access.tenant is not None and mfa.policy_asks(
        policy=access.tenant.mfa_policy, role=access.role, superadmin=access.superadmin
    )


def _user(user: User, *, enrolled: bool) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "display_name": user.display_name,
        "locale": user.locale,
        "tz": user.tz,
        "theme": user.theme,
        "density": user.density,
        "shortcuts": user.shortcuts,
        "is_superadmin": user.is_superadmin,
        "mfa_enabled": enrolled,
    }


def _tenant(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.pk,
        "slug": tenant.slug,
        "name": tenant.name,
        "status": tenant.status,
        "mfa_policy": tenant.mfa_policy,
    }


def _server() -> dict[str, Any]:
    return {
        "version": VERSION,
        "build": build_id(settings.CONSOLE_DIST),
        "now": datetime.now(UTC),
        "api_base": f"{settings.BASE_URL}/v1",
    }
