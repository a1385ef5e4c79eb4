"""What has to be swept up from time to time."""

from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import ChainReport
from accounts.models import AuditHead
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
        chains = list(AuditHead.objects.order_by("chain").values_list("chain", flat=True))
        reports = [audit.verify_chain(chain=chain) for chain in chains]
    return [report for report in reports if report.first_bad_seq is not None]
