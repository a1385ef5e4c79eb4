from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ManagementView
from billing.api.serializers.receipts import Receipt
from billing.selectors.receipts import NEEDS, receipt


class ReceiptView(ManagementView):
    """How one request came to its money, line by line."""

    capabilities = {"get": NEEDS}

    @extend_schema(responses=Receipt)
    def get(self, _request: Request, request_id: str) -> Response:
        return Response(receipt(access=self.access, request_id=request_id))
