"""The price book as a caller may see it: the vendors' lists, and what is set for the caller.

Law: what an operator pays is shown to who holds the prices of the platform; to a tenant, what it
is charged.
"""

from datetime import datetime
from typing import Any, Final

from django.db.models import Count, F, Max, Q, QuerySet
from django.utils import timezone

from accounts.access import Access
from accounts.errors import Refused
from providers.models import Price
from providers.ownership import owned_by

PRICES: Final = "platform.prices"
STATES: Final = ("current", "future", "past")
CATALOG: Final = Q(scope=Price.Scope.CATALOG)


def visible_prices(*, access: Access) -> QuerySet[Price]:
    rows: QuerySet[Price] = Price.objects.select_related("tenant")
    if access.holds(PRICES):
        return rows
    return rows.filter(CATALOG | owned_by(access.the_tenant().id))


def price_to_read(*, access: Access, price_id: Any) -> Price:
    row = visible_prices(access=access).filter(pk=price_id).first()
    if row is None:
        raise Refused("not_found")
    return row


def in_state(rows: QuerySet[Price], *, state: str, at: datetime) -> QuerySet[Price]:
    taken_back = Q(valid_to__lte=F("valid_from"))
    if state == "future":
        return rows.filter(valid_from__gt=at).exclude(taken_back)
    if state == "past":
        return rows.filter(Q(valid_to__lte=at) | taken_back)
    return that_hold(rows, at=at)


def that_hold(rows: QuerySet[Price], *, at: datetime) -> QuerySet[Price]:
    return rows.filter(Q(valid_to=None) | Q(valid_to__gt=at), valid_from__lte=at)


def state_of(row: Price) -> str:
    now = timezone.now()
    if row.valid_to is not None and row.valid_to <= max(now, row.valid_from):
        return "past"  # or taken back before it held
    return "future" if row.valid_from > now else "current"


def vendors() -> list[dict[str, Any]]:
    """Whose lists there are."""
    rows = that_hold(Price.objects.filter(CATALOG), at=timezone.now())
    found = rows.values("vendor").annotate(
        models=Count("model", distinct=True), version=Max("version")
    )
    return list(found.order_by("vendor"))
