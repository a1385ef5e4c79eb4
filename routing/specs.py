"""What the data plane knows of names. Values only; compiled by `routing.compile`."""

from msgspec import Struct


class AliasSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    name: str  # may end in `*`
    to: str  # a model, a qualified name or another alias
    tenant_id: str | None = None  # None: the platform's
    expires_at: float | None = None  # seconds since 1970, UTC


class RoutingSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    tenant_id: str | None = None  # None: the platform's
    default_model: str = ""
