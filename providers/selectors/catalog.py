"""What every model costs: the price book asked as the data plane asks it.

Law: who may not see what vendors are paid sees what is charged: the tenant's own price, else the
vendor's with the tenant's markup.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec
from django.db.models import F, Q, QuerySet

from accounts.access import Access, superadmin_access
from accounts.errors import Invalid
from accounts.tenancy import platform_scope
from protocols.codec import Target
from providers.adapters.registry import ADAPTERS
from providers.inheritance import value_of
from providers.models import Price, Provider, UpstreamModel
from providers.models.prices import CATALOG_PAGE, OPERATOR_PAGE
from providers.pricebook import Found, PriceBook
from providers.selectors.prices import PRICES, that_hold
from providers.selectors.providers import visible_providers
from providers.specs import PricePageSpec, PriceSpec, ProviderSpec, TargetSpec
from providers.vendors import vendor_of

SHOWN: Final = {
    "in": "in_fresh",
    "out": "out_text",
    "cached": "in_cache_read",
    "cache_write": "in_cache_write_5m",
}
WHOLE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """Of one model, for one caller: USD per million tokens, all factors applied."""

    id: str | None  # None: a row the caller may not read
    scope: str
    matched_by: str
    version: str
    valid_from: datetime
    amounts: dict[str, str | None]
    tiers: bool
    multiplier: str | None  # None: not the caller's business


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """`shown` is what the caller pays; `row` says why, where the caller may read it."""

    matched_by: str | None
    row: Price | None
    shown: ModelPrice | None


NOTHING: Final = LookedUp(matched_by=None, row=None, shown=None)


def catalog_models(*, access: Access) -> QuerySet[UpstreamModel]:
    """Of every provider the caller may meet."""
    providers = visible_providers(access=access)
    rows: QuerySet[UpstreamModel] = UpstreamModel.objects.filter(provider__in=providers)
    return rows.select_related("provider", "provider__parent")


def prices_of(
    rows: Sequence[UpstreamModel], *, access: Access, at: datetime
) -> dict[UUID, ModelPrice | None]:
    """By the model row's id; None: nobody knows."""
    providers = {row.provider_id: _spec_of(row.provider) for row in rows}
    book = price_book(providers.values(), access=access, at=at)
    return {
        row.pk: _shown(
            book, provider=providers[row.provider_id], target=_target(row), access=access, at=at
        )
        for row in rows
    }


def look_up(*, access: Access, provider_id: UUID, model: str, at: datetime) -> LookedUp:
    """Which row rates a model; a row that the caller may not read is told by how it was found."""
    provider = visible_providers(access=access).filter(pk=provider_id).first()
    if provider is None:
        return NOTHING
    spec = _spec_of(provider)
    named = UpstreamModel.objects.filter(provider=provider, upstream_name=model).first()
    target = _target(named) if named else _bare_target(model)
    book = price_book([spec], access=access, at=at)
    applied = _applied(book, provider=spec, target=target, access=access, at=at)
    if applied is None:
        return NOTHING
    found, factor = applied
    readable = _may_read(found.price, access=access)
    return LookedUp(
        matched_by=found.matched_by,
        row=Price.objects.filter(pk=found.price.id).first() if readable else None,
        shown=_priced(found, factor=factor, access=access),
    )


def price_book(providers: Collection[ProviderSpec], *, access: Access, at: datetime) -> PriceBook:
    """What holds at that moment, of the lists these providers are on and of who may override."""
    pages = {OPERATOR_PAGE, *(CATALOG_PAGE.format(one.price_vendor) for one in providers)}
    owners = {one.tenant_id for one in providers if one.tenant_id is not None}
    if access.tenant is not None:
        owners.add(str(access.tenant.id))
    with platform_scope("look up what models cost"):
        rows = that_hold(Price.objects.filter(Q(page_id__in=pages | owners)), at=at)
        specs = [msgspec.convert(spec, PriceSpec) for spec in rows.values_list("spec", flat=True)]
    return PriceBook([PricePageSpec(id="", prices=tuple(specs))])


def rated_by(
    asked: Collection[tuple[UUID, str]], *, at: datetime, version: str = ""
) -> dict[tuple[UUID, str], PriceSpec]:
    """By provider and upstream name: the row that rates it at that moment or, of a version, the
    latest row that says what it costs, whenever it holds. The caller sees rows of all tenants."""
    ids = {provider_id for provider_id, _ in asked}
    rows = Provider.objects.filter(pk__in=ids).select_related("parent")
    providers = {row.pk: _spec_of(row) for row in rows}
    models = UpstreamModel.objects.filter(provider_id__in=ids)
    targets = {(row.provider_id, row.upstream_name): _target(row) for row in models}
    moment = at.timestamp()
    if version:
        book, moment = _book_of_version(version), math.inf
    else:
        book = price_book(providers.values(), access=superadmin_access(), at=at)
    found = {}
    for provider_id, name in asked:
        provider = providers.get(provider_id)
        target = targets.get((provider_id, name)) or _bare_target(name)
        row = provider and book.cost(provider=provider, target=target, at=moment)
        if row:
            found[provider_id, name] = row.price
    return found


def _book_of_version(version: str) -> PriceBook:
    """Raises Invalid where no row is of it. Rows that were taken back have never been a price."""
    rows = Price.objects.filter(version=version).exclude(valid_to__lte=F("valid_from"))
    specs = [msgspec.convert(spec, PriceSpec) for spec in rows.values_list("spec", flat=True)]
    if not specs:
        raise Invalid.one(field="price_version", message=f"no price is of the version {version!r}")
    endless = tuple(msgspec.structs.replace(spec, valid_to=None) for spec in specs)
    return PriceBook([PricePageSpec(id="", prices=endless)])


def _shown(
    book: PriceBook, *, provider: ProviderSpec, target: TargetSpec, access: Access, at: datetime
) -> ModelPrice | None:
    applied = _applied(book, provider=provider, target=target, access=access, at=at)
    return None if applied is None else _priced(applied[0], factor=applied[1], access=access)


def _applied(
    book: PriceBook, *, provider: ProviderSpec, target: TargetSpec, access: Access, at: datetime
) -> tuple[Found, Decimal] | None:
    """The price the caller meets, and what it is multiplied by."""
    moment = at.timestamp()
    found = book.cost(provider=provider, target=target, at=moment)
    factor = Decimal(provider.cost_multiplier)
    if access.holds(PRICES):
        return None if found is None else (found, factor)
    tenant = access.the_tenant()
    charged = book.charge(provider=provider, target=target, tenant_id=str(tenant.id), at=moment)
    if charged is not None:
        return Found(charged, "override"), Decimal(1)
    markup = Decimal(WHOLE + tenant.markup_bp) / WHOLE
    return None if found is None else (found, factor * markup)


def _priced(found: Found, *, factor: Decimal, access: Access) -> ModelPrice:
    price = found.price
    sees_cost = access.holds(PRICES)
    return ModelPrice(
        id=price.id if _may_read(price, access=access) else None,
        scope=price.scope,
        matched_by=found.matched_by,
        version=price.version,
        valid_from=datetime.fromtimestamp(price.valid_from, tz=UTC),
        amounts={name: _times(price.rates.get(klass), factor) for name, klass in SHOWN.items()},
        tiers=bool(price.tiers or price.time_windows),
        multiplier=f"{factor.normalize():f}" if sees_cost else None,
    )


def _times(rate: str | None, factor: Decimal) -> str | None:
    return None if rate is None else f"{(Decimal(rate) * factor).normalize():f}"


def _may_read(price: PriceSpec, *, access: Access) -> bool:
    own = access.tenant is not None and price.tenant_id == str(access.tenant.id)
    return price.scope == "catalog" or own or access.holds(PRICES)


def _spec_of(row: Provider) -> ProviderSpec:
    """Only what prices depend on: neither credentials nor models are fetched."""
    base_url = value_of(row, "base_url") or ADAPTERS[row.kind].default_base_url
    return ProviderSpec(
        id=str(row.id),
        slug=row.slug,
        name=row.name,
        kind=row.kind,
        tenant_id=None if row.tenant_id is None else str(row.tenant_id),
        region=value_of(row, "region"),
        price_vendor=vendor_of(kind=row.kind, base_url=base_url),
        cost_multiplier=f"{row.cost_multiplier.normalize():f}",
    )


def _target(row: UpstreamModel) -> TargetSpec:
    return TargetSpec(
        id=str(row.id),
        upstream_name=row.upstream_name,
        public_name=row.public_name,
        target=Target(model=row.upstream_name, vendor=""),
        price_model=row.price_model,
    )


def _bare_target(model: str) -> TargetSpec:
    return TargetSpec(
        id="", upstream_name=model, public_name=model, target=Target(model=model, vendor="")
    )
