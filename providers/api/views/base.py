"""What all views below one provider share."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from rest_framework.response import Response

from accounts.api.base import TenantViewSet
from accounts.api.paths import row_id
from accounts.errors import Invalid
from providers.ownership import scope_of
from providers.services.refusals import note_refused_addresses


class ProvidersViewSet(TenantViewSet):
    @contextmanager
    def bound(self) -> Iterator[None]:
        """In the tenant's scope, or as wide as the platform for who runs it."""
        with super().bound(), scope_of(self.access):
            yield

    def handle_exception(self, raised: Exception) -> Response:
        if isinstance(raised, Invalid) and hasattr(self, "access"):
            with ProvidersViewSet.bound(self):
                note_refused_addresses(
                    actor=self.actor(),
                    access=self.access,
                    provider_id=self.kwargs.get("provider_id", ""),
                    problems=raised.problems,
                )
        return super().handle_exception(raised)

    def ids(self, *texts: str) -> tuple[UUID, ...]:
        return tuple(row_id(text) for text in texts)
