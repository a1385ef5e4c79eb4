from typing import Any, Final, TypeAlias

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.schema import envelope
from billing.api.serializers.catalog import CatalogModel, CatalogQuery, UnpricedModel
from billing.api.spans import sight_of
from billing.selectors import catalog as selectors
from billing.selectors.usage import Sight
from providers.api.views.base import ProvidersViewSet
from providers.ownership import READ, READ_NAMES
from providers.selectors.catalog import ModelPrice, catalog_models, prices_of

SEES: Final = (READ, READ_NAMES)
Rows: TypeAlias = list[Any]


class CatalogViewSet(ProvidersViewSet):
    """What every model costs, across providers."""

    capabilities = {"list": SEES, "unpriced": SEES}

    @extend_schema(parameters=[CatalogQuery], responses=envelope(CatalogModel))
    def list(self, _request: Request) -> Response:
        asked = self.query(CatalogQuery)
        rows = catalog_models(access=self.access)
        if "provider" in asked:
            rows = rows.filter(provider_id=asked["provider"])
        if asked["enabled"] is not None:
            rows = rows.filter(enabled=asked["enabled"])
        if "q" in asked:
            mention = Q(public_name__icontains=asked["q"]) | Q(upstream_name__icontains=asked["q"])
            rows = rows.filter(mention)
        return self.page(rows, serializer=CatalogModel)

    def completed(self, rows: Rows) -> Rows:
        prices = prices_of(rows, access=self.access, at=timezone.now())
        requests = selectors.requests_of(rows, access=self.access, sight=self._sight())
        for row in rows:
            price = prices[row.pk]
            row.__dict__ |= {
                "price": _shown(price),
                "priced": price is not None,
                "requests_7d": requests[row.pk],
            }
        return rows

    @extend_schema(responses=UnpricedModel(many=True))
    def unpriced(self, _request: Request) -> Response:
        rows = selectors.unpriced(access=self.access, sight=self._sight())
        return Response(UnpricedModel(rows, many=True).data)

    def _sight(self) -> Sight:
        return sight_of(self.access, key_id="")


def _shown(price: ModelPrice | None) -> dict[str, Any] | None:
    if price is None:
        return None
    names = ("id", "scope", "matched_by", "version", "valid_from", "tiers", "multiplier")
    return {**{name: getattr(price, name) for name in names}, **price.amounts}
