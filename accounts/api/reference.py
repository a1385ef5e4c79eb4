"""The API reference: the OpenAPI document, and Swagger UI without inline script or style."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView

JSON: Final = "application/vnd.oai.openapi+json"
YAML: Final = "application/vnd.oai.openapi"


def _as_yaml(document: Any) -> bytes:
    text: bytes = OpenApiYamlRenderer().render(document, renderer_context={})
    return text


RENDERERS: Final[Mapping[str, Callable[[Any], bytes]]] = {
    JSON: msgspec.json.encode,
    YAML: _as_yaml,
}


@cache
def rendered(media_type: str) -> bytes:
    """Once per process: making the document takes a second, and it never changes."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    return RENDERERS[media_type](document)


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """JSON, or YAML for who asks for it."""
    wants_yaml = "yaml" in request.headers.get("Accept", "") or request.GET.get("format") == "yaml"
    media_type = YAML if wants_yaml else JSON
    return HttpResponse(rendered(media_type), content_type=media_type)


reference_patterns: Final[list[URLPattern]] = [
    path("api/schema", schema, name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="swagger-ui"),
]
