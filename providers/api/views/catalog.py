from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ManagementView
from providers.api.serializers.providers import Kind, Preset
from providers.kinds import kinds, presets
from providers.ownership import READ


class KindsView(ManagementView):
    capabilities = {"get": READ}

    @extend_schema(responses=Kind(many=True))
    def get(self, _request: Request) -> Response:
        return Response(Kind(kinds(), many=True).data)


class PresetsView(ManagementView):
    capabilities = {"get": READ}

    @extend_schema(responses=Preset(many=True))
    def get(self, _request: Request) -> Response:
        return Response(Preset(presets(), many=True).data)
