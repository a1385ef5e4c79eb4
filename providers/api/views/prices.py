from typing import Final

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.paths import row_id
from accounts.api.schema import envelope
from providers.api.serializers.prices import (
    Lookup,
    LookupQuery,
    Price,
    PriceCreate,
    PriceQuery,
    PriceTerms,
    Vendor,
)
from providers.api.views.base import ProvidersViewSet
from providers.ownership import READ, READ_NAMES, WRITE
from providers.selectors import prices as selectors
from providers.selectors.catalog import look_up
from providers.services import prices as services

CREATED: Final = 201
NO_CONTENT: Final = 204
SEES: Final = (READ, READ_NAMES)
EDITS: Final = (services.PRICES, WRITE)
PLAIN: Final = ("scope", "vendor", "provider", "model")


class PriceViewSet(ProvidersViewSet):
    capabilities = {
        "list": SEES,
        "create": EDITS,
        "retrieve": SEES,
        "update": EDITS,
        "destroy": EDITS,
        "vendors": SEES,
        "lookup": SEES,
    }
    step_up = frozenset({"create", "update", "destroy"})

    @extend_schema(parameters=[PriceQuery], responses=envelope(Price))
    def list(self, _request: Request) -> Response:
        asked = self.query(PriceQuery)
        rows = selectors.visible_prices(access=self.access)
        rows = rows.filter(**{name: asked[name] for name in PLAIN if name in asked})
        if "state" in asked:
            rows = selectors.in_state(rows, state=asked["state"], at=timezone.now())
        if "q" in asked:
            rows = rows.filter(model__icontains=asked["q"])
        return self.page(rows, serializer=Price)

    @extend_schema(request=PriceCreate, responses={CREATED: Price})
    def create(self, _request: Request) -> Response:
        row = services.create_price(
            actor=self.actor(), access=self.access, fields=self.body(PriceCreate)
        )
        return Response(self._shown(row), status=CREATED)

    @extend_schema(responses=Price)
    def retrieve(self, _request: Request, price_id: str) -> Response:
        row = selectors.price_to_read(access=self.access, price_id=row_id(price_id))
        return Response(self._shown(row))

    @extend_schema(
        request=PriceTerms,
        responses={CREATED: Price},
        summary="Close the row and open one that differs from it",
    )
    def update(self, _request: Request, price_id: str) -> Response:
        row = services.replace_price(
            actor=self.actor(),
            access=self.access,
            price_id=row_id(price_id),
            changes=self.body(PriceTerms, partial=True),
        )
        return Response(self._shown(row), status=CREATED)

    @extend_schema(responses={NO_CONTENT: None}, summary="Close the row now")
    def destroy(self, _request: Request, price_id: str) -> Response:
        services.close_price(actor=self.actor(), access=self.access, price_id=row_id(price_id))
        return Response(status=NO_CONTENT)

    @extend_schema(responses=Vendor(many=True))
    def vendors(self, _request: Request) -> Response:
        return Response(Vendor(selectors.vendors(), many=True).data)

    @extend_schema(parameters=[LookupQuery], responses=Lookup)
    def lookup(self, _request: Request) -> Response:
        asked = self.query(LookupQuery)
        found = look_up(
            access=self.access,
            provider_id=asked["provider"],
            model=asked["model"],
            at=asked.get("at") or timezone.now(),
        )
        shown = None if found.row is None else self._shown(found.row)
        amounts = None if found.shown is None else found.shown.amounts
        return Response({"matched_by": found.matched_by, "price": shown, "amounts": amounts})

    def _shown(self, row: object) -> object:
        return Price(row, context={"access": self.access}).data  # type: ignore[arg-type]
