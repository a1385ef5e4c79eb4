"""Thin wrappers: Celery calls a service. What grows with the books is a task per day."""

from datetime import date, datetime

import structlog
from celery import shared_task
from django.conf import settings

from billing import partitions
from billing.selectors import days, ledger
from billing.services import closed_days, retention, windows
from billing.services import ledger as books

log = structlog.get_logger(__name__)


@shared_task
def aggregate_windows() -> None:
    done = windows.aggregate()
    if done:
        log.info(
            "windows_aggregated", days=len(done), windows=sum(slice_.windows for slice_ in done)
        )


@shared_task
def maintain_partitions() -> None:
    log.info("partitions_maintained", made=len(partitions.maintain().made))


@shared_task
def drop_expired_days() -> None:
    """What one run does not get done, the next one does, at once."""
    run = retention.drop_expired(
        keep_days=settings.RECORD_RETENTION_DAYS, archive_dir=settings.ARCHIVE_DIR or None
    )
    log.info("expired_days_dropped", tables=len(run.dropped))
    if run.more:
        drop_expired_days.delay()


@shared_task
def drop_expired_windows() -> None:
    run = closed_days.drop_expired_windows(keep_days=settings.WINDOW_RETENTION_DAYS)
    log.info("expired_windows_dropped", days=run.days)
    if run.more:
        drop_expired_windows.delay()


@shared_task
def verify_ledger() -> None:
    for first, end in days.slices():
        verify_ledger_between.delay(first.isoformat(), end.isoformat())
    for month in ledger.closed_months():
        verify_ledger_closing.delay(month.isoformat())


@shared_task
def verify_ledger_between(first: str, end: str) -> None:
    _tell(
        ledger.faults_between(datetime.fromisoformat(first), datetime.fromisoformat(end)),
        where=first,
    )


@shared_task
def verify_ledger_closing(month: str) -> None:
    _tell(ledger.faults_of_closing(date.fromisoformat(month)), where=month)


@shared_task
def close_ledger_months() -> None:
    for month in books.close_due_months():
        log.info("ledger_month_closed", month=month.isoformat())


def _tell(faults: ledger.Faults, *, where: str) -> None:
    if faults.count:
        log.error("ledger_broken", where=where, rows=faults.count, first_ref=faults.shown[0].ref)
