from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.api import cursors
from accounts.api.base import TenantViewSet
from accounts.errors import Refused
from billing.api.request_export import CONTENT_TYPES, MAX_ROWS, as_csv, as_json
from billing.api.request_query import parameters, search_of
from billing.api.serializers.requests import (
    RequestDetail,
    RequestExport,
    RequestHistogram,
    RequestList,
)
from billing.request_facts import Facts, parse_request_id
from billing.request_filters import FINAL_STATUSES, NEEDS, Sight
from billing.request_rows import detail_of, row_of
from billing.selectors import requests as selectors
from billing.selectors.progress import progress
from billing.selectors.request_names import names_in, own_among, suffixes_of
from billing.selectors.requests import Place

PAGING = (
    OpenApiParameter("limit", int, description="Rows per page, 1 to 200; 50 without."),
    OpenApiParameter("cursor", str, description="`next_cursor` of the page before."),
)
FILTERING = tuple(parameters())
SEES_COST = ("platform.prices", "platform.credit", "platform.system")


class RequestViewSet(TenantViewSet):
    capabilities = {"list": NEEDS, "histogram": NEEDS, "retrieve": NEEDS, "export": NEEDS}

    @extend_schema(parameters=[*PAGING, *FILTERING], responses=RequestList)
    def list(self, request: Request) -> Response:
        """Newest first. Values of one filter are alternatives; different filters all apply."""
        asked = self._asked()
        limit = cursors.limit_of(_one(asked, "limit"))
        bound = cursors.binding(
            query={name: "\0".join(texts) for name, texts in asked.items()},
            tenant_id=self.access.the_tenant().id,
            path=request.path,
        )
        cursor = _one(asked, "cursor")
        after = _place(cursors.position(cursor, bound=bound)) if cursor else None
        filters = {name: asked[name] for name in asked if name not in cursors.PAGING}
        rows = selectors.found(self._search(filters), most=limit + 1, after=after)
        has_more, rows = len(rows) > limit, rows[:limit]
        far = progress()
        return Response(
            {
                "data": _shown(rows),
                "has_more": has_more,
                "next_cursor": cursors.sign(_position(rows[-1]), bound=bound) if has_more else None,
                "complete_to": far.complete_to,
                "delivered_to": far.delivered_to,
            }
        )

    @extend_schema(parameters=[*FILTERING], responses=RequestHistogram)
    def histogram(self, _request: Request) -> Response:
        search = self._search(self._asked())
        told = selectors.histogram(search, statuses=FINAL_STATUSES)
        return Response(
            {
                "from": search.span.start,
                "to": search.span.end,
                "bucket_s": told.bucket_s,
                "t": told.starts,
                **told.counts,
            }
        )

    @extend_schema(responses=RequestDetail)
    def retrieve(self, _request: Request, request_id: str) -> Response:
        parsed = parse_request_id(request_id)
        records = selectors.records_of(parsed, sight=Sight.of(self.access)) if parsed else []
        facts = selectors.facts_of_records(records)
        if facts is None:
            raise Refused("not_found")
        detail = detail_of(
            row_of(facts, names_in([facts])),
            facts,
            records,
            suffixes=suffixes_of(record.credential_id for record in records),
            own_providers=own_among(record.provider_id for record in records),
            sees_cost=self.access.holds(*SEES_COST),
        )
        return Response(detail)

    @extend_schema(
        request=RequestExport,
        responses={
            (200, "text/csv"): OpenApiTypes.STR,
            (200, "application/json"): OpenApiTypes.OBJECT,
        },
        summary=f"At most {MAX_ROWS:,} rows as a file",
    )
    def export(self, _request: Request) -> HttpResponse:
        body = self.body(RequestExport)
        form, asked = body["format"], body["filters"]
        rows = selectors.found(self._search(asked), most=MAX_ROWS + 1)
        has_more, rows = len(rows) > MAX_ROWS, rows[:MAX_ROWS]
        self._record_export(asked, rows=len(rows))
        shown = _shown(rows)
        text = as_csv(shown) if form == "csv" else as_json(shown, has_more=has_more)
        return HttpResponse(
            text,
            content_type=CONTENT_TYPES[form],
            headers={
                "Content-Disposition": f'attachment; filename="requests.{form}"',
                "Cache-Control": "no-store",
                "X-Has-More": str(has_more).lower(),
            },
        )

    def _answer_once(self, request: Request, handler: Callable[..., Response]) -> Response:
        """An export changes nothing: it is made again, not kept."""
        return self._answer(request, handler)

    def _asked(self) -> dict[str, Sequence[str]]:
        return dict(self.request.query_params.lists())

    def _search(self, asked: Mapping[str, Sequence[str]]) -> selectors.Search:
        return search_of(asked, access=self.access, now=datetime.now(UTC))

    def _record_export(self, asked: Mapping[str, Any], *, rows: int) -> None:
        tenant = self.access.the_tenant()
        audit.record(
            actor=self.actor(),
            action="request.export",
            target=audit.Target(type="request", id=str(tenant.id), label=tenant.name),
            tenant_id=tenant.id,
            after={"filters": dict(asked), "rows": rows},
        )


def _shown(rows: Sequence[Facts]) -> list[dict[str, Any]]:
    names = names_in(rows)
    return [row_of(facts, names) for facts in rows]


def _one(asked: Mapping[str, Sequence[str]], name: str) -> str:
    return asked[name][-1] if name in asked else ""


def _position(facts: Facts) -> str:
    return f"{facts.started_us}_{facts.request_id}"


def _place(position: str) -> Place:
    started_us, _, request_id = position.partition("_")
    return Place(started_us=int(started_us), request_id=request_id)
