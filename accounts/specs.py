"""What the data plane knows of tenants and keys. Values only; compiled by `accounts.compile`."""

from typing import Literal, TypeAlias

from msgspec import Struct

KeyStatus: TypeAlias = Literal["active", "disabled", "revoked"]
KeyKind: TypeAlias = Literal["client", "management", "session", "anonymous"]
Fidelity: TypeAlias = Literal["lossless", "warn", "best-effort"]


class SecretSpec(Struct, frozen=True, kw_only=True, omit_defaults=True, array_like=True):
    digest: bytes
    pepper_id: str
    expires_at: float | None = None  # seconds since 1970, UTC


class AwsPairSpec(Struct, frozen=True, kw_only=True, omit_defaults=True, array_like=True):
    """What a client signs with; its secret stays sealed until it is needed."""

    access_key_id: str
    sealed: bytes
    expires_at: float | None = None  # seconds since 1970, UTC


class KeySpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str  # key_<public id>
    public_id: str
    tenant_id: str
    name: str
    environment: Literal["live", "test"]
    kind: KeyKind = "client"
    status: KeyStatus = "active"
    secrets: tuple[SecretSpec, ...] = ()
    aws_pairs: tuple[AwsPairSpec, ...] = ()
    scopes: frozenset[str] = frozenset()
    owner_id: str | None = None
    team_id: str | None = None
    tags: tuple[str, ...] = ()
    allowed_models: tuple[str, ...] = ()
    denied_models: tuple[str, ...] = ()
    restrict_served: bool = False
    allowed_dialects: tuple[str, ...] = ()
    allowed_paths: tuple[str, ...] = ()
    allowed_ips: tuple[str, ...] = ()
    denied_ips: tuple[str, ...] = ()
    expires_at: float | None = None  # seconds since 1970, UTC
    fidelity: Fidelity = "warn"
    byok_allowed: bool = False
    dearer_fallback: bool = True
    priority: int = 5


class TenantSpec(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    slug: str
    status: Literal["active", "suspended", "closing"] = "active"
    markup_bp: int = 0  # on what vendors cost, in hundredths of a percent
    charge_on_disconnect: Literal["used", "none"] = "used"
    charge_on_empty: Literal["input", "none"] = "input"
    unpriced: Literal["allow_flag", "block"] = "allow_flag"
    vault: Literal["on", "off"] = "on"  # off: what models think is kept for nobody
    foreign_reasoning: Literal["drop", "text"] = "drop"  # what a vendor is told of another's
