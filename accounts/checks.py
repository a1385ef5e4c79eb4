"""accounts.E001: every management route says what it asks of its caller, and is throttled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.apps import AppConfig
from django.core.checks import Error, register
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.api.base import ManagementView
from accounts.api.permissions import OPEN_NEEDS
from accounts.permissions import ALL

MANAGEMENT_PREFIXES: Final = ("api/v1/", "api/console/", "admin/api-keys", "admin/usage")
# Asynchronous and answering as the data plane does; declares nothing, asks for `playground.use`.
PIPELINE_PATH: Final = "api/console/run"
KNOWN_NEEDS: Final = ALL | OPEN_NEEDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One path of the URL table with what answers it."""

    path: str
    view: Any
    actions: dict[str, str]

    @property
    def is_management(self) -> bool:
        return self.path.startswith(MANAGEMENT_PREFIXES) and self.path != PIPELINE_PATH


def routes(patterns: list[Any] | None = None, prefix: str = "") -> Iterator[Route]:
    """Every path of the resolver, or of `patterns`."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            yield Route(path=path, view=view, actions=_actions(pattern.callback, view))


def _actions(callback: Any, view: Any) -> dict[str, str]:
    """Method → name under which `capabilities` lists it."""
    declared = getattr(callback, "actions", None)
    if declared:
        return {method: action for method, action in declared.items() if method != "head"}
    names = getattr(view, "http_method_names", [])
    return {name: name for name in names if name != "head" and hasattr(view, name)}


def faults(route: Route) -> Iterator[str]:
    if not route.is_management:
        return
    if route.view is None or not issubclass(route.view, ManagementView):
        yield "is no ManagementView"
        return
    for method, action in route.actions.items():
        need = route.view.capabilities.get(action)
        named = (need,) if isinstance(need, str) else need or ()
        if not named:
            yield f"declares no capability for {method.upper()} ({action})"
        if not KNOWN_NEEDS.issuperset(named):
            yield f"asks for a capability nobody holds: {need}"
    if not route.view.throttle_classes and not route.view.unthrottled_because:
        yield "is not throttled and gives no reason"


@register()
def every_management_route_declares_itself(
    app_configs: Sequence[AppConfig] | None,
    **_: Any,
) -> list[Error]:
    return [
        Error(f"/{route.path} {fault}.", id="accounts.E001", obj=route.view)
        for route in routes()
        for fault in faults(route)
    ]
