"""Compiled rows as PostgreSQL would hold them, without PostgreSQL."""

from typing import Any, Final
from uuid import UUID

import msgspec

from accounts.specs import KeySpec, TenantSpec
from gateway.snapshot.assembly import Assembly
from gateway.snapshot.rows import Row
from gateway.snapshot.snapshot import Snapshot
from gateway.snapshot.subscribe import Envelope
from providers import secrets
from providers.secrets import KeyRing, Place, Secret
from providers.specs import CredentialSpec, DataKeySpec, ProviderSpec
from routing.specs import AliasSpec, RoutingSpec

RING: Final = KeyRing.from_setting("dGVzdC1vbmx5LWtleS1lbmNyeXB0aW9uLWtleS0zMmI=")
OTHER_RING: Final = KeyRing.from_setting("YW5vdGhlci1vbmUtdGhhdC1vcGVucy1ub3RoaW5nMTI=")
DATA_KEYS: Final = {number: secrets.new_key() for number in range(3)}


def row(kind: str, object_id: str, version: int, spec: Any, *, name: str = "") -> Row:
    payload = None if spec is None else msgspec.json.encode(spec)
    return Row(kind, object_id, name or object_id, version, payload)


def key_row(public_id: str, version: int, *, gone: bool = False, **fields: Any) -> Row:
    spec = KeySpec(
        id=f"key_{public_id}",
        public_id=public_id,
        **{"tenant_id": "t1", "name": "k", "environment": "live", **fields},
    )
    return row("key", f"pk-{public_id}", version, None if gone else spec, name=public_id)


def tenant_row(tenant_id: str, version: int, *, gone: bool = False, **fields: Any) -> Row:
    spec = TenantSpec(id=tenant_id, slug=f"slug-{tenant_id}", **fields)
    return row("tenant", tenant_id, version, None if gone else spec)


def data_key_id(number: int) -> str:
    return str(UUID(int=number + 1))


def data_key_row(
    number: int, version: int, *, gone: bool = False, tenant: str = "", ring: KeyRing = RING
) -> Row:
    key_id = UUID(data_key_id(number))
    wrapped = secrets.wrap(key=DATA_KEYS[number], dek_id=key_id, kek=ring.current, tenant=tenant)
    spec = DataKeySpec(id=str(key_id), wrapped=wrapped, tenant_id=tenant or None)
    return row("data_key", str(key_id), version, None if gone else spec)


def credential(
    name: str, value: str = "", *, number: int = 0, tenant: str = "", row_id: str = ""
) -> CredentialSpec:
    """`row_id`: the row its secret was sealed for, when that is another."""
    place = Place(
        table="provider_credentials", row=row_id or name, field="sealed_secret", tenant=tenant
    )
    sealed = secrets.seal(
        value=Secret(value),
        key=DATA_KEYS[number],
        kek_id=RING.current.id,
        dek_id=UUID(data_key_id(number)),
        place=place,
    )
    return CredentialSpec(id=name, name=name, kind="api_key", sealed=sealed if value else b"")


def provider_row(
    slug: str, version: int, *credentials: CredentialSpec, gone: bool = False, **fields: Any
) -> Row:
    spec = ProviderSpec(
        id=slug, slug=slug, name=slug, kind="openai", credentials=credentials, **fields
    )
    return row("provider", slug, version, None if gone else spec)


def alias_row(name: str, version: int, to: str, *, gone: bool = False) -> Row:
    return row("alias", name, version, None if gone else AliasSpec(id=name, name=name, to=to))


def settings_row(tenant: str, version: int, model: str) -> Row:
    spec = RoutingSpec(tenant_id=tenant or None, default_model=model)
    return row("routing_settings", f"settings-{tenant}", version, spec)


def new_assembly(ring: KeyRing = RING) -> Assembly:
    return Assembly(Envelope(ring))


def apply(assembly: Assembly, *rows: Row) -> Snapshot:
    for _ in assembly.take(rows):
        pass
    for _ in assembly.settle():
        pass
    return assembly.snapshot(max((one.version for one in rows), default=0))


def revealed(snapshot: Snapshot) -> dict[str, bytes]:
    return {name: secret.reveal() for name, secret in snapshot.secrets.items()}


def facts(snapshot: Snapshot) -> Any:
    """All of it, comparable, without the version."""
    return (
        dict(snapshot.tenants),
        {name: dict(shard) for name, shard in snapshot.key_shards.items()},
        dict(snapshot.providers),
        revealed(snapshot),
        msgspec.to_builtins(snapshot.names, enc_hook=repr, str_keys=True),
        snapshot.anonymous,
    )
