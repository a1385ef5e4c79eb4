"""Brings the vendors' lists of this release into the price book.

Laws: harmless to repeat; rows of operators and tenants are left alone; a price that changed holds
from now on, never for what has been; what the file no longer names keeps its price.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils import timezone

from accounts.tenancy import platform_scope
from providers.models import Price, PricePage
from providers.models.prices import CATALOG_PAGE
from providers.services.prices import announce_page, close, moment, price_row
from providers.specs import PriceSpec

BATCH: Final = 500
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
        ids = {row.pk for row in known}
        fresh = [spec for spec in wanted if UUID(spec.id) not in ids]
        self.unchanged += len(wanted) - len(fresh)
        for spec in wanted:
            if spec.valid_to is not None and spec not in fresh:
                self._end(known, spec_id=UUID(spec.id), at=moment(spec.valid_to))
        for spec in fresh:
            self._supersede(known, spec)

    def _end(self, known: Sequence[Price], *, spec_id: UUID, at: datetime) -> None:
        """A row of ours whose end has become known since."""
        row = next(one for one in known if one.pk == spec_id)
        if row.valid_to is None:
            self.ends.append((row, max(at, self._now)))

    def _supersede(self, known: Sequence[Price], spec: PriceSpec) -> None:
        till = spec.valid_to
        if till is not None and till <= self._now.timestamp():
            return  # of the past, which is recorded already
        since = max(spec.valid_from, self._now.timestamp())
        ended = {row.pk for row, _ in self.ends}
        for row in known:
            if row.pk not in ended and (row.valid_to is None or row.valid_to > moment(since)):
                self.ends.append((row, max(moment(since), row.valid_from)))
        self.opens.append(msgspec.structs.replace(spec, valid_from=since))


def _grouped(prices: Iterable[PriceSpec]) -> dict[Key, list[PriceSpec]]:
    groups: dict[Key, list[PriceSpec]] = defaultdict(list)
    for price in prices:
        groups[price.region, price.match, price.provider, price.model].append(price)
    return groups


def _key_of_row(row: Price) -> Key:
    return row.region, row.match, row.provider, row.model
