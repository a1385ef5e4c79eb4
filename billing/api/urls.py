"""Every path of records and costs below /api/v1/."""

from typing import Final

from django.urls import URLPattern, path

from billing.api.views.catalog import CatalogViewSet
from billing.api.views.receipts import ReceiptView
from billing.api.views.requests import RequestViewSet

urlpatterns: Final[list[URLPattern]] = [
    path("catalog/models", CatalogViewSet.as_view({"get": "list"})),
    path("prices/unpriced", CatalogViewSet.as_view({"get": "unpriced"})),
    path("receipts/<str:request_id>", ReceiptView.as_view()),
    path("requests", RequestViewSet.as_view({"get": "list"})),
    path("requests/histogram", RequestViewSet.as_view({"get": "histogram"})),
    path("requests/export", RequestViewSet.as_view({"post": "export"})),
    path("requests/<str:request_id>", RequestViewSet.as_view({"get": "retrieve"})),
]
