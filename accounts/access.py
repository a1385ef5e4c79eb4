"""What one caller may do in one tenant: the value that views resolve once and services decide by.

Law: code asks `holds(capability)`; the role serves only to compare ranks.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from accounts.models import Tenant
from accounts.permissions import ROLE_RANK, SUPERADMIN

SUPERADMIN_RANK: Final = max(ROLE_RANK.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    capabilities: frozenset[str]
    tenant: Tenant | None = None
    user_id: UUID | None = None
    role: str | None = None
    led_teams: frozenset[UUID] = frozenset()
    superadmin: bool = False

    def holds(self, *capabilities: str) -> bool:
        """Whether at least one of them is held."""
        return not self.capabilities.isdisjoint(capabilities)

    @property
    def rank(self) -> int:
        return SUPERADMIN_RANK if self.superadmin else ROLE_RANK.get(self.role or "", 0)

    @property
    def tenant_id(self) -> UUID:
        """Only on paths that bind a tenant."""
        assert self.tenant is not None, "no tenant was resolved"
        return self.tenant.id


def superadmin_access(*, tenant: Tenant | None = None, user_id: UUID | None = None) -> Access:
    return Access(capabilities=SUPERADMIN, tenant=tenant, user_id=user_id, superadmin=True)
