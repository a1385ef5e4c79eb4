"""F-66: two walls between tenants; neither trusts the other."""

import ast
import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import psycopg
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.apps import apps
from django.db import ProgrammingError, connection, connections, transaction
from django.test import AsyncClient

from accounts.actors import CLI
from accounts.audit import Target, record
from accounts.models import (
    ApiKey,
    IdempotencyKey,
    Invite,
    Membership,
    Team,
    TeamMember,
    Tenant,
)
from accounts.tenancy import (
    Binding,
    CrossTenant,
    TenantNotSet,
    TenantOwned,
    current_binding,
    platform_scope,
    tenant_scope,
    user_scope,
)
from tests.accounts.api import BACKEND, Api
from tests.accounts.world import Town, make_town
from tests.contracts.tree import ROOT
from tests.factories.accounts import InviteFactory, MembershipFactory, TeamFactory

OWNED: Final = [model for model in apps.get_models() if issubclass(model, TenantOwned)]
# Who may work across tenants, and nobody else.
PLATFORM_MODULES: Final = {
    "accounts/api/base.py",
    "accounts/selectors/access.py",
    "accounts/selectors/invites.py",
    "accounts/selectors/key_possession.py",
    "accounts/services/enrolment.py",
    "accounts/services/invites.py",
    "accounts/services/preferences.py",
    "accounts/services/sessions.py",
    "accounts/services/setup.py",
    "accounts/services/tenants.py",
    "accounts/services/upkeep.py",
    "accounts/services/users.py",
    "accounts/sign_in_audit.py",
    "gateway/console/admin_site.py",
    "gateway/ops/users.py",
    "providers/services.py",
}
TABLES_WITH_TENANT: Final = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
  AND EXISTS (SELECT 1 FROM pg_attribute a
              WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
"""


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


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
    return towns


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(TABLES_WITH_TENANT)
        return [name for name, _, _ in cursor.fetchall()]


# --- first wall -----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__name__)
def test_without_a_tenant_every_manager_raises(db: None, model: Any) -> None:
    managers = (model.objects, model._default_manager, model._base_manager)  # noqa: SLF001 - Django uses these
    for manager in managers:
        with pytest.raises(TenantNotSet):
            manager.all()
        with pytest.raises(TenantNotSet):
            manager.filter(pk=None).count()


def test_a_bound_tenant_sees_its_own_rows_only(town: Town) -> None:
    make_town()

    with tenant_scope(tenant_id=town.tenant.id):
        assert {row.tenant_id for row in Membership.objects.all()} == {town.tenant.id}
        assert ApiKey.objects.count() == Invite.objects.count() == Team.objects.count() == 1
        assert {row.tenant_id for row in town.team.members.all()} == {town.tenant.id}
    with platform_scope("test"):
        assert Team.objects.count() == 2


def test_nothing_is_written_without_a_tenant(town: Town) -> None:
    with pytest.raises(TenantNotSet):
        town.team.save()
    with pytest.raises(TenantNotSet):
        Team(tenant=town.tenant, name="x").save()
    with user_scope(user_id=town.people["owner"].id), pytest.raises(TenantNotSet):
        town.members["owner"].save()


def test_nothing_of_another_tenant_is_written(town: Town) -> None:
    other = make_town()
    mine = Team(tenant=town.tenant, name="mine")

    with tenant_scope(tenant_id=town.tenant.id):
        with pytest.raises(CrossTenant):
            other.team.save()
        with pytest.raises(CrossTenant):
            Team.objects.bulk_create([mine, Team(tenant=other.tenant, name="theirs")])
        with pytest.raises(CrossTenant):
            Team.objects.create(tenant=other.tenant, name="theirs")
        with pytest.raises(CrossTenant):
            Team.objects.update(tenant=other.tenant)
        with pytest.raises(CrossTenant):
            Team.objects.update(tenant_id=other.tenant.id)


def test_no_row_points_to_a_row_of_another_tenant(town: Town) -> None:
    other = make_town()

    with tenant_scope(tenant_id=town.tenant.id):
        for team in ({"team": other.team}, {"team_id": other.team.id}):
            with pytest.raises(CrossTenant):
                Invite.objects.update(**team)
            with pytest.raises(CrossTenant):
                ApiKey.objects.filter(pk=town.key.pk).update(**team)
        town.key.team_id = other.team.id
        with pytest.raises(CrossTenant):
            town.key.save()
        with pytest.raises(CrossTenant):
            TeamMember(tenant=town.tenant, team=other.team, user=town.people["owner"]).save()
        assert Team.objects.filter(pk=town.team.pk).update(parent=None) == 1
    with platform_scope("test"), pytest.raises(CrossTenant):
        Team(tenant=town.tenant, name="x", parent=other.team).save()


def test_a_person_sees_their_own_memberships_across_tenants(town: Town) -> None:
    other = make_town()
    person = town.people["developer"]
    with platform_scope("test"):
        MembershipFactory(tenant=other.tenant, user=person, role="admin")

    with user_scope(user_id=person.id):
        rows = Membership.objects.select_related("tenant")
        assert {(row.tenant.slug, row.role) for row in rows} == {
            (town.tenant.slug, "developer"),
            (other.tenant.slug, "admin"),
        }
        assert TeamMember.objects.count() == 1
        with pytest.raises(TenantNotSet):
            ApiKey.objects.all()


def test_scopes_nest_and_give_back_what_was_bound(town: Town) -> None:
    other = make_town()
    assert current_binding() == Binding()

    with tenant_scope(tenant_id=town.tenant.id):
        with pytest.raises(ZeroDivisionError):
            fail_in_platform_scope()
        assert Team.objects.count() == 1
        with tenant_scope(tenant_id=other.tenant.id):
            assert Team.objects.get() == other.team
        assert Team.objects.get() == town.team
        assert told() == (str(town.tenant.id), "", "")
    assert current_binding() == Binding()
    assert told() == ("", "", "")


def fail_in_platform_scope() -> None:
    with platform_scope("test"):
        assert Team.objects.count() == 2
        raise ZeroDivisionError


def told() -> tuple[str, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('app.tenant', true), ''),"
            " coalesce(current_setting('app.user', true), ''),"
            " coalesce(current_setting('app.platform', true), '')"
        )
        row: tuple[str, ...] = cursor.fetchone()
        return row


def test_platform_scope_wants_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"), platform_scope(""):
        pass


def test_only_listed_modules_work_across_tenants() -> None:
    assert set(callers_of_platform_scope()) == PLATFORM_MODULES


def callers_of_platform_scope() -> Iterator[str]:
    for room in ("accounts", "billing", "gateway", "policies", "providers", "routing"):
        for path in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
            named = {getattr(call.func, "id", getattr(call.func, "attr", "")) for call in calls}
            if "platform_scope" in named:
                yield path.relative_to(ROOT).as_posix()


# --- second wall ----------------------------------------------------------------------------------


def test_every_table_with_a_tenant_has_row_security_forced(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES_WITH_TENANT)
        found = cursor.fetchall()

    owned = {model._meta.db_table for model in OWNED}  # noqa: SLF001 - Django's documented meta API
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
            assert cursor.fetchall() == [(town.tenant.id,)], table
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

    assert told() == ("", "", "")
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


# --- both, interleaved ----------------------------------------------------------------------------


def test_two_hundred_interleaved_async_requests_never_mix(town: Town) -> None:
    towns = (town, make_town())
    expected = {place.tenant.slug: place.team.name for place in towns}

    async def ask(client: AsyncClient, place: Town) -> tuple[str, list[str]]:
        answer: Any = await client.get(
            "/api/v1/teams", headers={"X-Switchyard-Tenant": place.tenant.slug}
        )
        return place.tenant.slug, [row["name"] for row in answer.json()["data"]]

    async def ask_all() -> list[tuple[str, list[str]]]:
        clients = []
        for place in towns:
            client = AsyncClient()
            await sync_to_async(client.force_login)(place.people["owner"], backend=BACKEND)
            clients.append((client, place))
        return list(await asyncio.gather(*(ask(*clients[n % 2]) for n in range(200))))

    answers = async_to_sync(ask_all)()

    assert len(answers) == 200
    assert [answer for answer in answers if answer[1] != [expected[answer[0]]]] == []


def test_threads_of_two_tenants_never_mix(committed_db: None) -> None:
    towns = (make_town(), make_town())
    apis = [place.api("owner") for place in towns for _ in range(4)]

    def ask(number: int) -> bool:
        api: Api = apis[number % len(apis)]
        slug = api.headers["X-Switchyard-Tenant"]
        rows = api.get("teams").json()["data"]
        place = next(place for place in towns if place.tenant.slug == slug)
        connections.close_all()
        return [row["name"] for row in rows] == [place.team.name]

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert all(pool.map(ask, range(200)))


def test_a_bound_context_does_not_reach_a_sibling_task(town: Town) -> None:
    async def bind() -> Binding:
        def within() -> Binding:
            with tenant_scope(tenant_id=town.tenant.id):
                return current_binding()

        return await sync_to_async(within)()

    async def look() -> Binding:
        await asyncio.sleep(0)
        return current_binding()

    async def both() -> tuple[Binding, Binding]:
        bound, free = await asyncio.gather(bind(), look())
        return bound, free

    bound, free = async_to_sync(both)()

    assert bound.tenant_id == town.tenant.id
    assert free == Binding()


def test_team_names_repeat_across_tenants(town: Town) -> None:
    other = make_town()
    with platform_scope("test"):
        twin = TeamFactory(tenant=other.tenant, name=town.team.name)

    assert twin.name == town.team.name
