"""What the books' own task leaves in the metrics."""

from datetime import UTC, datetime, timedelta

import pytest
from celery.signals import task_postrun
from prometheus_client import REGISTRY

from accounts.tasks import forget_old_answers
from accounts.tenancy import platform_scope
from billing.models import SpoolProgress
from billing.services.windows import aggregate
from billing.tasks import aggregate_windows
from gateway.telemetry.books import measure_books
from tests.billing.books import book
from tests.factories.accounts import TenantFactory

pytestmark = pytest.mark.django_db


def figure(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"switchyard_{name}")


def test_what_waits_to_be_summed_is_counted_after_each_run() -> None:
    measure_books()
    with platform_scope("test"):
        tenant = TenantFactory()
    now = datetime.now(UTC)
    book(tenant, {"at": now}, {"at": now - timedelta(minutes=20)})
    SpoolProgress.objects.create(
        node="n1", delivered_to=now, oldest_open=now - timedelta(seconds=100), seen_at=now
    )

    task_postrun.send(sender=aggregate_windows, task=aggregate_windows)

    assert figure("windows_dirty") == 2
    behind = figure("complete_to_seconds")
    assert behind is not None
    assert 100 <= behind < 160
    aggregate()
    task_postrun.send(sender=forget_old_answers, task=forget_old_answers)
    assert figure("windows_dirty") == 2
    SpoolProgress.objects.all().delete()
    task_postrun.send(sender=aggregate_windows, task=aggregate_windows)
    assert figure("windows_dirty") == 0
    assert figure("complete_to_seconds") == behind
