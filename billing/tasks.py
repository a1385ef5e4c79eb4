"""Thin wrappers: Celery calls a service."""

import structlog
from celery import shared_task

from billing.services import windows

log = structlog.get_logger(__name__)


@shared_task
def aggregate_windows() -> None:
    done = windows.aggregate()
    if done:
        log.info(
            "windows_aggregated", days=len(done), windows=sum(slice_.windows for slice_ in done)
        )
