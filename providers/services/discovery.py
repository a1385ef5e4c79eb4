"""Which models a vendor lists, compared with the rows there are.

Law: nothing is deleted here and nothing that a person wrote is changed; what a list no longer names
twice in a row is marked as missing.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from msgspec import Struct

from accounts.access import Access
from accounts.actors import Actor
from accounts.services.changes import lock
from providers.adapters.base import DiscoveredModel
from providers.models import Provider, UpstreamModel
from providers.selectors.providers import editable_providers
from providers.services.announcing import record_addition
from providers.services.models import NAME

ABSENCES: Final = 2
MOST_MODELS: Final = 2_000


class Synced(Struct, frozen=True, kw_only=True):
    added: list[str]
    missing: list[str]
    unchanged: int


@transaction.atomic
def note_models(
    *, actor: Actor, access: Access, provider_id: UUID, found: Sequence[DiscoveredModel]
) -> Synced:
    """New models are disabled, unless the provider's discovery is `auto`."""
    provider = lock(editable_providers(access=access), pk=provider_id)
    named = {model.name: model for model in found[:MOST_MODELS] if NAME.fullmatch(model.name)}
    rows = list(provider.upstream_models.select_for_update())
    taken = {row.public_name for row in rows}
    known = {row.upstream_name for row in rows}
    new = [model for name, model in named.items() if name not in known and name not in taken]
    for model in new:
        _add(model, provider=provider, actor=actor)
    for row in rows:
        _stamp(row, seen=row.upstream_name in named)
    return Synced(
        added=[model.name for model in new],
        missing=sorted(row.upstream_name for row in rows if row.upstream_name not in named),
        unchanged=sum(row.upstream_name in named for row in rows),
    )


def _add(model: DiscoveredModel, *, provider: Provider, actor: Actor) -> None:
    row = UpstreamModel(
        tenant_id=provider.tenant_id,
        provider=provider,
        upstream_name=model.name,
        public_name=model.name,
        enabled=provider.discovery_mode == Provider.DiscoveryMode.AUTO,
        operations=sorted(model.operations),
        context_window=model.context_window,
        max_output_tokens=model.max_output_tokens,
        source=UpstreamModel.Source.DISCOVERED,
        last_seen_at=timezone.now(),
        created_by_id=actor.user_id,
    )
    row.save(force_insert=True)
    record_addition(actor=actor, row=row, action="model.create")


def _stamp(row: UpstreamModel, *, seen: bool) -> None:
    now = timezone.now()
    if seen:
        row.last_seen_at, row.absences, row.missing_since = now, 0, None
    else:
        row.absences = min(row.absences + 1, ABSENCES)
        if row.absences == ABSENCES and row.missing_since is None:
            row.missing_since = now
    row.save(update_fields=["last_seen_at", "absences", "missing_since"])
