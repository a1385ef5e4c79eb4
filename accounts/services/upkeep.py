"""What has to be swept up from time to time."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.actors import Actor
from accounts.audit import ChainReport
from accounts.errors import Refused
from accounts.models import AuditEntry, AuditHead, Tenant
from accounts.services.idempotency import forget_old_answers
from accounts.tenancy import platform_scope


def sweep_old_answers() -> int:
    with platform_scope("forget answers kept for repeated requests"):
        return forget_old_answers()


@transaction.atomic
def sweep_expired_sessions() -> int:
    """Sessions past their end, and the entries of people's session lists that point nowhere."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    alive = Session.objects.values("session_key")
    return int(UserSession.objects.exclude(session_key__in=alive).delete()[0])


def signed_audit_heads() -> list[dict[str, Any]]:
    """What every chain holds now, for a log that outlives the database."""
    with platform_scope("sign the head of every audit chain"):
        chains = list(AuditHead.objects.order_by("chain").values_list("chain", flat=True))
        return [audit.signed_head(chain=chain) for chain in chains]


def broken_audit_chains() -> list[ChainReport]:
    """Walks every chain; empty when all of them hold."""
    with platform_scope("verify every audit chain"):
        reports = [audit.verify_chain(chain=chain) for chain in _chains()]
    return [report for report in reports if not report.ok]


def verify_audit_chains(*, actor: Actor, tenant_slug: str | None = None) -> list[ChainReport]:
    """Every chain, or the one of a tenant; looking is told, too, in the chain looked at."""
    with platform_scope("an operator verifies the audit chains"):
        tenant = _tenant(tenant_slug)
        chains = [str(tenant.pk)] if tenant else _chains()
        reports = [audit.verify_chain(chain=chain) for chain in chains]
        audit.record(
            actor=actor,
            action="audit.verify",
            target=audit.Target(type="audit", id=str(tenant.pk) if tenant else ""),
            tenant_id=tenant.pk if tenant else None,
        )
    return reports


def _chains() -> list[str]:
    """Also those whose head is gone."""
    heads, rows = (model.objects.order_by("chain") for model in (AuditHead, AuditEntry))
    return list(heads.values_list("chain", flat=True).union(rows.values_list("chain", flat=True)))


def _tenant(slug: str | None) -> Tenant | None:
    if slug is None:
        return None
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise Refused("tenant_not_found")
    return tenant
