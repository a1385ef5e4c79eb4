"""Thin wrappers: Celery calls a service. What waits for a vendor is a task of its own."""

from uuid import UUID

import structlog
from celery import shared_task

from providers.services import rounds, upkeep

log = structlog.get_logger(__name__)


@shared_task
def copy_credential_states() -> None:
    upkeep.copy_states()


@shared_task
def forget_old_checks() -> None:
    log.info("old_checks_forgotten", count=upkeep.forget_old_checks())


@shared_task
def probe_due_providers() -> None:
    for provider_id in upkeep.claim_probes():
        probe_provider.delay(str(provider_id))


@shared_task
def probe_provider(provider_id: str) -> None:
    rounds.probe(provider_id=UUID(provider_id))


@shared_task
def try_rejected_credentials() -> None:
    for provider_id, credential_id in rounds.rejected_credentials():
        try_rejected_credential.delay(str(provider_id), str(credential_id))


@shared_task
def try_rejected_credential(provider_id: str, credential_id: str) -> None:
    accepted = rounds.try_again(provider_id=UUID(provider_id), credential_id=UUID(credential_id))
    log.info("credential_tried_again", credential_id=credential_id, accepted=accepted)


@shared_task
def discover_due_models() -> None:
    for provider_id in upkeep.claim_discoveries():
        discover_models.delay(str(provider_id))


@shared_task
def discover_models(provider_id: str) -> None:
    synced = rounds.discover(provider_id=UUID(provider_id))
    if synced is not None:
        log.info(
            "models_discovered",
            provider_id=provider_id,
            added=len(synced.added),
            missing=len(synced.missing),
            unchanged=synced.unchanged,
        )
