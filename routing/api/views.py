from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import METHODS, TenantViewSet
from accounts.api.paths import found, row_id
from accounts.api.schema import envelope
from routing import services
from routing.api.serializers import (
    AliasFields,
    AliasQuery,
    AliasRow,
    DefaultFields,
    DefaultRow,
)
from routing.models import RoutingSettings
from routing.selectors import aliases, platform_default, routing_settings

CREATED = 201
NO_CONTENT = 204


class AliasViewSet(TenantViewSet):
    capabilities = {
        "list": "routing.read",
        "create": "routing.write",
        "retrieve": "routing.read",
        "update": "routing.write",
        "destroy": "routing.write",
    }

    @extend_schema(parameters=[AliasQuery], responses=envelope(AliasRow))
    def list(self, _request: Request) -> Response:
        asked = self.query(AliasQuery)
        return self.page(aliases(access=self.access, text=asked.get("q", "")), serializer=AliasRow)

    @extend_schema(request=AliasFields, responses={CREATED: AliasRow})
    def create(self, _request: Request) -> Response:
        alias = services.create_alias(
            actor=self.actor(),
            tenant_id=self.access.the_tenant().id,
            fields=self.body(AliasFields),
        )
        return self.row(alias, serializer=AliasRow, status=CREATED)

    @extend_schema(responses=AliasRow)
    def retrieve(self, _request: Request, alias_id: str) -> Response:
        row = aliases(access=self.access).filter(pk=row_id(alias_id)).first()
        return self.row(found(row), serializer=AliasRow)

    @extend_schema(request=AliasFields, responses=AliasRow)
    def update(self, _request: Request, alias_id: str) -> Response:
        alias = services.update_alias(
            actor=self.actor(),
            tenant_id=self.access.the_tenant().id,
            alias_id=row_id(alias_id),
            changes=self.body(AliasFields, partial=True),
            expected_version=self.expected_version(),
        )
        return self.row(alias, serializer=AliasRow)

    @extend_schema(responses={NO_CONTENT: None})
    def destroy(self, _request: Request, alias_id: str) -> Response:
        services.delete_alias(
            actor=self.actor(),
            tenant_id=self.access.the_tenant().id,
            alias_id=row_id(alias_id),
            expected_version=self.expected_version(),
        )
        return Response(status=NO_CONTENT)


class DefaultModelViewSet(TenantViewSet):
    capabilities = {"retrieve": "routing.read", "replace": "routing.write"}
    http_method_names = [*METHODS, "put"]

    @extend_schema(summary="What the model name `default` means", responses=DefaultRow)
    def retrieve(self, _request: Request) -> Response:
        return self._answer_with(routing_settings(access=self.access))

    @extend_schema(request=DefaultFields, responses=DefaultRow)
    def replace(self, _request: Request) -> Response:
        settings = services.set_default_model(
            actor=self.actor(),
            tenant_id=self.access.the_tenant().id,
            default_model=self.body(DefaultFields)["default_model"],
            expected_version=self.expected_version(),
        )
        return self._answer_with(settings)

    def _answer_with(self, settings: RoutingSettings) -> Response:
        fields = {
            "default_model": settings.default_model,
            "platform_default_model": platform_default(),
            "version": settings.version,
        }
        headers = {"ETag": f'"{settings.version}"', "Cache-Control": "no-cache"}
        return Response(DefaultRow(fields).data, headers=headers)
