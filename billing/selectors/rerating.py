"""What recorded attempts would come to by other prices. The caller sees rows of all tenants."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from msgspec import Struct

from accounts.errors import Invalid
from accounts.models import Tenant
from billing.ingest import STORED
from billing.models import CostRecord
from billing.pricing import FREE
from billing.record import REFUND, USAGE, Record
from billing.rerating import COLUMNS, Change, Terms, change_of
from billing.selectors.requests import answered_in_time, too_wide
from billing.windows import Span
from providers.selectors.catalog import rated_by

MOST: Final = 50_000  # attempts of one question
MOST_MODELS: Final = 20
IN_ORDER: Final = ("started_at", "request_id", "attempt", "recorded_at")
OF_ONE_ATTEMPT: Final = attrgetter("started_at", "request_id", "attempt")
STORED_ROWS: Final = """
SELECT to_json(r)::text FROM cost_records r
JOIN unnest(%s::timestamptz[], %s::uuid[], %s::smallint[]) AS k (started_at, request_id, attempt)
    USING (started_at, request_id, attempt)
WHERE r.started_at BETWEEN %s AND %s AND r.kind = 'usage'
"""


class Asked(Struct, frozen=True, kw_only=True):
    """Of which records; empty: of all. Without a version by the prices of now."""

    span: Span
    tenant: str = ""  # slug
    provider: str = ""  # slug
    model: str = ""  # the name that was asked for
    key_id: str = ""
    version: str = ""


class OfModel(Struct, kw_only=True):
    model: str
    records: int = 0
    delta_cost: int = 0
    delta_charge: int = 0


class Rerating(Struct, kw_only=True):
    """Amounts in nano-USD; `changes` are those of the tenants in turn, each from its first on."""

    records: int
    unpriced_left: int
    cost_before: int
    cost_after: int
    delta_charge: int
    by_model: list[OfModel]
    changes: list[Change]


def rerating(asked: Asked) -> Rerating:
    """Raises Refused range_too_wide for what is too much at once, Invalid for what there is not."""
    rows = _rows(asked)
    with answered_in_time(asked.span):
        if rows.filter(kind=USAGE).order_by()[: MOST + 1].count() > MOST:
            raise too_wide(
                asked.span,
                f"There are more than {MOST:,} attempts to rate; take one of `suggestions` after"
                " the other, or use `switchyard cost rerate`, which does so by itself.",
            )
        found = list(rows.order_by(*IN_ORDER).values_list(*COLUMNS, named=True))
    return _summed(list(_changes(found, version=asked.version)))


def stored_rows(changes: Sequence[Change]) -> dict[tuple[Any, ...], Record]:
    """The rows that count, by moment, request and attempt, as they were recorded."""
    keys = [OF_ONE_ATTEMPT(change.usage) for change in changes]
    moments, requests, attempts = map(list, zip(*keys, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(STORED_ROWS, [moments, requests, attempts, min(moments), max(moments)])
        rows = [STORED.decode(text) for (text,) in cursor.fetchall()]
    return {(row.started_at, UUID(row.request_id), row.attempt): row for row in rows}


def _rows(asked: Asked) -> QuerySet[CostRecord]:
    rows = CostRecord.objects.filter(
        started_at__gte=asked.span.start,
        started_at__lt=asked.span.end,
        provider_id__isnull=False,
        byok=False,
    )
    rows = rows.exclude(operation__in=FREE).exclude(kind__startswith=REFUND)
    if asked.tenant:
        tenant = Tenant.objects.filter(slug=asked.tenant).first()
        if tenant is None:
            raise Invalid.one(field="filter.tenant", message=f"there is no tenant {asked.tenant!r}")
        rows = rows.filter(tenant=tenant)
    named = {"provider": asked.provider, "requested_model": asked.model, "key_id": asked.key_id}
    return rows.filter(**{name: value for name, value in named.items() if value})


def _changes(rows: list[Any], *, version: str) -> Iterator[Change]:
    models = {(row.provider_id, row.upstream_name) for row in rows}
    prices = rated_by(models, at=timezone.now(), version=version)
    terms = {
        tenant.pk: Terms(
            on_disconnect=tenant.charge_on_disconnect != Tenant.OnDisconnect.NONE,
            on_empty=tenant.charge_on_empty != Tenant.OnEmpty.NONE,
        )
        for tenant in Tenant.objects.filter(pk__in={row.tenant_id for row in rows})
    }
    for _, attempt in groupby(rows, key=OF_ONE_ATTEMPT):
        its = list(attempt)
        first = its[0]
        price = prices.get((first.provider_id, first.upstream_name))
        change = change_of(its, price=price, terms=terms[first.tenant_id])
        if change is not None:
            yield change


def _summed(found: list[Change]) -> Rerating:
    by_model: dict[str, OfModel] = {}
    sums: dict[str, int] = defaultdict(int)
    changes = [change for change in found if change.is_one]
    for change in found:
        sums["before"] += change.before or 0
        sums["after"] += change.after or 0
        sums["unpriced"] += change.after is None
    for change in changes:
        name = change.usage.requested_model
        row = by_model.setdefault(name, OfModel(model=name))
        row.records += 1
        row.delta_cost += change.cost
        row.delta_charge += change.charge
    ranked = sorted(by_model.values(), key=lambda row: (-abs(row.delta_cost), row.model))
    return Rerating(
        records=len(found),
        unpriced_left=sums["unpriced"],
        cost_before=sums["before"],
        cost_after=sums["after"],
        delta_charge=sum(change.charge for change in changes),
        by_model=ranked[:MOST_MODELS],
        changes=sorted(changes, key=lambda one: (one.usage.tenant_id, *OF_ONE_ATTEMPT(one.usage))),
    )
