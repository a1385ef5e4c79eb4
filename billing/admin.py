"""The books in Django admin: to look at, never to write."""

from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from billing.admin_lists import DayFilter, NewestFirst
from billing.models import CostRecord, CostRecordRow, LedgerTransferRow
from billing.money import usd
from billing.request_facts import parse_request_id
from billing.request_filters import FINAL_STATUSES
from providers.models import UpstreamModel
from providers.usage import CLASSES

MODELS_OFFERED: Final = 100


class ModelFilter(admin.SimpleListFilter):
    """Any model is taken; the first by name are offered."""

    title = "model"
    parameter_name = "model"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        names = UpstreamModel.objects.values_list("public_name", flat=True)
        offered = names.distinct().order_by("public_name")[:MODELS_OFFERED]
        return [(name, name) for name in offered]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(served_model=self.value()) if self.value() else rows


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [(status, status) for status in FINAL_STATUSES]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(status=self.value()) if self.value() else rows


@admin.register(CostRecordRow)
class CostRecordAdmin(NewestFirst):
    moment = "started_at"
    list_display = (
        *("key", "started_at", "tenant", "served_model", "provider", "status", "http_status"),
        *("final", "cost", "charge"),
    )
    list_filter = (DayFilter, StatusFilter, ModelFilter, "tenant")
    list_select_related = ("tenant",)
    search_fields = ("request_id",)
    search_help_text = "Request id"
    fields = (
        *("key", "tenant", "started_at", "recorded_at", "team_id", "user_id", "key_id", "source"),
        *("session_hash", "agent_hash", "parent_agent_hash", "tags", "dialect", "operation"),
        "target_dialect",
        *("lane", "requested_model", "served_model", "provider", "credential", "upstream_name"),
        *("stream", "cache_state", "degraded", "simulated", "byok", *CLASSES, "usage_source"),
        *("flags", "usage_raw", "price_id", "price_version", "multiplier", "markup_bp"),
        *("variant", "charge_price_id", "cost", "charge", "cost_certainty", "final", "status"),
        *("http_status", "error_code", "terminated", "attempts", "latency_ms", "ttft_ms"),
        *("overhead_us", "output_ms", "difference", "node"),
    )
    readonly_fields = ("cost", "charge")

    @admin.display(description="cost, USD")
    def cost(self, row: CostRecordRow) -> str | None:
        return None if row.cost_nano is None else usd(row.cost_nano)

    @admin.display(description="charge, USD")
    def charge(self, row: CostRecordRow) -> str:
        return usd(row.charge_nano)

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset, False
        return queryset.filter(request_id=parse_request_id(search_term)), False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> CostRecordRow | None:
        del from_field
        # By the request first, which has an index.
        rows = self.get_queryset(request).filter(request_id=_request_of(object_id), key=object_id)
        row: CostRecordRow | None = rows.first()
        return row


@admin.register(LedgerTransferRow)
class LedgerTransferAdmin(NewestFirst):
    moment = "at"
    list_display = ("key", "at", "tenant", "debit", "credit", "amount")
    list_filter = (DayFilter, "tenant")
    list_select_related = ("tenant",)
    search_fields = ("ref",)
    search_help_text = "Request id"
    fields = ("key", "tenant", "at", "kind", "ref", "debit", "credit", "amount", "memo")
    readonly_fields = ("amount",)

    @admin.display(description="amount, USD")
    def amount(self, row: LedgerTransferRow) -> str:
        return usd(row.amount_nano)

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (_of_request(queryset, search_term) if search_term else queryset), False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> LedgerTransferRow | None:
        del from_field
        rows = _of_request(self.get_queryset(request), _request_of(object_id))
        row: LedgerTransferRow | None = rows.filter(key=object_id).first()
        return row


def _request_of(key: str) -> Any:
    return parse_request_id(key.partition(":")[0])


def _of_request(rows: QuerySet[Any], request_id: Any) -> QuerySet[Any]:
    """At the moments of its records: transfers are found by time."""
    parsed = parse_request_id(str(request_id))
    if parsed is None:
        return rows.none()
    moments = CostRecord.objects.filter(request_id=parsed).values("started_at")
    return rows.filter(at__in=moments, ref__startswith=f"{parsed}:")
