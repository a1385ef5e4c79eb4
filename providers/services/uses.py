"""What holds on to a provider, told by whoever stands above and registered at start-up.

Law: this module knows nobody above; a provider that something holds is not archived by accident.
"""

from collections.abc import Iterable
from typing import Final, Protocol
from uuid import UUID

from providers.models import Provider


class Finder(Protocol):
    """What points at one of these names, in words; `tenant_id` None: of any tenant."""

    def __call__(self, names: Iterable[str], *, tenant_id: UUID | None) -> Iterable[str]: ...


uses: Final[list[Finder]] = []


def uses_of(row: Provider) -> list[str]:
    """In words; its children use it too."""
    children = row.children.filter(archived_at=None).order_by("slug")
    models = row.upstream_models.values_list("public_name", flat=True)
    names = [row.slug, *(f"{row.slug}.{name}" for name in models)]
    found = [f"provider {child.slug}" for child in children]
    return found + [use for find in uses for use in find(names, tenant_id=row.tenant_id)]
