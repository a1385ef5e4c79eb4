from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.authentication import caller_of
from accounts.api.base import ManagementView
from accounts.api.permissions import ANYONE, MEMBER, Need
from providers.api.serializers.health import Health
from providers.ownership import READ, READ_NAMES, scope_of
from providers.selectors import health
from providers.selectors.providers import visible_providers

SEES: Final = (READ, READ_NAMES)


class HealthView(ManagementView):
    """Whoever sends no key is told numbers; who may not read providers, too."""

    capabilities = {"get": ANYONE}

    def need(self) -> Need:
        return ANYONE if caller_of(self.request) is None else MEMBER

    @contextmanager
    def bound(self) -> Iterator[None]:
        if caller_of(self.request) is None:
            with transaction.atomic():
                yield
        else:
            with super().bound(), scope_of(self.access):
                yield

    @extend_schema(responses=Health)
    def get(self, request: Request) -> Response:
        if caller_of(request) is None or not self.access.holds(*SEES):
            return Response(health.counts_for_anyone())
        rows = health.with_health(list(visible_providers(access=self.access).order_by("slug")))
        return Response(
            {
                "status": health.overall(rows),
                "checked_at": timezone.now(),
                "total": len(rows),
                "healthy": sum(row.__dict__["status"].state == "healthy" for row in rows),
                "providers": [_shown(row) for row in rows],
            }
        )


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "slug": row.slug,
        "name": row.name,
        "status": row.status.state,
        "reason": row.status.reason,
        "latency_ms": row.status.latency_ms,
        "last_ok_at": row.status.last_ok_at,
        "credentials": {
            "total": row.credential_count.total,
            "healthy": row.credential_count.healthy,
        },
        "models": row.models_enabled,
        "cells": row.cells,
    }
