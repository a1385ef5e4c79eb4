from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PlatformViewSet, TenantViewSet
from accounts.api.paths import row_id
from accounts.api.permissions import MEMBER
from accounts.api.schema import envelope
from accounts.api.serializers.tenants import (
    PlatformTenant,
    TenantCreate,
    TenantQuery,
    TenantRow,
    TenantSettings,
    TenantTerms,
)
from accounts.errors import Refused
from accounts.selectors.people import all_tenants
from accounts.services import tenants as services

CREATED = 201


class OwnTenantViewSet(TenantViewSet):
    capabilities = {"retrieve": MEMBER, "update": "tenant.settings"}

    @extend_schema(responses=TenantRow)
    def retrieve(self, _request: Request) -> Response:
        return self.row(self.access.the_tenant(), serializer=TenantRow)

    @extend_schema(request=TenantSettings, responses=TenantRow)
    def update(self, _request: Request) -> Response:
        tenant = services.update_own_tenant(
            actor=self.actor(),
            access=self.access,
            changes=self.body(TenantSettings, partial=True),
            expected_version=self.expected_version(),
        )
        return self.row(tenant, serializer=TenantRow)


class TenantAdministration(PlatformViewSet):
    capabilities = {
        "list": "platform.tenants",
        "create": "platform.tenants",
        "retrieve": "platform.tenants",
        "update": "platform.tenants",
        "suspend": "platform.tenants",
        "resume": "platform.tenants",
    }

    @extend_schema(parameters=[TenantQuery], responses=envelope(PlatformTenant))
    def list(self, _request: Request) -> Response:
        asked = self.query(TenantQuery)
        rows = all_tenants()
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        if "q" in asked:
            rows = rows.filter(Q(slug__icontains=asked["q"]) | Q(name__icontains=asked["q"]))
        return self.page(rows, serializer=PlatformTenant)

    @extend_schema(request=TenantCreate, responses={CREATED: PlatformTenant})
    def create(self, _request: Request) -> Response:
        tenant = services.create_tenant(actor=self.actor(), fields=self.body(TenantCreate))
        return self.row(tenant, serializer=PlatformTenant, status=CREATED)

    @extend_schema(responses=PlatformTenant)
    def retrieve(self, _request: Request, tenant_id: str) -> Response:
        tenant = all_tenants().filter(pk=row_id(tenant_id)).first()
        if tenant is None:
            raise Refused("not_found")
        return self.row(tenant, serializer=PlatformTenant)

    @extend_schema(request=TenantTerms, responses=PlatformTenant)
    def update(self, _request: Request, tenant_id: str) -> Response:
        tenant = services.update_tenant(
            actor=self.actor(),
            tenant_id=row_id(tenant_id),
            changes=self.body(TenantTerms, partial=True),
            expected_version=self.expected_version(),
        )
        return self.row(tenant, serializer=PlatformTenant)

    @extend_schema(request=None, responses=PlatformTenant)
    def suspend(self, _request: Request, tenant_id: str) -> Response:
        tenant = services.suspend_tenant(
            actor=self.actor(),
            tenant_id=row_id(tenant_id),
            expected_version=self.expected_version(),
        )
        return self.row(tenant, serializer=PlatformTenant)

    @extend_schema(request=None, responses=PlatformTenant)
    def resume(self, _request: Request, tenant_id: str) -> Response:
        tenant = services.resume_tenant(
            actor=self.actor(),
            tenant_id=row_id(tenant_id),
            expected_version=self.expected_version(),
        )
        return self.row(tenant, serializer=PlatformTenant)
