"""Every path of providers and prices below /api/v1/."""

from typing import Final

from django.urls import URLPattern, path

from providers.api.views.catalog import KindsView, PresetsView
from providers.api.views.credentials import CredentialViewSet
from providers.api.views.health import HealthView
from providers.api.views.models import ModelViewSet
from providers.api.views.prices import PriceViewSet
from providers.api.views.probing import ProbingViewSet
from providers.api.views.providers import ProviderViewSet

ONE: Final = "providers/<str:provider_id>"
CREDENTIAL: Final = f"{ONE}/credentials/<str:credential_id>"

urlpatterns: Final[list[URLPattern]] = [
    path("providers", ProviderViewSet.as_view({"get": "list", "post": "create"})),
    path("providers/health", HealthView.as_view()),
    path("providers/kinds", KindsView.as_view()),
    path("providers/presets", PresetsView.as_view()),
    path("providers/test", ProbingViewSet.as_view({"post": "draft"})),
    path(
        ONE,
        ProviderViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
    path(f"{ONE}/enable", ProviderViewSet.as_view({"post": "enable"})),
    path(f"{ONE}/disable", ProviderViewSet.as_view({"post": "disable"})),
    path(f"{ONE}/drain", ProviderViewSet.as_view({"post": "drain"})),
    path(f"{ONE}/test", ProbingViewSet.as_view({"post": "try_out"})),
    path(f"{ONE}/checks", ProbingViewSet.as_view({"get": "checks", "post": "check"})),
    path(f"{ONE}/credentials", CredentialViewSet.as_view({"get": "list", "post": "create"})),
    path(
        CREDENTIAL,
        CredentialViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
    path(f"{CREDENTIAL}/rotate", CredentialViewSet.as_view({"post": "rotate"})),
    path(f"{CREDENTIAL}/enable", CredentialViewSet.as_view({"post": "enable"})),
    path(f"{CREDENTIAL}/disable", CredentialViewSet.as_view({"post": "disable"})),
    path(f"{CREDENTIAL}/reset", CredentialViewSet.as_view({"post": "reset"})),
    path(f"{CREDENTIAL}/test", ProbingViewSet.as_view({"post": "try_credential"})),
    path(f"{ONE}/models", ModelViewSet.as_view({"get": "list", "post": "create"})),
    path(f"{ONE}/models/sync", ProbingViewSet.as_view({"post": "sync"})),
    path(
        f"{ONE}/models/<str:model_id>",
        ModelViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
    path("prices", PriceViewSet.as_view({"get": "list", "post": "create"})),
    path("prices/vendors", PriceViewSet.as_view({"get": "vendors"})),
    path("prices/lookup", PriceViewSet.as_view({"get": "lookup"})),
    path(
        "prices/<str:price_id>",
        PriceViewSet.as_view({"get": "retrieve", "patch": "update", "delete": "destroy"}),
    ),
]
