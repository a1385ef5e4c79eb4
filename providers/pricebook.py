"""Which row of the price book a request is rated by. Pure.

1. Asked in turn: the tenant's row for a provider of its own, the operator's, the catalog's with
   the provider's region, the catalog's without one. Nothing found is no price, never a guess.
2. Within the catalog: the name as it is, then with what vendors put around it taken off step by
   step, then the model row's `price_model`, then patterns, the longest first.
3. Only rows of the provider's own vendor are looked at, and only those valid when the request
   began. Names are compared without case.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from providers.patterns import Matches, compiled
from providers.specs import PricePageSpec, PriceSpec, ProviderSpec, TargetSpec

MatchedBy: TypeAlias = Literal[
    "override", "exact", "region", "stripped", "price_model", "pattern"
]  # fmt: skip

GEO: Final = re.compile(r"^(?:us|eu|apac|global|us-gov|jp|au|ca|in|sa|me|af)\.(?=.)")
PATH: Final = re.compile(r"^(?:arn:.*/|models/)(?=[^/]+$)")
ENDINGS: Final = (
    re.compile(r"(?:-v\d+(?::\d+)?|:\d+)$"),  # -v1:0
    re.compile(r"@(?:\d{8}|default|latest)$"),  # @20250929
    re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$"),  # -20250929
)
MOST_KEPT: Final = 8_192


class Found(Struct, frozen=True):
    price: PriceSpec
    matched_by: MatchedBy


class _Rows:
    """Rows of one vendor's list, of the operator or of one tenant."""

    __slots__ = ("_exact", "_patterns")

    def __init__(self) -> None:
        self._exact: dict[str, list[PriceSpec]] = {}
        self._patterns: list[tuple[Matches, PriceSpec]] = []

    def add(self, price: PriceSpec) -> None:
        match price.match:
            case "exact":
                self._exact.setdefault(price.model.lower(), []).append(price)
            case "prefix":
                self._patterns.append((_begins_with(price.model.lower()), price))
            case _:  # re2
                # What was refused where it was written is not matched here either.
                with suppress(ValueError):
                    self._patterns.append((compiled(price.model), price))

    def sort(self) -> None:
        # Of rows that say the same the most particular first, then the latest.
        for rows in self._exact.values():
            rows.sort(key=_precedence)
        self._patterns.sort(key=lambda row: (-len(row[1].model), *_precedence(row[1])))

    def exact(self, name: str, at: float) -> Iterator[PriceSpec]:
        return (price for price in self._exact.get(name, ()) if _is_valid(price, at))

    def matching(self, name: str, at: float) -> Iterator[PriceSpec]:
        return (
            price for matches, price in self._patterns if matches(name) and _is_valid(price, at)
        )


class PriceBook:
    """Looks up once per (provider, name, time between changes) and remembers."""

    __slots__ = ("_catalog", "_changes", "_charges", "_costs", "_operator", "_tenants")

    def __init__(self, pages: Iterable[PricePageSpec] = ()) -> None:
        self._catalog: dict[str, _Rows] = {}
        self._operator = _Rows()
        self._tenants: dict[str, _Rows] = {}
        self._changes: list[float] = []
        self._costs: dict[tuple[str | int | None, ...], Found | None] = {}
        self._charges: dict[tuple[str | int | None, ...], PriceSpec | None] = {}
        for page in pages:
            for _ in self.take(page):
                pass

    def take(self, page: PricePageSpec) -> Iterator[None]:
        """Row by row, for whoever must not be held up; to its end before anything is asked."""
        changes = set(self._changes)
        touched: dict[int, _Rows] = {}
        for price in page.prices:
            rows = self._rows_of(price)
            rows.add(price)
            touched[id(rows)] = rows
            changes.add(price.valid_from)
            if price.valid_to is not None:
                changes.add(price.valid_to)
            yield
        for rows in touched.values():
            rows.sort()
        self._changes = sorted(changes)

    def cost(self, *, provider: ProviderSpec, target: TargetSpec, at: float) -> Found | None:
        """By what the vendor bills; None: nobody knows."""
        key = (*_asked(provider, target), bisect_right(self._changes, at))
        if key in self._costs:
            return self._costs[key]
        if len(self._costs) >= MOST_KEPT:
            self._costs.clear()
        found = self._costs[key] = self._look_up(provider, target, at)
        return found

    def charge(
        self, *, provider: ProviderSpec, target: TargetSpec, tenant_id: str, at: float
    ) -> PriceSpec | None:
        """The tenant's own price for somebody else's provider; None: its markup decides."""
        rows = self._tenants.get(tenant_id)
        if rows is None or provider.tenant_id == tenant_id:
            return None
        key = (tenant_id, *_asked(provider, target), bisect_right(self._changes, at))
        if key in self._charges:
            return self._charges[key]
        if len(self._charges) >= MOST_KEPT:
            self._charges.clear()
        found = self._charges[key] = _override(rows, provider, target, at)
        return found

    def _rows_of(self, price: PriceSpec) -> _Rows:
        if price.scope == "catalog":
            return self._catalog.setdefault(price.vendor, _Rows())
        if price.scope == "operator":
            return self._operator
        return self._tenants.setdefault(price.tenant_id or "", _Rows())

    def _look_up(self, provider: ProviderSpec, target: TargetSpec, at: float) -> Found | None:
        own = self._tenants.get(provider.tenant_id or "")
        for rows in (own, self._operator):
            price = rows and _override(rows, provider, target, at)
            if price:
                return Found(price, "override")
        catalog = self._catalog.get(provider.price_vendor) if provider.price_vendor else None
        return None if catalog is None else _listed(catalog, provider, target, at)


def _begins_with(prefix: str) -> Matches:
    return lambda name: name.startswith(prefix)


def _asked(provider: ProviderSpec, target: TargetSpec) -> tuple[str | None, ...]:
    return (
        provider.slug, provider.tenant_id, provider.price_vendor, provider.region,
        target.upstream_name, target.price_model,
    )  # fmt: skip


def _precedence(price: PriceSpec) -> tuple[bool, bool, float]:
    return (not price.provider, not price.region, -price.valid_from)


def _is_valid(price: PriceSpec, at: float) -> bool:
    return price.valid_from <= at and (price.valid_to is None or at < price.valid_to)


def _override(
    rows: _Rows, provider: ProviderSpec, target: TargetSpec, at: float
) -> PriceSpec | None:
    """By the names themselves: who sets a price says of what."""
    for name in _names(target):
        for price in chain(rows.exact(name, at), rows.matching(name, at)):
            if _concerns(price, provider):
                return price
    return None


def _names(target: TargetSpec) -> Iterator[str]:
    yield target.upstream_name.lower()
    if target.price_model:
        yield target.price_model.lower()


def _concerns(price: PriceSpec, provider: ProviderSpec) -> bool:
    return (
        price.provider in {"", provider.slug}
        and price.vendor in {"", provider.price_vendor}
        and price.region in {"", provider.region}
    )


def _listed(rows: _Rows, provider: ProviderSpec, target: TargetSpec, at: float) -> Found | None:
    """The rows of a list are of one vendor, so the region is all that can differ."""
    name, *others = _names(target)
    tries: Iterator[tuple[str, MatchedBy]] = chain(
        ((name, "exact"),),
        ((stripped, "stripped") for stripped in _stripped(name)),
        ((other, "price_model") for other in others),
        ((stripped, "price_model") for other in others for stripped in _stripped(other)),
    )
    for tried, matched_by in tries:
        for price in rows.exact(tried, at):
            if price.region and price.region == provider.region and matched_by == "exact":
                return Found(price, "region")
            if price.region in {"", provider.region}:
                return Found(price, matched_by)
    for tried in (name, *others):
        for price in rows.matching(tried, at):
            if price.region in {"", provider.region}:
                return Found(price, "pattern")
    return None


def _stripped(name: str) -> Iterator[str]:
    """Endings first, for some geographies have prices of their own."""
    shorter = PATH.sub("", name)
    if shorter != name:
        yield shorter
    yield from _without_endings(shorter)
    anywhere = GEO.sub("", shorter)
    if anywhere != shorter:
        yield anywhere
        yield from _without_endings(anywhere)


def _without_endings(name: str) -> Iterator[str]:
    for ending in ENDINGS:
        shorter = ending.sub("", name)
        if shorter != name:
            yield shorter
            name = shorter
