"""Data keys against PostgreSQL: F-70."""

import base64
from collections.abc import Callable
from threading import Thread
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection, connections

from accounts.actors import CLI
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import platform_scope, tenant_scope
from providers.models import DataKey
from providers.secrets import BadKey, UnknownKek
from providers.services.vault import Vault, WrongKek, check_keys, rotate_keys, vault_from_setting

OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


@pytest.fixture
def vault(db: None) -> Vault:
    return vault_from_setting(OLD)


def make_tenant(slug: str = "acme") -> UUID:
    with platform_scope("test"):
        return Tenant.objects.create(slug=slug, name=slug).pk


def seal(vault: Vault, *, tenant_id: UUID | None = None, row: str = "r1") -> bytes:
    return vault.seal(
        value="sk-canary",
        table="provider_credentials",
        row=row,
        field="secret",
        tenant_id=tenant_id,
    )


def open_sealed(
    vault: Vault, blob: bytes, *, tenant_id: UUID | None = None, row: str = "r1"
) -> bytes:
    secret = vault.open(
        blob=blob, table="provider_credentials", row=row, field="secret", tenant_id=tenant_id
    )
    return secret.reveal()


def test_each_tenant_and_the_platform_have_a_data_key_of_their_own(vault: Vault) -> None:
    tenant_id = make_tenant()

    blobs = [seal(vault, tenant_id=owner) for owner in (None, tenant_id, tenant_id)]

    assert open_sealed(vault, blobs[0]) == b"sk-canary"
    assert open_sealed(vault, blobs[1], tenant_id=tenant_id) == b"sk-canary"
    with platform_scope("test"):
        assert DataKey.objects.count() == 2


def test_a_ciphertext_swapped_between_rows_does_not_open(vault: Vault) -> None:
    blob = seal(vault, row="mine")

    with pytest.raises(InvalidTag):
        open_sealed(vault, blob, row="theirs")


def test_another_tenant_finds_no_key_for_the_blob(vault: Vault) -> None:
    blob = seal(vault, tenant_id=make_tenant())

    with pytest.raises(DataKey.DoesNotExist):
        open_sealed(vault, blob, tenant_id=make_tenant("other"))


def test_values_stay_readable_while_and_after_the_key_encryption_key_rotates(vault: Vault) -> None:
    tenant_id = make_tenant()
    blobs = {owner: seal(vault, tenant_id=owner) for owner in (None, tenant_id)}
    both = vault_from_setting(f"{NEW},{OLD}")

    assert [open_sealed(both, blob, tenant_id=owner) for owner, blob in blobs.items()] == [
        b"sk-canary"
    ] * 2
    assert rotate_keys(vault=both, actor=CLI) == 2
    assert rotate_keys(vault=both, actor=CLI) == 0
    with platform_scope("test"):
        row = AuditEntry.objects.get()
    assert (row.action, row.actor_type, row.after) == ("secrets.rotate", "cli", {"data_keys": 2})

    new_only = vault_from_setting(NEW)
    check_keys(vault=new_only)
    assert [open_sealed(new_only, blob, tenant_id=owner) for owner, blob in blobs.items()] == [
        b"sk-canary"
    ] * 2


def test_the_key_before_no_longer_opens_after_the_rotation(vault: Vault) -> None:
    blob = seal(vault)
    rotate_keys(vault=vault_from_setting(f"{NEW},{OLD}"), actor=CLI)

    with pytest.raises(UnknownKek):
        open_sealed(vault, blob)


def test_a_wrong_key_encryption_key_is_refused_by_name_at_start(vault: Vault) -> None:
    check_keys(vault=vault)

    with pytest.raises(UnknownKek, match=vault.ring.current.id):
        check_keys(vault=vault_from_setting(NEW))


def test_a_key_row_that_does_not_open_is_refused_by_name_at_start(vault: Vault) -> None:
    check_keys(vault=vault)
    with platform_scope("test"):
        row = DataKey.objects.get()
        row.wrapped = bytes(row.wrapped[:-1]) + bytes([row.wrapped[-1] ^ 1])
        row.save(update_fields=["wrapped"])

    with pytest.raises(WrongKek, match=vault.ring.current.id):
        check_keys(vault=vault)


def test_a_missing_key_encryption_key_is_refused() -> None:
    with pytest.raises(BadKey, match="SWITCHYARD_KEK is missing"):
        vault_from_setting("")


def test_a_shredded_data_key_takes_its_values_along(vault: Vault) -> None:
    blob = seal(vault)
    with platform_scope("test"):
        DataKey.objects.update(destroyed_at="2026-01-01T00:00:00Z")

    with pytest.raises(DataKey.DoesNotExist):
        open_sealed(vault, blob)
    assert open_sealed(vault, seal(vault)) == b"sk-canary"


def test_no_dump_of_the_table_holds_a_key(vault: Vault) -> None:
    seal(vault)
    with platform_scope("test"), connection.cursor() as cursor:
        cursor.execute("SELECT data_keys::text FROM data_keys")
        dump = "".join(row[0] for row in cursor.fetchall())

    assert base64.b64decode(OLD).hex() not in dump


def test_data_keys_are_invisible_without_a_tenant(vault: Vault) -> None:
    seal(vault)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM data_keys")
        assert cursor.fetchone() == (0,)


def test_writers_at_once_agree_on_one_data_key(committed_db: None) -> None:
    vault = vault_from_setting(OLD)
    tenant_id = make_tenant()

    in_parallel(lambda: seal(vault, tenant_id=tenant_id), times=8)

    with tenant_scope(tenant_id=tenant_id):
        assert DataKey.objects.count() == 1


def in_parallel(work: Callable[[], object], *, times: int) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
