"""Tells the edge which route Django chose, by its name or pattern in the URL table."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin


class RouteName(MiddlewareMixin):
    """The name labels metrics: it comes from configuration, as the path does not."""

    def process_view(
        self, request: HttpRequest, _view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> None:
        scope: dict[str, Any] = getattr(request, "scope", {})
        match = request.resolver_match
        if match is not None and "state" in scope:
            scope["state"]["route"] = match.view_name if match.url_name else match.route
