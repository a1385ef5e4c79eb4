"""Every path of usage and cost."""

from typing import Final

from django.urls import URLPattern, path

from billing.api.views.explore import ExploreView
from billing.api.views.rerating import RatingViewSet
from billing.api.views.usage import (
    CurrentView,
    DailyView,
    GroupView,
    SummaryView,
    TagView,
    UsageView,
)

GROUPS: Final = {
    "by-model": "requested_model",
    "by-user": "user_id",
    "by-key": "key_id",
    "by-team": "team_id",
    "by-provider": "provider_id",
    "by-credential": "credential_id",
}

# Below /api/v1/.
urlpatterns: Final[list[URLPattern]] = [
    path("cost/current", CurrentView.as_view()),
    path("cost/daily", DailyView.as_view()),
    path("cost/explore", ExploreView.as_view()),
    path("cost/rerate", RatingViewSet.as_view({"post": "rerate"})),
    path("cost/what-if", RatingViewSet.as_view({"post": "what_if"})),
    *(path(f"cost/{name}", GroupView.as_view(by=column)) for name, column in GROUPS.items()),
    path("cost/by-tag", TagView.as_view()),
]

# Below /, before Django admin.
published_patterns: Final[list[URLPattern]] = [
    path("admin/usage", UsageView.as_view()),
    path("admin/usage/", UsageView.as_view(schema=None)),
    path("admin/usage/summary", SummaryView.as_view()),
    path("admin/usage/summary/", SummaryView.as_view(schema=None)),
]
