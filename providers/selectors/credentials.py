"""Credentials as people see them: never the secret, and one word for the state."""

from datetime import datetime
from typing import Final

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from providers.models import Credential, Provider
from providers.ownership import owned_by

STATES: Final = (
    "active",
    "disabled_auto",
    "quarantined",
    "exhausted",
    "needs_confirmation",
    "disabled",
)
ACTIVE: Final = "active"


def credentials_of(provider: Provider) -> QuerySet[Credential]:
    """With `twin`, the name of an older credential of the same owner that holds the same secret."""
    twins = (
        Credential.objects.filter(fingerprint=OuterRef("fingerprint"), pk__lt=OuterRef("pk"))
        .filter(owned_by(provider.tenant_id))
        .exclude(fingerprint="")
        .order_by("id")
    )
    rows: QuerySet[Credential] = Credential.objects.filter(provider=provider).annotate(
        twin=Subquery(twins.values("name")[:1])
    )
    return rows


def state_of(row: Credential, *, now: datetime | None = None) -> str:
    """What an operator said wins over what the workers found; what was for a time ends with it."""
    if not row.enabled:
        return "disabled"
    if row.needs_confirmation:
        return "needs_confirmation"
    over = row.state_until is not None and row.state_until <= (now or timezone.now())
    return row.state if row.state in STATES and not over else ACTIVE


def is_usable(row: Credential, *, now: datetime) -> bool:
    alive = row.expires_at is None or row.expires_at > now
    return alive and state_of(row, now=now) == ACTIVE


def duplicate_of(row: Credential) -> str | None:
    twin: str | None = getattr(row, "twin", None)
    return twin
