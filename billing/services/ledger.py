"""Closing the books, a month at a time.

Law: a month is closed once, when nothing of it can be under way any more, and nothing is ever
closed again; what comes later all the same is booked in an open one (see billing/ingest.py).
"""

from datetime import UTC, date, datetime

from django.db import connection
from django.db.models import Q

from accounts.tenancy import platform_scope
from billing.ingest import CLOSING
from billing.models import LedgerClosing, LedgerTransfer, SpoolProgress
from billing.selectors.days import midnight, month_after
from billing.selectors.ledger import standings
from billing.transfers import CLOSED_AFTER


def close_due_months(*, now: datetime | None = None) -> list[date]:
    """The months that were closed by this call, oldest first."""
    now = now or datetime.now(tz=UTC)
    closed = []
    with platform_scope("close the ledger's months"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLOSING])
        month = _first_open_month()
        while month is not None and _is_over(month, now=now):
            _close(month)
            closed.append(month)
            month = _first_open_month()
    return closed


def _first_open_month() -> date | None:
    """The first with a transfer and without a closing; None where there is none."""
    last = LedgerClosing.objects.order_by("-month").values_list("month", flat=True).first()
    transfers = LedgerTransfer.objects.order_by("at").values_list("at", flat=True)
    if last is not None:
        transfers = transfers.filter(at__gte=midnight(month_after(last)))
    first = transfers.first()
    return first.astimezone(UTC).date().replace(day=1) if first else None


def _is_over(month: date, *, now: datetime) -> bool:
    end = midnight(month_after(month))
    if now < end + CLOSED_AFTER:
        return False
    behind = Q(delivered_to__lt=end) | Q(oldest_open__lt=end)
    # A node that has been silent for as long has left.
    return not SpoolProgress.objects.filter(behind, seen_at__gte=now - CLOSED_AFTER).exists()


def _close(month: date) -> None:
    LedgerClosing.objects.bulk_create(
        LedgerClosing(
            account_id=account,
            month=month,
            balance_nano=standing.balance_nano,
            transfers=standing.transfers,
            sha256=standing.sha256,
        )
        for account, standing in standings(month).items()
    )
