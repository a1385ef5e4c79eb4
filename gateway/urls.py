"""The URL table of the control plane; what the edge answers itself stands in gateway.asgi."""

from typing import Final

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.api.reference import reference_patterns
from accounts.api.urls import published_patterns
from billing.api.usage_urls import published_patterns as usage_patterns
from gateway.console.spa import page_urls
from gateway.views import console_run

urlpatterns: Final = [
    path("api/console/run", console_run, name="console-run"),
    path("api/console/", include("gateway.console.api.urls")),
    path("api/auth/browser/v1/", include("accounts.api.sign_in.urls")),
    path("api/v1/", include("accounts.api.urls")),
    # Before those of providers, whose prices are found by their id.
    path("api/v1/", include("billing.api.urls")),
    path("api/v1/", include("providers.api.urls")),
    path("api/v1/", include("billing.api.usage_urls")),
    path("api/v1/routing/", include("routing.api.urls")),
    *published_patterns,
    *usage_patterns,
    *reference_patterns,
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    *page_urls(),
]

handler400: Final = "accounts.api.problems.bad_request"
handler404: Final = "gateway.console.pages.not_found"
handler500: Final = "accounts.api.problems.server_error"
