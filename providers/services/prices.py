"""Writes on the price book: rows are opened and closed, never edited.

Laws: a row holds from its `valid_from` on and never for a moment that has passed, for records point
to it; what it says cannot change, its end alone is written again; one call is one row of the audit.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import audit
from accounts.access import Access
from accounts.actors import Actor
from accounts.errors import Invalid, PermissionLacking, Refused
from accounts.ids import new_id
from accounts.models import Tenant
from accounts.services.changes import announce
from providers.models import Price, PricePage, Provider
from providers.models.prices import OPERATOR_PAGE
from providers.ownership import WRITE, owned_by
from providers.services.price_fields import checked
from providers.specs import PriceSpec

PRICES: Final = "platform.prices"
KIND: Final = "price"
SAME_THING: Final = ("page_id", "scope", "vendor", "provider", "region", "match", "model")
# Clocks of the caller and of this host may differ by this much.
LATE: Final = timedelta(seconds=30)


@transaction.atomic
def create_price(*, actor: Actor, access: Access, fields: Mapping[str, Any]) -> Price:
    """Of the operator, for one tenant, or of a tenant for a provider of its own."""
    given = dict(fields)
    owner = _owner(access=access, given=given)
    row = _opened(given, tenant_id=owner, actor=actor)
    _insert(row)
    _record_price(actor=actor, row=row, action="price.create")
    return row


@transaction.atomic
def replace_price(
    *, actor: Actor, access: Access, price_id: UUID, changes: Mapping[str, Any]
) -> Price:
    """Closes the row and opens one that differs from it; answers the new one."""
    old = editable_price(access=access, price_id=price_id)
    now = timezone.now()
    if old.valid_to is not None and old.valid_to <= now:
        raise Refused("price_closed")
    given = {**_fields_of(old), **changes}
    given["valid_from"] = changes.get("valid_from") or now
    if old.valid_to is not None and old.valid_to <= given["valid_from"]:
        raise Invalid.one(field="valid_from", message="the price has ended by then; make a new one")
    row = _opened(given, tenant_id=old.tenant_id, actor=actor)
    close(old, at=max(row.valid_from, old.valid_from))
    _insert(row)
    _record_price(actor=actor, row=row, action="price.replace", before={"replaces": str(old.pk)})
    return row


@transaction.atomic
def close_price(*, actor: Actor, access: Access, price_id: UUID) -> None:
    """From now on it is nobody's price; one that was still to come never holds."""
    row = editable_price(access=access, price_id=price_id)
    now = timezone.now()
    if row.valid_to is not None and row.valid_to <= now:
        raise Refused("price_closed")
    if row.valid_from > now:
        _give_back(row)
    close(row, at=max(now, row.valid_from))
    _record_price(actor=actor, row=row, action="price.close")


def editable_price(*, access: Access, price_id: UUID) -> Price:
    """Raises not_found. The vendors' own lists are renewed with a release, not by hand."""
    rows = Price.objects.exclude(scope=Price.Scope.CATALOG).select_for_update(of=("self",))
    if not access.holds(PRICES):
        rows = rows.filter(owned_by(access.the_tenant().id), provider__in=_own_slugs(access))
    row = rows.filter(pk=price_id).first()
    if row is None:
        raise Refused("not_found")
    return row


def _give_back(row: Price) -> None:
    """The price that was to end when this one began goes on: nobody must end up without one."""
    same = {name: getattr(row, name) for name in SAME_THING}
    before = Price.objects.filter(**same, valid_to=row.valid_from).exclude(pk=row.pk).first()
    if before is not None:
        till = row.valid_to
        close(row, at=row.valid_from)
        close(before, at=till)


def close(row: Price, *, at: datetime | None) -> None:
    row.valid_to = at
    row.spec = {**row.spec, "valid_to": None if at is None else at.timestamp()}
    row.save(update_fields=["valid_to", "spec"])


def price_row(spec: PriceSpec, *, page_id: str, created_by_id: Any = None) -> Price:
    return Price(
        id=UUID(spec.id),
        page_id=page_id,
        tenant_id=None if spec.tenant_id is None else UUID(spec.tenant_id),
        scope=spec.scope,
        vendor=spec.vendor,
        provider=spec.provider,
        region=spec.region,
        model=spec.model,
        match=spec.match,
        valid_from=moment(spec.valid_from),
        valid_to=None if spec.valid_to is None else moment(spec.valid_to),
        deprecated_at=None if spec.deprecated_at is None else moment(spec.deprecated_at),
        version=spec.version,
        source=spec.source,
        source_version=spec.source_version,
        spec=msgspec.to_builtins(spec),
        created_by_id=created_by_id,
    )


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=timezone.get_default_timezone())


def _owner(*, access: Access, given: dict[str, Any]) -> UUID | None:
    """Whose row it becomes; takes `tenant` out of the fields."""
    named = given.pop("tenant", "")
    if given["scope"] == Price.Scope.OPERATOR:
        if not access.holds(PRICES):
            raise PermissionLacking(PRICES)
        if named:
            raise Invalid.one(field="tenant", message="a price of the operator is for all tenants")
        return None
    if access.holds(PRICES) and named:
        tenant = Tenant.objects.filter(slug=named).first()
        if tenant is None:
            raise Invalid.one(field="tenant", message=f"there is no tenant {named!r}")
        return tenant.pk
    if named and named != access.the_tenant().slug:
        raise PermissionLacking(PRICES)
    if not access.holds(PRICES) and given.get("provider") not in _own_slugs(access):
        raise Invalid.one(
            field="provider", message="name a provider of your own; what others cost is not yours"
        )
    return access.the_tenant().id


def _own_slugs(access: Access) -> list[str]:
    if not access.holds(WRITE):
        raise PermissionLacking(WRITE)
    own = Provider.objects.filter(owned_by(access.the_tenant().id), archived_at=None)
    return list(own.values_list("slug", flat=True))


def _opened(given: Mapping[str, Any], *, tenant_id: UUID | None, actor: Actor) -> Price:
    now = timezone.now()
    since = given.get("valid_from") or now
    if since < now - LATE:
        raise Invalid.one(
            field="valid_from", message="what has been is recorded; begin now or later"
        )
    till = given.get("valid_to")
    if till is not None and till <= since:
        raise Invalid.one(field="valid_to", message="it ends before it begins")
    spec = PriceSpec(
        id=str(new_id()),
        version=now.strftime("%Y-%m-%d"),
        tenant_id=None if tenant_id is None else str(tenant_id),
        valid_from=since.timestamp(),
        valid_to=None if till is None else till.timestamp(),
        source=given.get("source") or f"set by {actor.label}",
        **checked(given),
    )
    page = OPERATOR_PAGE if tenant_id is None else str(tenant_id)
    PricePage.objects.bulk_create([PricePage(id=page, tenant_id=tenant_id)], ignore_conflicts=True)
    return price_row(spec, page_id=page, created_by_id=actor.user_id)


def _insert(row: Price) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Refused("price_overlaps") from None


def _fields_of(row: Price) -> dict[str, Any]:
    """What a replacement takes over."""
    spec = msgspec.to_builtins(msgspec.convert(row.spec, PriceSpec))
    kept = ("scope", "provider", "region", "model", "match", "rates", "per_call", "tiers")
    terms = {name: spec.get(name) for name in (*kept, "variants", "time_windows") if name in spec}
    return {**terms, "valid_to": row.valid_to}


def _record_price(
    *, actor: Actor, row: Price, action: str, before: Mapping[str, Any] | None = None
) -> None:
    audit.record(
        actor=actor,
        action=action,
        target=audit.Target(type=KIND, id=str(row.pk), label=row.model),
        tenant_id=row.tenant_id,
        before=before,
        after=row.spec,
    )
    announce_page(row.page_id, tenant_id=row.tenant_id)


def announce_page(page_id: str, *, tenant_id: UUID | None) -> None:
    announce(kind="price_page", row_id=page_id, tenant_id=tenant_id)
