from functools import partial

from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.api.audit_export import Export, csv_form, json_form
from accounts.api.base import TenantViewSet
from accounts.api.schema import envelope
from accounts.api.serializers.audit import AuditExportQuery, AuditFilters, AuditRow, ChainReport
from accounts.models import AuditEntry
from accounts.selectors.audit import filtered, visible_entries

AUDIT_NEEDS = ("audit.read_all", "audit.read_own", "audit.read_billing")


class AuditViewSet(TenantViewSet):
    capabilities = {"list": AUDIT_NEEDS, "verify": "audit.read_all", "export": AUDIT_NEEDS}

    @extend_schema(parameters=[AuditFilters], responses=envelope(AuditRow))
    def list(self, _request: Request) -> Response:
        asked = self.query(AuditFilters)
        rows = filtered(visible_entries(access=self.access), by=asked)
        response = self.page(rows, serializer=AuditRow, by="seq")
        if "cursor" not in asked:
            self._record_reading("audit.read", asked)
        return response

    @extend_schema(responses=ChainReport, summary="Walk the hash chain")
    def verify(self, _request: Request) -> Response:
        report = audit.verify_chain(chain=str(self.access.the_tenant().id))
        self._record_reading("audit.verify", {})
        return Response(ChainReport(report).data)

    @extend_schema(
        parameters=[AuditExportQuery],
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.OBJECT,
        },
    )
    def export(self, request: Request) -> StreamingHttpResponse:
        asked = self.query(AuditExportQuery)
        tenant = self.access.the_tenant()
        head = audit.signed_head(chain=str(tenant.id))
        self._record_reading("audit.export", asked)
        form = csv_form() if asked["format"] == "csv" else json_form(head)
        export = Export(
            tenant_id=tenant.id, rows=partial(self._until, head["seq"], asked), form=form
        )
        name = f"audit-{tenant.slug}.{asked['format']}"
        served_async = isinstance(request._request, ASGIRequest)  # noqa: SLF001 - DRF keeps it
        return StreamingHttpResponse(
            export.chunks_async() if served_async else export.chunks(),
            content_type=form.content_type,
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Cache-Control": "no-store",
                "X-Audit-Head-Seq": str(head["seq"]),
                "X-Audit-Head-Hash": head["hash"],
                "X-Audit-Head-Signature": head["signature"],
            },
        )

    def _until(self, seq: int, asked: dict[str, object]) -> QuerySet[AuditEntry]:
        """Up to the head that is signed, not what is written while the download runs."""
        rows = visible_entries(access=self.access).filter(seq__lte=seq)
        return filtered(rows, by=asked)

    def _record_reading(self, action: str, asked: dict[str, object]) -> None:
        tenant = self.access.the_tenant()
        audit.record(
            actor=self.actor(),
            action=action,
            target=audit.Target(type="audit", id=str(tenant.id), label=tenant.name),
            tenant_id=tenant.id,
            after={"filters": asked} if asked else None,
        )
