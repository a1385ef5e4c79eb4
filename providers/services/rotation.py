"""Which providers are asked last: those whose probes fail.

Law: nobody is taken out by a probe alone. A provider that is down serves where no other can, and
one good answer, to a probe or to a client, brings it back.
"""

from collections.abc import Iterable
from uuid import UUID

from providers.models import Provider
from providers.selectors.health import PROBES_FAIL, with_status
from providers.services.announcing import announce_provider


def settle_rotation(provider_ids: Iterable[UUID]) -> None:
    """Workers hear of those whose place has changed; a stamp, no change of configuration."""
    rows = list(Provider.objects.filter(pk__in=provider_ids).select_related("parent"))
    for row in with_status(rows):
        status = row.__dict__["status"]
        is_down = (status.state, status.reason) == PROBES_FAIL
        if is_down != row.asked_last:
            row.asked_last = is_down
            row.save(update_fields=["asked_last"])
            announce_provider(row)
