"""Brings the vendors' lists of this release into the price book.

Laws: harmless to repeat; rows of operators and tenants are left alone; a price that changed holds
from now on, never for what has been; what the file no longer names keeps its price.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid5

import msgspec
from django.db import transaction
from django.utils import timezone

from accounts.tenancy import platform_scope
from providers.models import Price, PricePage
from providers.models.prices import CATALOG_PAGE
from providers.services.prices import announce_page, close, moment, price_row
from providers.specs import PriceSpec

BATCH: Final = 500
UNCOMPARED: Final[dict[str, Any]] = {
    "id": "", "valid_from": 0.0, "valid_to": None, "version": "", "source_version": "",
}  # fmt: skip
Key: TypeAlias = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    opened: int
    closed: int
    unchanged: int


def load_catalog(prices: Iterable[PriceSpec]) -> Loaded:
    by_vendor: dict[str, list[PriceSpec]] = defaultdict(list)
    for price in prices:
        by_vendor[price.vendor].append(price)
    parts = [_load_vendor(vendor, rows) for vendor, rows in sorted(by_vendor.items())]
    return Loaded(
        opened=sum(part.opened for part in parts),
        closed=sum(part.closed for part in parts),
        unchanged=sum(part.unchanged for part in parts),
    )


def _load_vendor(vendor: str, wanted: Sequence[PriceSpec]) -> Loaded:
    page = CATALOG_PAGE.format(vendor)
    now = timezone.now()
    with platform_scope("load the vendors' price lists"), transaction.atomic():
        PricePage.objects.bulk_create([PricePage(id=page)], ignore_conflicts=True)
        known: dict[Key, list[Price]] = defaultdict(list)
        for row in Price.objects.filter(page_id=page).order_by("valid_from"):
            known[_key_of_row(row)].append(row)
        plan = _Plan(now=now)
        for key, group in _grouped(wanted).items():
            plan.merge(known.get(key, []), group)
        for row, at in plan.ends:
            close(row, at=at)
        Price.objects.bulk_create(
            [price_row(spec, page_id=page) for spec in plan.opens], batch_size=BATCH
        )
        if plan.ends or plan.opens:
            announce_page(page, tenant_id=None)
    return Loaded(opened=len(plan.opens), closed=len(plan.ends), unchanged=plan.unchanged)


class _Plan:
    def __init__(self, *, now: datetime) -> None:
        self._now = now
        self.ends: list[tuple[Price, datetime]] = []
        self.opens: list[PriceSpec] = []
        self.unchanged = 0

    def merge(self, known: Sequence[Price], wanted: Sequence[PriceSpec]) -> None:
        """One thing's dated prices, as they are and as the file has them."""
        if not known:
            self.opens.extend(wanted)
            return
        for spec in wanted:
            row = self._standing(known, spec)
            if row is None:
                self._supersede(known, spec)
                continue
            self.unchanged += 1
            if spec.valid_to is not None and row.valid_to is None:
                # An end that has become known since.
                self.ends.append((row, max(moment(spec.valid_to), self._now)))

    def _standing(self, known: Sequence[Price], spec: PriceSpec) -> Price | None:
        """The row that says it already; one that was closed in between says it no longer."""
        till = None if spec.valid_to is None else moment(spec.valid_to)
        for row in known:
            is_itself = row.pk == UUID(spec.id)
            if row.valid_to is None:
                again = moment(spec.valid_from) <= row.valid_from and _says(row.spec, spec)
                if is_itself or again:
                    return row
            elif is_itself and till is not None and (row.valid_to >= till or till <= self._now):
                return row
        return None

    def _supersede(self, known: Sequence[Price], spec: PriceSpec) -> None:
        till = spec.valid_to
        if till is not None and till <= self._now.timestamp():
            return  # of the past, which is recorded already
        since = max(spec.valid_from, self._now.timestamp())
        ended = {row.pk for row, _ in self.ends}
        for row in known:
            if row.pk not in ended and (row.valid_to is None or row.valid_to > moment(since)):
                self.ends.append((row, max(moment(since), row.valid_from)))
        taken = any(row.pk == UUID(spec.id) for row in known)
        fresh_id = str(uuid5(UUID(spec.id), str(since))) if taken else spec.id
        self.opens.append(msgspec.structs.replace(spec, id=fresh_id, valid_from=since))


def _says(stored: object, spec: PriceSpec) -> bool:
    """The same money, whenever and from whichever release."""
    said = msgspec.convert(stored, PriceSpec)
    return msgspec.structs.replace(said, **UNCOMPARED) == msgspec.structs.replace(
        spec, **UNCOMPARED
    )


def _grouped(prices: Iterable[PriceSpec]) -> dict[Key, list[PriceSpec]]:
    groups: dict[Key, list[PriceSpec]] = defaultdict(list)
    for price in prices:
        groups[price.region, price.match, price.provider, price.model].append(price)
    return groups


def _key_of_row(row: Price) -> Key:
    return row.region, row.match, row.provider, row.model
