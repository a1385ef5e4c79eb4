"""What holds on to a provider, told by whoever stands above and registered at start-up.

Law: this module knows nobody above; a provider that something holds is not archived by accident.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from msgspec import Struct

from providers.models import Provider


class Use(Struct, frozen=True, kw_only=True):
    kind: str  # "alias", "default_model", …
    id: str
    name: str


Finder: TypeAlias = Callable[[Provider], Iterable[Use]]

uses: Final[list[Finder]] = []


def uses_of(row: Provider) -> list[Use]:
    children = row.children.filter(archived_at=None).order_by("slug")
    below = [Use(kind="provider", id=str(child.pk), name=child.slug) for child in children]
    return below + [use for find in uses for use in find(row)]
