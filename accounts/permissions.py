"""The role table: which role holds which capability. Code asks for capabilities, never for roles.

`*_all`, `*_team` and `*_own` are one right with a row filter; selectors apply the widest one held.
A capability stands here once something asks for it or a key can be scoped to it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

TENANT_WIDE: Final = frozenset(
    {
        "routing.write",
        "provider.write",
        "guardrail.write",
        "prompt.write",
        "cache.purge",
        "limit.write",
        "routing.read",
        "provider.read",
        "requests.read_all",
        "requests.read_body",
        "cost.read_all",
        "budget.write_all",
        "alert.write_all",
        "bill.export",
        "key.create_any",
        "key.create_own",
        "member.write",
        "audit.read_all",
        "playground.use",
        "tenant.settings",
    }
)
OWNER_ONLY: Final = frozenset({"tenant.delete", "sso.write", "member.write_owner"})
DEVELOPER: Final = frozenset(
    {
        "routing.read_names",
        "provider.read_names",
        "requests.read_own",
        "requests.read_body",
        "cost.read_own",
        "budget.write_own",
        "alert.write_own",
        "key.create_own",
        "audit.read_own",
        "playground.use",
    }
)
TEAM_LEAD: Final = frozenset(
    {
        "routing.read_names",
        "provider.read_names",
        "requests.read_team",
        "cost.read_team",
        "budget.write_team",
        "alert.write_team",
        "key.create_team",
        "key.create_own",
    }
)
BILLING_VIEWER: Final = frozenset({"cost.read_all", "bill.export", "audit.read_billing"})
PLATFORM: Final = frozenset(
    {
        "switch.toggle",
        "platform.tenants",
        "platform.users",
        "platform.prices",
        "platform.system",
        "platform.credit",
    }
)

BY_ROLE: Final[Mapping[str, frozenset[str]]] = {
    "owner": TENANT_WIDE | OWNER_ONLY,
    "admin": TENANT_WIDE,
    "developer": DEVELOPER,
    "billing_viewer": BILLING_VIEWER,
}
# Bodies need a support grant even for a superadmin.
SUPERADMIN: Final = (TENANT_WIDE | OWNER_ONLY | PLATFORM) - {"requests.read_body"}
ALL: Final = TENANT_WIDE | OWNER_ONLY | DEVELOPER | TEAM_LEAD | BILLING_VIEWER | PLATFORM


def effective(
    *, role: str | None, leads_a_team: bool, superadmin: bool, scopes: Iterable[str] | None = None
) -> frozenset[str]:
    """role ∪ lead ∪ superadmin; for a key, intersected with its scopes."""
    held = BY_ROLE.get(role or "", frozenset())
    if leads_a_team:
        held |= TEAM_LEAD
    if superadmin:
        held |= SUPERADMIN
    return held if scopes is None else held & frozenset(scopes)
