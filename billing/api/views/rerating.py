from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PlatformViewSet
from billing.api.serializers.rerating import Rated, Rerate, WhatIf
from billing.money import usd
from billing.selectors.rerating import Asked, Rerating, rerating
from billing.services.rerating import rerate
from billing.windows import Span


class RatingViewSet(PlatformViewSet):
    """Recorded attempts by the prices of now."""

    capabilities = {"rerate": "platform.prices", "what_if": "platform.prices"}

    @extend_schema(request=Rerate, responses=Rated, summary="Book what recorded attempts cost more")
    def rerate(self, _request: Request) -> Response:
        told = self.body(Rerate)
        asked = _asked(told)
        if told["dry_run"]:
            return Response(_shown(None, rerating(asked)))
        done = rerate(actor=self.actor(), asked=asked)
        return Response(_shown(done.job, done.found))

    @extend_schema(request=WhatIf, responses=Rated, summary="What rating again would change")
    def what_if(self, _request: Request) -> Response:
        return Response(_shown(None, rerating(_asked(self.body(WhatIf)))))


def _asked(told: dict[str, Any]) -> Asked:
    return Asked(
        span=Span(told["from"], told["to"]),
        version=told.get("price_version", ""),
        **told.get("filter", {}),
    )


def _shown(job: str | None, found: Rerating) -> dict[str, Any]:
    return {
        "job": job,
        "records": found.records,
        "changed": len(found.changes),
        "unpriced_left": found.unpriced_left,
        "cost_before": usd(found.cost_before),
        "cost_after": usd(found.cost_after),
        "delta_cost": usd(found.cost_after - found.cost_before),
        "delta_charge": usd(found.delta_charge),
        "by_model": [
            {
                "model": row.model,
                "records": row.records,
                "delta_cost": usd(row.delta_cost),
                "delta_charge": usd(row.delta_charge),
            }
            for row in found.by_model
        ],
    }
