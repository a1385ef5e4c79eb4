"""What one caller may do in one tenant: the value that views resolve once and services decide by.

Law: code asks `holds(capability)`; the role is told to people, never compared.
"""

from dataclasses import dataclass
from uuid import UUID

from accounts.errors import Refused
from accounts.models import Tenant
from accounts.permissions import SUPERADMIN


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

    def the_tenant(self) -> Tenant:
        """Only on paths that bind one; tenant_required elsewhere."""
        if self.tenant is None:
            raise Refused("tenant_required")
        return self.tenant


def superadmin_access(*, tenant: Tenant | None = None, user_id: UUID | None = None) -> Access:
    return Access(capabilities=SUPERADMIN, tenant=tenant, user_id=user_id, superadmin=True)
