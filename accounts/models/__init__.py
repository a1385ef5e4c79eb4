from accounts.models.audit import AuditEntry, AuditHead, IdempotencyKey
from accounts.models.base import Editable
from accounts.models.configuration import CompiledSpec, ConfigChange, ConfigVersion
from accounts.models.keys import ApiKey, ApiKeySecret, AwsPair, PepperProbe
from accounts.models.people import Invite, Membership, Role, SetupToken, User
from accounts.models.tenants import Team, TeamMember, Tenant

__all__ = [
    "ApiKey",
    "ApiKeySecret",
    "AuditEntry",
    "AuditHead",
    "AwsPair",
    "CompiledSpec",
    "ConfigChange",
    "ConfigVersion",
    "Editable",
    "IdempotencyKey",
    "Invite",
    "Membership",
    "PepperProbe",
    "Role",
    "SetupToken",
    "Team",
    "TeamMember",
    "Tenant",
    "User",
]
