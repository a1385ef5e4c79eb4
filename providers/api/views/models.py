from typing import Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paths import found
from accounts.api.schema import envelope
from providers.api.serializers.models import ModelCreate, ModelQuery, ModelUpdate, UpstreamModel
from providers.api.views.base import ProvidersViewSet
from providers.ownership import READ, WRITE
from providers.selectors.providers import models_of
from providers.services import models as services

CREATED: Final = 201
NO_CONTENT: Final = 204


class ModelViewSet(ProvidersViewSet):
    capabilities = {
        "list": READ,
        "create": WRITE,
        "retrieve": READ,
        "update": WRITE,
        "destroy": WRITE,
    }

    @extend_schema(parameters=[ModelQuery], responses=envelope(UpstreamModel))
    def list(self, _request: Request, provider_id: str) -> Response:
        self.query(ModelQuery)
        (provider_pk,) = self.ids(provider_id)
        rows = models_of(access=self.access, provider_id=provider_pk)
        return self.page(rows, serializer=UpstreamModel)

    @extend_schema(request=ModelCreate, responses={CREATED: UpstreamModel})
    def create(self, _request: Request, provider_id: str) -> Response:
        (provider_pk,) = self.ids(provider_id)
        row = services.create_model(
            actor=self.actor(),
            access=self.access,
            provider_id=provider_pk,
            fields=self.body(ModelCreate),
        )
        return self.row(row, serializer=UpstreamModel, status=CREATED)

    @extend_schema(responses=UpstreamModel)
    def retrieve(self, _request: Request, provider_id: str, model_id: str) -> Response:
        provider_pk, model_pk = self.ids(provider_id, model_id)
        rows = models_of(access=self.access, provider_id=provider_pk)
        return self.row(found(rows.filter(pk=model_pk).first()), serializer=UpstreamModel)

    @extend_schema(request=ModelUpdate, responses=UpstreamModel)
    def update(self, _request: Request, provider_id: str, model_id: str) -> Response:
        provider_pk, model_pk = self.ids(provider_id, model_id)
        row = services.update_model(
            actor=self.actor(),
            access=self.access,
            provider_id=provider_pk,
            model_id=model_pk,
            changes=self.body(ModelUpdate, partial=True),
            expected_version=self.expected_version(),
        )
        return self.row(row, serializer=UpstreamModel)

    @extend_schema(responses={NO_CONTENT: None})
    def destroy(self, _request: Request, provider_id: str, model_id: str) -> Response:
        provider_pk, model_pk = self.ids(provider_id, model_id)
        services.delete_model(
            actor=self.actor(),
            access=self.access,
            provider_id=provider_pk,
            model_id=model_pk,
            expected_version=self.expected_version(),
        )
        return Response(status=NO_CONTENT)
