"""Addresses that were tried and may not be called: told in the audit, for they may be an attack.

Law: what was typed stays out, for an address may hold a password; the reason names what it was.
"""

from collections.abc import Iterable
from typing import Final

from accounts import audit
from accounts.access import Access
from accounts.actors import Actor
from accounts.errors import FieldProblem

ADDRESS_REFUSED: Final = "address_refused"


def note_refused_addresses(
    *, actor: Actor, access: Access, provider_id: str, problems: Iterable[FieldProblem]
) -> None:
    """In a transaction of its own: the one that tried was rolled back."""
    found = {one.field: one.message for one in problems if one.code == ADDRESS_REFUSED}
    if found:
        audit.record(
            actor=actor,
            action="provider.address_refused",
            target=audit.Target(type="provider", id=provider_id),
            tenant_id=access.tenant.id if access.tenant is not None else None,
            after=found,
        )
