"""What holds on to a provider, told by whoever stands above and registered at start-up.

Law: this module knows nobody above; a provider that something holds is not archived by accident.
"""

from collections.abc import Iterable
from typing import Final, Protocol
from uuid import UUID

from msgspec import Struct

from providers.models import Provider


class Use(Struct, frozen=True, kw_only=True):
    kind: str  # alias, default_model, provider
    id: str
    name: str  # as people know it


class Finder(Protocol):
    """What points at one of these names; `tenant_id` None: of any tenant."""

    def __call__(self, names: Iterable[str], *, tenant_id: UUID | None) -> Iterable[Use]: ...


uses: Final[list[Finder]] = []


def uses_of(row: Provider) -> list[Use]:
    """Its children use it too."""
    children = row.children.filter(archived_at=None).order_by("slug")
    models = row.upstream_models.values_list("public_name", flat=True)
    names = [row.slug, *(f"{row.slug}.{name}" for name in models)]
    found = [Use(kind="provider", id=str(child.pk), name=child.slug) for child in children]
    return found + [use for find in uses for use in find(names, tenant_id=row.tenant_id)]
