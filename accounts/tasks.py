"""Thin wrappers: Celery calls a service."""

import structlog
from celery import shared_task

from accounts.services import upkeep

log = structlog.get_logger(__name__)


@shared_task
def forget_old_answers() -> None:
    log.info("old_answers_forgotten", count=upkeep.sweep_old_answers())


@shared_task
def forget_expired_sessions() -> None:
    log.info("expired_sessions_forgotten", count=upkeep.sweep_expired_sessions())


@shared_task
def verify_audit_chains() -> None:
    broken = upkeep.broken_audit_chains()
    for report in broken:
        log.error("audit_chain_broken", chain=report.chain, first_bad_seq=report.first_bad_seq)
    log.info("audit_chains_verified", broken=len(broken))
    for head in upkeep.signed_audit_heads():
        log.info("audit_head", **head)
