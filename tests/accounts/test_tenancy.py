"""The first wall between tenants: scopes in Python."""

from typing import Any, Final

import pytest
from django.apps import apps

from accounts.models import (
    ApiKey,
    Invite,
    Membership,
    Team,
    TeamMember,
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
from tests.accounts.world import Town, bound_in_database, make_town
from tests.factories.accounts import MembershipFactory

OWNED: Final = [model for model in apps.get_models() if issubclass(model, TenantOwned)]


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
        assert bound_in_database() == (str(town.tenant.id), "", "")
    assert current_binding() == Binding()
    assert bound_in_database() == ("", "", "")


def fail_in_platform_scope() -> None:
    with platform_scope("test"):
        assert Team.objects.count() == 2
        raise ZeroDivisionError


def test_platform_scope_wants_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"), platform_scope(""):
        pass
