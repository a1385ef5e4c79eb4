"""How far the sums of the books are behind, told after each run of the task that makes them."""

from datetime import UTC, datetime
from typing import Any, Final

from celery.signals import task_postrun
from prometheus_client import Gauge

SUMMING: Final = "billing.tasks.aggregate_windows"
DIRTY: Final = Gauge(
    "switchyard_windows_dirty",
    "Five-minute windows whose records are newer than their sums.",
    multiprocess_mode="mostrecent",
)
COMPLETE: Final = Gauge(
    "switchyard_complete_to_seconds",
    "Since the moment up to which everything is in the books for good.",
    multiprocess_mode="mostrecent",
)


def measure_books() -> None:
    """From now on, in this process."""
    task_postrun.connect(_on_end, weak=False, dispatch_uid="measure_books")


def _on_end(*, task: Any, **_: Any) -> None:
    if task.name != SUMMING:
        return
    from billing.services.windows import backlog  # noqa: PLC0415 - needs the app registry

    found = backlog()
    DIRTY.set(found.windows)
    if found.complete_to is not None:
        COMPLETE.set((datetime.now(UTC) - found.complete_to).total_seconds())
