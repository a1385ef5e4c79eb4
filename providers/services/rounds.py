"""What the clock has done to providers: probed, asked for their models, tried again.

Law: harmless to repeat; what has gone meanwhile is passed over.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from accounts.access import Access, superadmin_access
from accounts.actors import SYSTEM
from accounts.errors import Refused
from accounts.tenancy import platform_scope
from providers.models import Credential, HealthCheck, Provider
from providers.services import discovery, probing
from providers.services.discovery import Synced

REFUSED: Final = "quarantined"


def probe(*, provider_id: UUID) -> HealthCheck | None:
    """None when there is no such provider any more, or a vendor has refused all it has: those are
    tried again more seldom."""
    with platform_scope("probe a provider"):
        row = _alive(provider_id)
        if row is None:
            return None
        access = _access_to(row)
        subject = probing.stored(access=access, provider_id=provider_id)
        refused = row.credentials.filter(state=REFUSED)
        if subject.credential.id and refused.filter(pk=subject.credential.id).exists():
            return None
    outcome = probing.check(subject, mode=row.health_mode, model=row.health_model)
    with platform_scope("note what a probe found"):
        return probing.note_check(actor=SYSTEM, access=access, subject=subject, outcome=outcome)


def discover(*, provider_id: UUID) -> Synced | None:
    """None when there is no such provider any more, or it lists nothing just now."""
    with platform_scope("ask a provider for its models"):
        row = _alive(provider_id)
        if row is None:
            return None
        access = _access_to(row)
        subject = probing.stored(access=access, provider_id=provider_id)
    try:
        found = probing.listed(subject)
    except Refused:
        return None
    with platform_scope("note which models a provider lists"):
        return discovery.note_models(
            actor=SYSTEM, access=access, provider_id=provider_id, found=found
        )


def rejected_credentials() -> Sequence[tuple[UUID, UUID]]:
    """Provider and credential of those that a vendor has refused."""
    with platform_scope("find credentials that were refused"):
        rows = Credential.objects.filter(
            state=REFUSED,
            enabled=True,
            needs_confirmation=False,
            provider__enabled=True,
            provider__archived_at=None,
        )
        return list(rows.values_list("provider_id", "pk"))


def try_again(*, provider_id: UUID, credential_id: UUID) -> bool:
    """Whether a credential that was refused is accepted now; then it serves again."""
    with platform_scope("try a credential again"):
        row = _alive(provider_id)
        if row is None or not row.credentials.filter(pk=credential_id).exists():
            return False
        access = _access_to(row)
        subject = probing.stored(
            access=access, provider_id=provider_id, credential_id=credential_id
        )
    outcome = probing.check(subject, mode=row.health_mode, model=row.health_model)
    with platform_scope("note that a credential is accepted"):
        probing.note_test(actor=SYSTEM, access=access, subject=subject, ok=outcome.ok)
    return outcome.ok


def _alive(provider_id: UUID) -> Provider | None:
    rows = Provider.objects.filter(pk=provider_id, archived_at=None)
    return rows.select_related("tenant").first()


def _access_to(row: Provider) -> Access:
    return superadmin_access(tenant=row.tenant)
