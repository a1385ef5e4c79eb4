"""What holds on to a provider, told by whoever stands above and registered at start-up.

Law: this module knows nobody above; a provider that something holds is not archived by accident.
"""

from collections.abc import Iterable
from typing import Final, Protocol
from uuid import UUID

from msgspec import Struct

from providers.models import Provider, UpstreamModel
from providers.ownership import owned_by

# Between a provider and a model, in what people write.
SEPARATORS: Final = "./"


class Use(Struct, frozen=True, kw_only=True):
    kind: str  # alias, default_model, provider
    id: str
    name: str  # as people know it


class Finder(Protocol):
    """What points at one of these names, or at any that begins so; `tenant_id` None: of any
    tenant."""

    def __call__(
        self, names: Iterable[str], *, beginnings: Iterable[str], tenant_id: UUID | None
    ) -> Iterable[Use]: ...


uses: Final[list[Finder]] = []


def uses_of(row: Provider) -> list[Use]:
    """Its children use it too. A short name leads to it as long as nobody else offers that."""
    children = row.children.filter(archived_at=None).order_by("slug")
    others = UpstreamModel.objects.filter(
        owned_by(row.tenant_id) | owned_by(None), enabled=True, provider__archived_at=None
    ).exclude(provider=row)
    alone = row.upstream_models.exclude(public_name__in=others.values("public_name"))
    names = list(alone.order_by("public_name").values_list("public_name", flat=True))
    beginnings = [f"{row.slug}{separator}" for separator in SEPARATORS]
    found = [Use(kind="provider", id=str(child.pk), name=child.slug) for child in children]
    return found + [
        use for find in uses for use in find(names, beginnings=beginnings, tenant_id=row.tenant_id)
    ]
