"""Rating again what is recorded, by the prices of now or of a version.

Laws: what is recorded stays as it is, and the difference is added to it by rows of the job, with
their transfers and the marks of their windows, in one transaction with one row of the audit; one
job at a time, so nothing is added twice; a closed month stays closed. The caller has opened a scope
that sees every tenant's rows.
"""

from typing import Any, Final

from django.db import connection
from msgspec import Struct

from accounts import audit
from accounts.actors import Actor
from accounts.errors import Invalid, Refused
from accounts.ids import new_id
from billing.ingest import ingest
from billing.models import LedgerClosing
from billing.rerating import delta_of
from billing.selectors.days import midnight, month_after
from billing.selectors.rerating import OF_ONE_ATTEMPT, Asked, Rerating, rerating, stored_rows

AT_ONCE: Final = 1_000
ALONE: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('rate records again', 0))"


class Rerated(Struct, frozen=True):
    """`job` is None where nothing was written."""

    job: str | None
    found: Rerating


def rerate(*, actor: Actor, asked: Asked) -> Rerated:
    """Raises what `rerating` does, Invalid for what reaches into a closed month, and Refused
    rating_running."""
    _refuse_closed(asked)
    with connection.cursor() as cursor:
        cursor.execute(ALONE)
        (is_alone,) = cursor.fetchone()
    if not is_alone:
        raise Refused("rating_running")
    found = rerating(asked)
    if not found.changes:
        return Rerated(None, found)
    job = str(new_id())
    for first in range(0, len(found.changes), AT_ONCE):
        changes = found.changes[first : first + AT_ONCE]
        stored = stored_rows(changes)
        deltas = [
            delta_of(stored[OF_ONE_ATTEMPT(change.usage)], change, job=job) for change in changes
        ]
        with connection.cursor() as cursor:
            ingest(cursor.cursor, deltas)
    _record(actor=actor, job=job, asked=asked, found=found)
    return Rerated(job, found)


def _refuse_closed(asked: Asked) -> None:
    last = LedgerClosing.objects.order_by("-month").values_list("month", flat=True).first()
    if last is not None and asked.span.start < midnight(month_after(last)):
        raise Invalid.one(
            field="from",
            message=f"the books are closed up to {month_after(last)}; begin there or later",
        )


def _record(*, actor: Actor, job: str, asked: Asked, found: Rerating) -> None:
    told: dict[str, Any] = {
        "from": asked.span.start.isoformat(),
        "to": asked.span.end.isoformat(),
        "tenant": asked.tenant,
        "provider": asked.provider,
        "model": asked.model,
        "key_id": asked.key_id,
        "price_version": asked.version,
        "changed": len(found.changes),
        "delta_cost_nano": found.cost_after - found.cost_before,
        "delta_charge_nano": found.delta_charge,
    }
    audit.record(
        actor=actor,
        action="cost.rerate",
        target=audit.Target(type="cost", id=job),
        tenant_id=None,
        after=told,
    )
