"""F-66, the second wall: PostgreSQL shows and takes no row of another tenant."""

from typing import Any, Final

import psycopg
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, connections, transaction

from accounts.actors import CLI
from accounts.audit import Target, record
from accounts.models import (
    AwsPair,
    ConfigChange,
    IdempotencyKey,
    Team,
    Tenant,
)
from accounts.tenancy import (
    TenantOwned,
    platform_scope,
    tenant_scope,
    user_scope,
)
from billing.models import DirtyWindow
from routing.models import RoutingSettings
from tests.accounts.world import Town, bound_in_database, make_town
from tests.factories.accounts import InviteFactory
from tests.factories.billing import make_books

OWNED: Final = [model for model in apps.get_models() if issubclass(model, TenantOwned)]
TABLES_OF_TENANTS: Final = {model._meta.db_table for model in OWNED}  # noqa: SLF001 - Django's documented meta API
SHARED: Final = {
    "providers",
    "provider_models",
    "provider_health_checks",
    "prices",
    "price_pages",
}
TABLES_WITH_TENANT: Final = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') {which}
  AND EXISTS (SELECT 1 FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
"""


@pytest.fixture
def furnished(db: None) -> tuple[Town, Town]:
    """Two towns with at least one row in every tenant-owned table."""
    towns = make_town(), make_town()
    for town in towns:
        with tenant_scope(tenant_id=town.tenant.id):
            record(
                actor=CLI,
                action="key.update",
                target=Target(type="key", id="x"),
                tenant_id=town.tenant.id,
            )
            IdempotencyKey.objects.create(
                tenant=town.tenant, scope=str(town.tenant.id), key="k", request_sha256=b"x"
            )
            RoutingSettings.objects.create(tenant=town.tenant)
            AwsPair.objects.create(
                tenant=town.tenant, key=town.key, access_key_id=str(town.key.pk)[-20:]
            )
            ConfigChange.objects.create(tenant=town.tenant, kind="tenant", object_id="x")
            make_books(tenant=town.tenant)
    for town in towns:
        with tenant_scope(tenant_id=town.tenant.id):
            DirtyWindow.objects.create(tenant=town.tenant, window_start=town.tenant.created_at)
    return towns


def tables() -> list[str]:
    """Without the partitions, which this login may not touch at all."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES_WITH_TENANT.format(which="AND NOT c.relispartition"))
        return [name for name, _, _ in cursor.fetchall()]


def test_every_table_with_a_tenant_has_row_security_forced(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES_WITH_TENANT.format(which=""))
        found = cursor.fetchall()

    # Views have no security of their own: they run with the rights of who asks.
    owned = {name for name in TABLES_OF_TENANTS if not name.endswith("_rows")}
    assert {name for name, _, _ in found} >= owned
    assert [name for name, enabled, forced in found if not (enabled and forced)] == []


def test_raw_sql_without_a_tenant_sees_no_row(furnished: tuple[Town, Town]) -> None:
    assert furnished
    for table in [*tables(), "tenants"]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - from the catalogue
            assert cursor.fetchone() == (0,), table


def test_raw_sql_of_a_tenant_sees_its_own_rows(furnished: tuple[Town, Town]) -> None:
    town, _ = furnished
    with tenant_scope(tenant_id=town.tenant.id), connection.cursor() as cursor:
        for table in tables():
            if table == "data_keys":
                continue
            cursor.execute(f"SELECT DISTINCT tenant_id FROM {table}")  # noqa: S608 - likewise
            seen = {owner for (owner,) in cursor.fetchall()}
            # Of some tables the platform's rows are there for every tenant to read.
            assert seen - ({None} if table in SHARED else set()) == {town.tenant.id}, table
        cursor.execute("SELECT id FROM tenants")
        assert cursor.fetchall() == [(town.tenant.id,)]


@pytest.mark.parametrize("bound", ["other tenant", "nobody"])
def test_raw_sql_writes_no_row_of_another_tenant(furnished: tuple[Town, Town], bound: str) -> None:
    town, other = furnished
    for table in tables():
        copy = f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, %s::jsonb)).*"
        with platform_scope("test"), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT to_jsonb(t)::text FROM {table} t WHERE tenant_id = %s LIMIT 1",  # noqa: S608 - likewise
                [town.tenant.id],
            )
            row = cursor.fetchone()
        if row is None:
            continue
        binding = (
            transaction.atomic() if bound == "nobody" else tenant_scope(tenant_id=other.tenant.id)
        )
        with binding, pytest.raises(ProgrammingError, match="row-level security"):
            write(copy, row)


def write(statement: str, row: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, row)


def test_no_tenant_makes_or_takes_another_tenant(furnished: tuple[Town, Town]) -> None:
    town, other = furnished
    with tenant_scope(tenant_id=town.tenant.id):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Tenant.objects.create(slug="mine-too", name="x")
        assert Tenant.objects.filter(pk=other.tenant.pk).update(name="x") == 0
        assert Tenant.objects.filter(pk=other.tenant.pk).delete()[0] == 0


def test_a_person_reads_invitations_to_their_address_and_changes_none(town: Town) -> None:
    guest = make_town().people["developer"]
    with platform_scope("test"):
        invite = InviteFactory(tenant=town.tenant, email=guest.email.upper())

    with user_scope(user_id=guest.id), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM invites")
        assert cursor.fetchall() == [(invite.id,)]
        cursor.execute("UPDATE invites SET role = 'owner'")
        assert cursor.rowcount == 0


def test_the_runtime_login_owns_nothing_and_has_no_powers(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND pg_get_userbyid(c.relowner) = current_user"
        )
        assert cursor.fetchone() == (0,)


def test_a_setting_does_not_outlive_its_transaction(committed_db: None) -> None:
    town = make_town()
    with tenant_scope(tenant_id=town.tenant.id):
        assert Team.objects.count() == 1

    assert bound_in_database() == ("", "", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM teams")
        assert cursor.fetchone() == (0,)


def test_even_the_owning_login_is_bound_by_the_policies(committed_db: None) -> None:
    make_town()

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM teams")
        assert cursor.fetchone() == (0,)


def test_only_the_second_wall_stops_what_goes_around_the_first(town: Town) -> None:
    other = make_town()

    with tenant_scope(tenant_id=town.tenant.id), connection.cursor() as cursor:
        cursor.execute("UPDATE teams SET name = 'x' WHERE id = %s", [other.team.id])
        assert cursor.rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            raw("UPDATE teams SET tenant_id = %s", [other.tenant.id])


def raw(statement: str, values: list[Any]) -> None:
    """Without Django's wrapping of errors."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.cursor.execute(statement, values)
