"""Data keys: made when first needed, wrapped by the key-encryption key, re-wrapped on rotation.

The only module above `providers.secrets`; others get a `Vault` at start-up.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.db.models import Q

from accounts import audit
from accounts.actors import Actor
from accounts.ids import new_id
from accounts.services.changes import announce
from accounts.tenancy import platform_scope, tenant_scope
from providers import secrets
from providers.models import DataKey
from providers.secrets import KeyRing, Place, Secret, SecretsError

if TYPE_CHECKING:
    from django.db.models import QuerySet


class WrongKek(SecretsError):
    """A key-encryption key of the right name does not open what was wrapped under it."""

    def __init__(self, kek_id: str) -> None:
        super().__init__(
            f"SWITCHYARD_KEK: key {kek_id} does not open the data keys wrapped under it"
        )
        self.kek_id = kek_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """Seals and opens single values under the data key of their tenant, or of the platform."""

    ring: KeyRing

    def seal(
        self, *, value: bytes | str, table: str, row: str, field: str, tenant_id: UUID | None = None
    ) -> bytes:
        data_key = _live_key(ring=self.ring, tenant_id=tenant_id)
        return secrets.seal(
            value=Secret(value),
            key=_unwrapped(data_key, ring=self.ring),
            kek_id=data_key.kek_id,
            dek_id=data_key.id,
            place=Place(table=table, tenant=_owner(tenant_id), row=row, field=field),
        )

    def open(
        self, *, blob: bytes, table: str, row: str, field: str, tenant_id: UUID | None = None
    ) -> Secret:
        """Raises InvalidTag when the value was moved or changed, DoesNotExist when shredded."""
        dek_id = secrets.read_header(blob).dek_id
        with _scope(tenant_id):
            data_key = DataKey.objects.get(_live(tenant_id), pk=dek_id)
        return secrets.open_sealed(
            blob=blob,
            key=_unwrapped(data_key, ring=self.ring),
            place=Place(table=table, tenant=_owner(tenant_id), row=row, field=field),
        )


def vault_from_setting(text: str) -> Vault:
    """Raises BadKey when the setting is missing or malformed."""
    return Vault(ring=KeyRing.from_setting(text))


def key_problem(*, setting: str) -> str | None:
    """What is wrong with the key-encryption key for this database, in words; None when it fits."""
    try:
        check_keys(vault=vault_from_setting(setting))
    except SecretsError as problem:
        return str(problem)
    return None


def check_keys(*, vault: Vault) -> None:
    """Start-up probe: raises UnknownKek or WrongKek naming the key that is missing or wrong.

    Makes the platform's data key on the first start, so that later starts have what to probe.
    """
    _live_key(ring=vault.ring, tenant_id=None)
    with platform_scope("probe of the key-encryption key"):
        rows = list(
            DataKey.objects.filter(destroyed_at=None).order_by("kek_id", "id").distinct("kek_id")
        )
    for row in rows:
        try:
            _unwrapped(row, ring=vault.ring)
        except InvalidTag:
            raise WrongKek(row.kek_id) from None


def rotate_keys(*, vault: Vault, actor: Actor) -> int:
    """Re-wraps every data key under the current key-encryption key; counts the changed ones.

    Works online: values stay as they are, and a reader with both keys opens before and after.
    """
    current = vault.ring.current
    with platform_scope("rotation of the key-encryption key"):
        stale = (
            DataKey.objects.select_for_update().filter(destroyed_at=None).exclude(kek_id=current.id)
        )
        rows = list(stale)
        for row in rows:
            key = _unwrapped(row, ring=vault.ring)
            row.wrapped = secrets.wrap(
                key=key, dek_id=row.id, kek=current, tenant=_owner(row.tenant_id)
            )
            row.kek_id = current.id
            row.save(update_fields=["wrapped", "kek_id"])
            _announce(row)
        if rows:
            audit.record(
                actor=actor,
                action="secrets.rotate",
                target=audit.Target(type="key_encryption_key", id=current.id),
                tenant_id=None,
                after={"data_keys": len(rows)},
            )
    return len(rows)


def _live_key(*, ring: KeyRing, tenant_id: UUID | None) -> DataKey:
    with _scope(tenant_id):
        live: QuerySet[DataKey] = DataKey.objects.filter(_live(tenant_id))
        row = live.first()
        if row is None:
            mine = _new_row(ring=ring, tenant_id=tenant_id)
            DataKey.objects.bulk_create([mine], ignore_conflicts=True)
            row = live.get()
            if row.pk == mine.pk:
                _announce(row)
    return row


def _new_row(*, ring: KeyRing, tenant_id: UUID | None) -> DataKey:
    dek_id = new_id()
    wrapped = secrets.wrap(
        key=secrets.new_key(), dek_id=dek_id, kek=ring.current, tenant=_owner(tenant_id)
    )
    return DataKey(id=dek_id, tenant_id=tenant_id, kek_id=ring.current.id, wrapped=wrapped)


def _announce(row: DataKey) -> None:
    announce(kind="data_key", row_id=row.pk, tenant_id=row.tenant_id)


def _unwrapped(row: DataKey, *, ring: KeyRing) -> Secret:
    return secrets.unwrap(blob=bytes(row.wrapped), ring=ring, tenant=_owner(row.tenant_id))


def _live(tenant_id: UUID | None) -> Q:
    owned = Q(tenant_id__isnull=True) if tenant_id is None else Q(tenant_id=tenant_id)
    return owned & Q(destroyed_at=None)


def _owner(tenant_id: UUID | None) -> str:
    return str(tenant_id or "")


def _scope(tenant_id: UUID | None) -> AbstractContextManager[None]:
    if tenant_id is None:
        return platform_scope("data key of the platform")
    return tenant_scope(tenant_id=tenant_id)
