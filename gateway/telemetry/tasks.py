"""How long background tasks run."""

import time
from typing import Any, Final

from celery.signals import task_postrun, task_prerun

from gateway.telemetry.metrics import observe_task

STARTED: Final = "switchyard_started"


def time_tasks() -> None:
    """From now on every task of this process is observed, by its registered name."""
    task_prerun.connect(_on_start, weak=False, dispatch_uid="time_tasks")
    task_postrun.connect(_on_end, weak=False, dispatch_uid="time_tasks")


def _on_start(*, task: Any, **_: Any) -> None:
    setattr(task.request, STARTED, time.monotonic())


def _on_end(*, task: Any, state: str | None = None, **_: Any) -> None:
    started = getattr(task.request, STARTED, None)
    if started is not None:
        outcome = (state or "unknown").lower()
        observe_task(task=task.name, outcome=outcome, seconds=time.monotonic() - started)
