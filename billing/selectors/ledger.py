"""What the ledger says, and whether it holds.

Law: whoever verifies sees every tenant's rows; one statement per day, so that neither memory nor
the snapshot of a statement grows with the years.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db import connection
from msgspec import Struct

from accounts.tenancy import platform_scope
from billing.models import LedgerClosing
from billing.selectors.days import days_of_month, slices
from billing.transfers import LATE, LEGS, PUNCTUAL

What: TypeAlias = Literal[
    "transfer_missing", "transfer_differs", "transfer_without_record",
    "closing_missing", "closing_differs",
]  # fmt: skip

MOST_SHOWN: Final = 1_000  # of one day
NOTHING_YET: Final = bytes(32)
LATE_MEMO: Final = f"^{LATE}[0-9]{{1,17}}$"

# When records of these days were written down that may have come too late for their month; and of
# which moments what was booked late on these days is.
_LATE: Final = """
SELECT
  ARRAY(
    SELECT DISTINCT recorded_at FROM cost_records
    WHERE started_at >= %(first)s AND started_at < %(end)s
      AND recorded_at > started_at + %(punctual)s
  ),
  ARRAY(
    SELECT DISTINCT {of} FROM ledger_transfers
    WHERE at >= %(first)s AND at < %(end)s AND memo ~ %(late)s
  )
"""
_OF: Final = """CASE WHEN memo ~ %(late)s
  THEN 'epoch'::timestamptz + substr(memo, 6)::bigint * interval '1 microsecond' END"""
# Every record with what it must have been booked as, beside what is booked.
_FAULTS: Final = """
WITH wanted AS (
  SELECT r.started_at AS at, r.recorded_at, r.ref, leg.*,
    substr(sha256(convert_to(
      (extract(epoch FROM r.started_at) * 1000000)::bigint || ':' || r.ref || ':' || leg.leg, 'UTF8'
    )), 1, 16) AS id
  FROM (
    SELECT *, request_id || ':' || attempt || ':' || kind AS ref FROM cost_records
    WHERE started_at >= %(first)s AND started_at < %(end)s
      AND NOT simulated AND NOT byok AND cost_certainty <> 'possible'
  ) r CROSS JOIN LATERAL (VALUES
    ('charge', r.tenant_id, NULL::uuid, r.charge_nano, %(charge)s::text[]),
    ('cost', NULL::uuid, r.provider_id, r.cost_nano, %(cost)s::text[])
  ) leg (leg, tenant_id, provider_id, nano, kinds)
  WHERE leg.nano <> 0
), booked AS (
  SELECT t.*, d.kind AS debit_kind, c.kind AS credit_kind, d.tenant_id AS debit_tenant,
    c.tenant_id AS credit_tenant, d.provider_id AS debit_provider, c.provider_id AS credit_provider
  FROM (
    SELECT *, at AS of FROM ledger_transfers
    WHERE at >= %(first)s AND at < %(end)s AND memo !~ %(late)s
    UNION ALL
    SELECT *, {of} FROM ledger_transfers
    WHERE at = ANY(%(booked)s::timestamptz[]) AND memo ~ %(late)s
  ) t
  LEFT JOIN ledger_accounts d ON d.id = t.debit_id
  LEFT JOIN ledger_accounts c ON c.id = t.credit_id
  WHERE t.of >= %(first)s AND t.of < %(end)s
), strays AS (
  SELECT t.*, {of} AS of FROM ledger_transfers t
  WHERE at >= %(first)s AND at < %(end)s AND memo ~ %(late)s AND {of} >= %(kept_since)s
    AND NOT EXISTS (
      SELECT FROM cost_records r
      WHERE r.started_at = ANY(%(began)s::timestamptz[]) AND r.started_at = {of}
        AND r.recorded_at = t.at AND r.request_id || ':' || r.attempt || ':' || r.kind = t.ref
    )
), faults AS (
SELECT
  CASE WHEN b.id IS NULL THEN 'transfer_missing' WHEN w.id IS NULL THEN 'transfer_without_record'
    ELSE 'transfer_differs' END AS what,
  coalesce(w.at, b.at) AS at, coalesce(w.ref, b.ref) AS ref, coalesce(w.leg, b.kind) AS leg,
  abs(w.nano) AS wanted, b.amount_nano AS found
FROM wanted w FULL JOIN booked b ON b.of = w.at AND b.id = w.id
WHERE w.id IS NULL OR b.id IS NULL OR b.at NOT IN (w.at, w.recorded_at)
  OR (b.amount_nano, b.ref, b.tenant_id) IS DISTINCT FROM (abs(w.nano), w.ref, w.tenant_id)
  OR b.kind <> CASE WHEN w.nano > 0 THEN w.leg ELSE w.kinds[3] END
  OR (b.debit_kind, b.credit_kind) IS DISTINCT FROM (
    CASE WHEN w.nano > 0 THEN w.kinds[1] ELSE w.kinds[2] END,
    CASE WHEN w.nano > 0 THEN w.kinds[2] ELSE w.kinds[1] END)
  OR (b.debit_tenant, b.credit_tenant) IS DISTINCT FROM (w.tenant_id, w.tenant_id)
  OR (b.debit_provider, b.credit_provider) IS DISTINCT FROM (w.provider_id, w.provider_id)
  OR (b.at <> b.of AND EXISTS (
    SELECT FROM ledger_transfers t WHERE t.at = b.of AND t.id = b.id))
UNION ALL
SELECT 'transfer_without_record', at, ref, kind, NULL, amount_nano FROM strays
)
SELECT *, count(*) OVER () FROM faults ORDER BY 2, 3, 4 LIMIT %(most)s
"""
_MOVEMENTS: Final = """
SELECT account, sum(signed), count(*),
  sha256(string_agg(id || int8send(signed), ''::bytea ORDER BY at, id))
FROM (
  SELECT debit_id AS account, amount_nano AS signed, id, at FROM ledger_transfers
  WHERE at >= %(first)s AND at < %(end)s
  UNION ALL
  SELECT credit_id, -amount_nano, id, at FROM ledger_transfers
  WHERE at >= %(first)s AND at < %(end)s
) movements
GROUP BY account
"""
_BALANCES: Final = """
WITH edge AS (
  SELECT coalesce(
    (max(month) + interval '1 month') AT TIME ZONE 'UTC', '-infinity'::timestamptz
  ) AS at FROM ledger_closings
), closed AS (
  SELECT DISTINCT ON (account_id) account_id, balance_nano FROM ledger_closings
  ORDER BY account_id, month DESC
), later AS (
  SELECT account, sum(signed) AS signed FROM (
    SELECT debit_id AS account, amount_nano AS signed FROM ledger_transfers
    WHERE at >= (SELECT at FROM edge)
    UNION ALL
    SELECT credit_id, -amount_nano FROM ledger_transfers WHERE at >= (SELECT at FROM edge)
  ) movements GROUP BY account
)
SELECT a.id, a.kind, coalesce(t.slug, p.slug, a.tenant_id::text, a.provider_id::text, ''),
  coalesce(c.balance_nano, 0) + coalesce(l.signed, 0)
FROM ledger_accounts a
LEFT JOIN closed c ON c.account_id = a.id
LEFT JOIN later l ON l.account = a.id
LEFT JOIN tenants t ON t.id = a.tenant_id
LEFT JOIN providers p ON p.id = a.provider_id
ORDER BY 2, 3
"""


class Fault(Struct, frozen=True, kw_only=True):
    what: What
    at: datetime
    ref: str  # of the record, or the account of a closing
    leg: str = ""
    wanted_nano: int | None = None
    found_nano: int | None = None


class Faults(Struct, frozen=True, kw_only=True):
    count: int
    shown: tuple[Fault, ...]


class Balance(Struct, frozen=True, kw_only=True):
    """Debits less credits."""

    account_id: UUID
    kind: str
    owner: str
    nano: int


class Standing(Struct, frozen=True, kw_only=True):
    """Of an account at the end of a month."""

    balance_nano: int
    transfers: int  # of that month
    sha256: bytes


def verify() -> Faults:
    """Every day and every closing."""
    found = [faults_between(*one) for one in slices()]
    found += [faults_of_closing(month) for month in closed_months()]
    return Faults(
        count=sum(one.count for one in found),
        shown=tuple(fault for one in found for fault in one.shown),
    )


def faults_between(first: datetime, end: datetime) -> Faults:
    """Records not booked as they must be, and transfers that no record accounts for."""
    values: dict[str, Any] = {
        "first": first,
        "end": end,
        "most": MOST_SHOWN,
        "late": LATE_MEMO,
        "punctual": PUNCTUAL,
        "kept_since": _kept_since(),
    }
    for leg, kinds in LEGS.items():
        values[leg] = list(kinds)
    ((values["booked"], values["began"]),) = _ask(_LATE.replace("{of}", _OF), values)
    rows = _ask(_FAULTS.replace("{of}", _OF), values)
    return Faults(
        count=rows[0][-1] if rows else 0,
        shown=tuple(
            Fault(what=what, at=at, ref=ref, leg=leg, wanted_nano=wanted, found_nano=booked)
            for what, at, ref, leg, wanted, booked, _ in rows
        ),
    )


def closed_months() -> list[date]:
    """Those whose transfers are still there to be folded again."""
    kept = LedgerClosing.objects.filter(month__gte=_kept_since().date())
    with platform_scope("verify the ledger"):
        months = kept.values_list("month", flat=True)
        return list(months.distinct().order_by("month"))


def _kept_since() -> datetime:
    """What is older may have been dropped."""
    return datetime.now(tz=UTC) - timedelta(days=settings.RECORD_RETENTION_DAYS)


def faults_of_closing(month: date) -> Faults:
    """Whether each account stands where the transfers of the month have led it."""
    with platform_scope("verify the ledger"):
        stands = {
            row.account_id: Standing(
                balance_nano=int(row.balance_nano),
                transfers=row.transfers,
                sha256=bytes(row.sha256),
            )
            for row in LedgerClosing.objects.filter(month=month)
        }
        wanted = standings(month)
    faults = tuple(_closing_faults(month, wanted, stands))
    return Faults(count=len(faults), shown=faults[:MOST_SHOWN])


def _closing_faults(
    month: date, wanted: dict[UUID, Standing], found: dict[UUID, Standing]
) -> Iterator[Fault]:
    at = next(days_of_month(month))[0]
    for account in sorted(wanted.keys() | found.keys()):
        led_to, stands = wanted.get(account), found.get(account)
        if led_to != stands:
            yield Fault(
                what="closing_differs" if stands else "closing_missing",
                at=at,
                ref=str(account),
                wanted_nano=led_to.balance_nano if led_to else None,
                found_nano=stands.balance_nano if stands else None,
            )


def standings(month: date) -> dict[UUID, Standing]:
    """Of every account that moved in the month: its last closing before, and the transfers since.

    The caller has opened a scope that sees every tenant's rows.
    """
    before: dict[UUID, tuple[int, bytes]] = {
        row.account_id: (int(row.balance_nano), bytes(row.sha256))
        for row in LedgerClosing.objects.filter(month__lt=month)
        .order_by("account_id", "-month")
        .distinct("account_id")
    }
    moved: dict[UUID, tuple[int, int, Any]] = {}
    for first, end in days_of_month(month):
        for account, signed, count, digest in _movements(first, end):
            balance, sha256 = before.get(account, (0, NOTHING_YET))
            nano, number, running = moved.get(account, (balance, 0, hashlib.sha256(sha256)))
            running.update(digest)
            moved[account] = nano + int(signed), number + count, running
    return {
        account: Standing(balance_nano=nano, transfers=number, sha256=running.digest())
        for account, (nano, number, running) in moved.items()
    }


def balances() -> list[Balance]:
    return [
        Balance(account_id=account, kind=kind, owner=owner, nano=int(nano))
        for account, kind, owner, nano in _ask(_BALANCES, {})
    ]


def _movements(first: datetime, end: datetime) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(_MOVEMENTS, {"first": first, "end": end})
        return list(cursor.fetchall())


def _ask(statement: str, values: dict[str, Any]) -> list[Any]:
    with platform_scope("verify the ledger"), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
