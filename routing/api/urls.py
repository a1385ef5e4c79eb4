"""Every path of routing, below /api/v1/routing/."""

from typing import Final

from django.urls import URLPattern, path

from routing.api.views import AliasViewSet, DefaultModelViewSet

urlpatterns: Final[list[URLPattern]] = [
    path("aliases", AliasViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "aliases/<str:alias_id>",
        AliasViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
    path("default", DefaultModelViewSet.as_view({"get": "retrieve", "put": "replace"})),
]
