"""The audit rows a caller may read: all of the tenant, billing's, or their own doing."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import Q, QuerySet

from accounts.access import Access
from accounts.models import AuditEntry

# What a billing viewer may read about.
BILLING_OBJECTS: Final = ("bill", "budget", "credit", "export", "price", "redeem_code")


def visible_entries(*, access: Access) -> QuerySet[AuditEntry]:
    tenant = access.the_tenant()
    rows: QuerySet[AuditEntry] = AuditEntry.objects.filter(chain=str(tenant.id))
    if access.holds("audit.read_all"):
        return rows
    mine = Q(pk__in=[])
    if access.holds("audit.read_own") and access.user_id is not None:
        mine |= Q(actor_type=AuditEntry.ActorType.USER, actor_id=str(access.user_id))
    if access.holds("audit.read_billing"):
        mine |= Q(object_type__in=BILLING_OBJECTS)
    return rows.filter(mine)


def filtered(rows: QuerySet[AuditEntry], *, by: Mapping[str, Any]) -> QuerySet[AuditEntry]:
    """`by` holds the filters of the audit list; empty ones are left out."""
    for name, value in by.items():
        condition = CONDITIONS.get(name)
        if condition is not None and value not in (None, ""):
            rows = rows.filter(condition(value))
    return rows


def _action(value: str) -> Q:
    return Q(action=value) if "." in value else Q(action__startswith=f"{value}.")


CONDITIONS: Final[Mapping[str, Any]] = {
    "action": _action,
    "actor": lambda value: Q(actor_id=value) | Q(actor_label__icontains=value),
    "object_type": lambda value: Q(object_type=value),
    "object_id": lambda value: Q(object_id=value),
    "from": lambda value: Q(at__gte=value),
    "to": lambda value: Q(at__lt=value),
    "q": lambda value: (
        Q(object_label__icontains=value)
        | Q(actor_label__icontains=value)
        | Q(reason__icontains=value)
    ),
}
