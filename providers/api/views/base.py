"""What all views below one provider share."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from accounts.api.base import TenantViewSet
from accounts.api.paths import row_id
from providers.ownership import scope_of


class ProvidersViewSet(TenantViewSet):
    @contextmanager
    def bound(self) -> Iterator[None]:
        """In the tenant's scope, or as wide as the platform for who runs it."""
        with super().bound(), scope_of(self.access):
            yield

    def ids(self, *texts: str) -> tuple[UUID, ...]:
        return tuple(row_id(text) for text in texts)
