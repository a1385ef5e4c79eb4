"""The API reference: the OpenAPI document, and Swagger UI without inline script or style."""

from typing import Final

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

reference_patterns: Final[list[URLPattern]] = [
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="swagger-ui"),
]
