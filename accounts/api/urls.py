"""Every path of the management API, by resource."""

from typing import Any, Final

from django.urls import URLPattern, path

from accounts.api.views.audit import AuditViewSet
from accounts.api.views.invites import InviteViewSet
from accounts.api.views.keys import KeyViewSet, PublishedKeyViewSet
from accounts.api.views.members import MemberViewSet
from accounts.api.views.sessions import SessionViewSet
from accounts.api.views.teams import TeamMemberViewSet, TeamViewSet
from accounts.api.views.tenants import OwnTenantViewSet, TenantAdministration
from accounts.api.views.users import UserViewSet

# Below /api/v1/.
urlpatterns: Final[list[URLPattern]] = [
    path("keys", KeyViewSet.as_view({"get": "list", "post": "create"})),
    path("keys/bulk", KeyViewSet.as_view({"post": "bulk"})),
    path(
        "keys/<str:key_id>",
        KeyViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "disable"}),
    ),
    path("keys/<str:key_id>/rotate", KeyViewSet.as_view({"post": "rotate"})),
    path("keys/<str:key_id>/aws-pair", KeyViewSet.as_view({"post": "aws_pair"})),
    path("keys/<str:key_id>/revoke", KeyViewSet.as_view({"post": "revoke"})),
    path("keys/<str:key_id>/enable", KeyViewSet.as_view({"post": "enable"})),
    path("keys/<str:key_id>/clone", KeyViewSet.as_view({"post": "clone"})),
    path("members", MemberViewSet.as_view({"get": "list"})),
    path(
        "members/<str:member_id>",
        MemberViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
    path("teams", TeamViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "teams/<str:team_id>",
        TeamViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
    path(
        "teams/<str:team_id>/members",
        TeamMemberViewSet.as_view({"get": "list", "post": "create"}),
    ),
    path(
        "teams/<str:team_id>/members/<str:user_id>",
        TeamMemberViewSet.as_view({"delete": "destroy"}),
    ),
    path("invites", InviteViewSet.as_view({"get": "list", "post": "create"})),
    path("invites/<str:invite_id>", InviteViewSet.as_view({"get": "retrieve"})),
    path("invites/<str:invite_id>/resend", InviteViewSet.as_view({"post": "resend"})),
    path("invites/<str:invite_id>/revoke", InviteViewSet.as_view({"post": "revoke"})),
    path("audit", AuditViewSet.as_view({"get": "list"})),
    path("audit/verify", AuditViewSet.as_view({"get": "verify"})),
    path("audit/export", AuditViewSet.as_view({"get": "export"})),
    path("tenant", OwnTenantViewSet.as_view({"get": "retrieve", "patch": "update"})),
    path("tenants", TenantAdministration.as_view({"get": "list", "post": "create"})),
    path(
        "tenants/<str:tenant_id>",
        TenantAdministration.as_view({"get": "retrieve", "patch": "update"}),
    ),
    path("tenants/<str:tenant_id>/suspend", TenantAdministration.as_view({"post": "suspend"})),
    path("tenants/<str:tenant_id>/resume", TenantAdministration.as_view({"post": "resume"})),
    path("users", UserViewSet.as_view({"get": "list", "post": "create"})),
    path("users/<str:user_id>", UserViewSet.as_view({"get": "retrieve", "patch": "update"})),
    path("users/<str:user_id>/reset-link", UserViewSet.as_view({"post": "reset_link"})),
    path("sessions", SessionViewSet.as_view({"get": "list"})),
    path("sessions/revoke-all", SessionViewSet.as_view({"post": "revoke_all"})),
    path("sessions/<str:session_id>", SessionViewSet.as_view({"delete": "destroy"})),
]


def _published(route: str, actions: dict[str, Any]) -> list[URLPattern]:
    """With and without trailing slash; the API reference shows the one without."""
    return [
        path(route, PublishedKeyViewSet.as_view(actions)),
        path(f"{route}/", PublishedKeyViewSet.as_view(actions, schema=None)),
    ]


# Below /, before Django admin.
published_patterns: Final[list[URLPattern]] = [
    *_published("admin/api-keys", {"get": "list", "post": "create"}),
    *_published(
        "admin/api-keys/<str:key_id>",
        {"get": "retrieve", "patch": "update", "delete": "disable"},
    ),
]
