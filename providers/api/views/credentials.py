from typing import Final

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paths import found
from accounts.api.schema import envelope
from providers.api.serializers.credentials import (
    Credential,
    CredentialCreate,
    CredentialQuery,
    CredentialRotate,
    CredentialUpdate,
)
from providers.api.views.base import ProvidersViewSet
from providers.ownership import READ, WRITE
from providers.selectors.credentials import credentials_of
from providers.selectors.providers import provider_to_read
from providers.services import credentials as services

CREATED: Final = 201
NO_CONTENT: Final = 204


class CredentialViewSet(ProvidersViewSet):
    capabilities = {
        "list": READ,
        "create": WRITE,
        "retrieve": READ,
        "update": WRITE,
        "destroy": WRITE,
        "rotate": WRITE,
        "enable": WRITE,
        "disable": WRITE,
        "reset": WRITE,
    }
    step_up = frozenset({"create", "update", "destroy", "rotate", "enable", "reset"})

    @extend_schema(parameters=[CredentialQuery], responses=envelope(Credential))
    def list(self, _request: Request, provider_id: str) -> Response:
        self.query(CredentialQuery)
        (provider_pk,) = self.ids(provider_id)
        provider = provider_to_read(access=self.access, provider_id=provider_pk)
        return self.page(credentials_of(provider), serializer=Credential)

    @extend_schema(request=CredentialCreate, responses={CREATED: Credential})
    def create(self, _request: Request, provider_id: str) -> Response:
        (provider_pk,) = self.ids(provider_id)
        row = services.create_credential(
            actor=self.actor(),
            access=self.access,
            provider_id=provider_pk,
            fields=self.body(CredentialCreate),
        )
        return self.row(row, serializer=Credential, status=CREATED)

    @extend_schema(responses=Credential)
    def retrieve(self, _request: Request, provider_id: str, credential_id: str) -> Response:
        provider_pk, credential_pk = self.ids(provider_id, credential_id)
        provider = provider_to_read(access=self.access, provider_id=provider_pk)
        row = found(credentials_of(provider).filter(pk=credential_pk).first())
        return self.row(row, serializer=Credential)

    @extend_schema(request=CredentialUpdate, responses=Credential)
    def update(self, _request: Request, provider_id: str, credential_id: str) -> Response:
        provider_pk, credential_pk = self.ids(provider_id, credential_id)
        row = services.update_credential(
            actor=self.actor(),
            access=self.access,
            provider_id=provider_pk,
            credential_id=credential_pk,
            changes=self.body(CredentialUpdate, partial=True),
            expected_version=self.expected_version(),
        )
        return self.row(row, serializer=Credential)

    @extend_schema(request=CredentialRotate, responses=Credential, summary="A new secret")
    def rotate(self, _request: Request, provider_id: str, credential_id: str) -> Response:
        provider_pk, credential_pk = self.ids(provider_id, credential_id)
        row = services.rotate_credential(
            actor=self.actor(),
            access=self.access,
            provider_id=provider_pk,
            credential_id=credential_pk,
            secret=self.body(CredentialRotate)["secret"],
            expected_version=self.expected_version(),
        )
        return self.row(row, serializer=Credential)

    @extend_schema(responses={NO_CONTENT: None})
    def destroy(self, _request: Request, provider_id: str, credential_id: str) -> Response:
        provider_pk, credential_pk = self.ids(provider_id, credential_id)
        services.delete_credential(
            actor=self.actor(),
            access=self.access,
            provider_id=provider_pk,
            credential_id=credential_pk,
            expected_version=self.expected_version(),
        )
        return Response(status=NO_CONTENT)

    @extend_schema(
        request=None,
        responses=Credential,
        summary="Enable; also confirms a host that has changed",
    )
    def enable(self, _request: Request, provider_id: str, credential_id: str) -> Response:
        return self._switched(services.enable_credential, provider_id, credential_id)

    @extend_schema(request=None, responses=Credential)
    def disable(self, _request: Request, provider_id: str, credential_id: str) -> Response:
        return self._switched(services.disable_credential, provider_id, credential_id)

    @extend_schema(
        request=None, responses=Credential, summary="Forget its failures and try it again"
    )
    def reset(self, _request: Request, provider_id: str, credential_id: str) -> Response:
        return self._switched(services.reset_credential, provider_id, credential_id)

    def _switched(self, service: services.Switch, provider_id: str, credential_id: str) -> Response:
        provider_pk, credential_pk = self.ids(provider_id, credential_id)
        row = service(
            actor=self.actor(),
            access=self.access,
            provider_id=provider_pk,
            credential_id=credential_pk,
            expected_version=self.expected_version(),
        )
        return self.row(row, serializer=Credential)
