"""The two transfers of a record. Pure.

1. A charge goes from the tenant's receivable to its usage, the cost of an attempt from the
   provider's cost to its payable; a negative amount, of a correction, goes back the same way.
2. Ids follow from the record, so the same record posts the same transfers, however often.
3. What is simulated, paid by the client's own vendor key, unpriced, or only possibly billed is not
   posted.
4. A transfer bears the moment of its request. What comes after the month of that was closed is
   booked when it is recorded, and its memo keeps that moment.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from billing.record import Record

Leg: TypeAlias = Literal["charge", "cost"]

ACCOUNTS: Final = UUID("6f1b6f5e-7a55-5d0c-9a35-0d5c8e6f2b11")
ACCOUNTS_KEPT: Final = 4_096
ID_BYTES: Final = 16
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
CLOSED_AFTER: Final = timedelta(days=3)  # a month: for shippers that were away over the end of it
# What is younger needs not be asked about: its month is open, whatever a clock says.
PUNCTUAL: Final = CLOSED_AFTER - timedelta(days=1)
LATE: Final = "late:"  # a memo: microseconds since 1970 follow
# Leg -> kinds of the account debited and credited, and the word for a negative amount.
LEGS: Final[dict[Leg, tuple[str, str, str]]] = {
    "charge": ("tenant_receivable", "tenant_usage", "refund"),
    "cost": ("provider_cost", "provider_payable", "correction"),
}


class Account(Struct, frozen=True):
    kind: str
    tenant_id: str | None
    provider_id: str | None

    @property
    def id(self) -> UUID:
        return account_id(kind=self.kind, owner=self.tenant_id or self.provider_id)


class Transfer(Struct, frozen=True, kw_only=True):
    id: bytes
    at: datetime
    tenant_id: str | None  # None: what only the platform sees
    debit: Account
    credit: Account
    amount_nano: int
    kind: str
    ref: str
    memo: str = ""


@lru_cache(ACCOUNTS_KEPT)
def account_id(*, kind: str, owner: str | None) -> UUID:
    """`owner` is a tenant or a provider; None: the platform."""
    return uuid5(ACCOUNTS, f"{kind}:{owner or ''}")


def transfer_id(record: Record, leg: Leg) -> bytes:
    text = f"{_us(record.started_at)}:{record.request_id}:{record.attempt}:{record.kind}:{leg}"
    return hashlib.sha256(text.encode()).digest()[:ID_BYTES]


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def booked_late(transfer: Transfer, *, at: datetime) -> Transfer:
    return replace(transfer, at=at, memo=f"{LATE}{_us(transfer.at)}")


def transfers_of(record: Record) -> Iterator[Transfer]:
    if record.simulated or record.byok or record.cost_certainty == "possible":
        return
    if record.charge_nano:
        yield _transfer(record, "charge", record.charge_nano, tenant_id=record.tenant_id)
    if record.cost_nano:
        yield _transfer(record, "cost", record.cost_nano, provider_id=record.provider_id)


def _transfer(
    record: Record,
    leg: Leg,
    amount_nano: int,
    *,
    tenant_id: str | None = None,
    provider_id: str | None = None,
) -> Transfer:
    debited, credited, contra = LEGS[leg]
    debit = Account(debited, tenant_id, provider_id)
    credit = Account(credited, tenant_id, provider_id)
    if amount_nano < 0:
        debit, credit = credit, debit
    return Transfer(
        id=transfer_id(record, leg),
        at=record.started_at,
        tenant_id=tenant_id,
        debit=debit,
        credit=credit,
        amount_nano=abs(amount_nano),
        kind=leg if amount_nano > 0 else contra,
        ref=f"{record.request_id}:{record.attempt}:{record.kind}",
    )
