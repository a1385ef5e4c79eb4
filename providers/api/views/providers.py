from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paths import found, row_id
from accounts.api.schema import envelope
from providers.api.serializers.providers import (
    Provider,
    ProviderCreate,
    ProviderDelete,
    ProviderQuery,
    ProviderUpdate,
)
from providers.api.views.base import ProvidersViewSet
from providers.models import Provider as ProviderRow
from providers.ownership import READ, READ_NAMES, WRITE
from providers.selectors import providers as selectors
from providers.selectors.health import with_health
from providers.services import providers as services

CREATED: Final = 201
NO_CONTENT: Final = 204
SEES: Final = (READ, READ_NAMES)


class ProviderViewSet(ProvidersViewSet):
    capabilities = {
        "list": SEES,
        "create": WRITE,
        "retrieve": SEES,
        "update": WRITE,
        "destroy": WRITE,
        "enable": WRITE,
        "disable": WRITE,
        "drain": WRITE,
    }
    step_up = frozenset({"create", "update", "destroy"})

    @extend_schema(parameters=[ProviderQuery], responses=envelope(Provider))
    def list(self, _request: Request) -> Response:
        asked = self.query(ProviderQuery)
        rows = selectors.visible_providers(access=self.access)
        rows = rows.filter(**{name: asked[name] for name in ("kind", "enabled") if name in asked})
        if "platform" in asked:
            rows = rows.filter(tenant__isnull=asked["platform"])
        if "q" in asked:
            rows = selectors.that_mention(rows, text=asked["q"])
        return self.page(rows, serializer=Provider)

    @extend_schema(request=ProviderCreate, responses={CREATED: Provider})
    def create(self, _request: Request) -> Response:
        row = services.create_provider(
            actor=self.actor(), access=self.access, fields=self.body(ProviderCreate)
        )
        return self._shown(row, status=CREATED)

    @extend_schema(responses=Provider)
    def retrieve(self, _request: Request, provider_id: str) -> Response:
        rows = selectors.visible_providers(access=self.access)
        return self._shown(found(rows.filter(pk=row_id(provider_id)).first()))

    @extend_schema(request=ProviderUpdate, responses=Provider)
    def update(self, _request: Request, provider_id: str) -> Response:
        row = services.update_provider(
            actor=self.actor(),
            access=self.access,
            provider_id=row_id(provider_id),
            changes=self.body(ProviderUpdate, partial=True),
            expected_version=self.expected_version(),
        )
        return self._shown(row)

    @extend_schema(
        parameters=[ProviderDelete],
        responses={NO_CONTENT: None},
        summary="Archive; refused while something uses it",
    )
    def destroy(self, _request: Request, provider_id: str) -> Response:
        asked = self.query(ProviderDelete)
        services.archive_provider(
            actor=self.actor(),
            access=self.access,
            provider_id=row_id(provider_id),
            expected_version=self.expected_version(),
            force=asked["force"],
            confirm=asked["confirm"],
        )
        return Response(status=NO_CONTENT)

    @extend_schema(request=None, responses=Provider, summary="Enable; ends draining")
    def enable(self, _request: Request, provider_id: str) -> Response:
        row = services.enable_provider(
            actor=self.actor(),
            access=self.access,
            provider_id=row_id(provider_id),
            expected_version=self.expected_version(),
        )
        return self._shown(row)

    @extend_schema(request=None, responses=Provider)
    def disable(self, _request: Request, provider_id: str) -> Response:
        row = services.disable_provider(
            actor=self.actor(),
            access=self.access,
            provider_id=row_id(provider_id),
            expected_version=self.expected_version(),
        )
        return self._shown(row)

    @extend_schema(request=None, responses=Provider, summary="No new exchange; running ones finish")
    def drain(self, _request: Request, provider_id: str) -> Response:
        row = services.drain_provider(
            actor=self.actor(),
            access=self.access,
            provider_id=row_id(provider_id),
            expected_version=self.expected_version(),
        )
        return self._shown(row)

    def completed(self, rows: Any) -> Any:
        return with_health(rows)

    def _shown(self, row: ProviderRow, *, status: int = 200) -> Response:
        (shown,) = with_health([row])
        return self.row(shown, serializer=Provider, status=status)
