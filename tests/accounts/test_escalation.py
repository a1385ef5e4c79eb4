"""Ways by which somebody could get more than their role holds, all closed."""

from typing import Any

import pytest

from accounts.models import ApiKey, Membership, Tenant
from accounts.tenancy import platform_scope
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.factories.accounts import ApiKeyFactory, MembershipFactory, TeamMemberFactory


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def management_key(town: Town, owner: str, *scopes: str, **fields: Any) -> ApiKey:
    with platform_scope("test"):
        key: ApiKey = ApiKeyFactory(
            tenant=town.tenant,
            owner=town.people[owner],
            kind=ApiKey.Kind.MANAGEMENT,
            scopes=list(scopes),
            **fields,
        )
    return key


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_lead_makes_no_key_that_acts_as_somebody_else(town: Town) -> None:
    """It would read what is the owner's own: `audit.read_own`, `key.create_own`."""
    for owner in ("owner", "developer"):
        answer = town.api("lead").post(
            "keys",
            {
                "name": "m",
                "kind": "management",
                "scopes": ["key.create_own"],
                "owner": str(town.people[owner].id),
                "team": str(town.team.id),
            },
        )
        assert refused(answer) == (403, "permission_denied")


@pytest.mark.parametrize("verb", ["rotate", "aws-pair", "clone", "enable", "patch"])
def test_a_lead_takes_over_no_management_key_of_the_team(town: Town, verb: str) -> None:
    key = management_key(town, "owner", "key.create_own", team=town.team)
    path, api = f"keys/key_{key.public_id}", town.api("lead")

    answer = api.patch(path, {"name": "z"}) if verb == "patch" else api.post(f"{path}/{verb}", {})

    assert refused(answer) == (403, "permission_denied")
    assert api.delete(path).status_code == 200  # stopping a key is always allowed


def test_a_lead_makes_keys_for_members_of_the_team_only(town: Town) -> None:
    body = {"name": "x", "team": str(town.team.id), "owner": str(town.people["admin"].id)}

    assert refused(town.api("lead").post("keys", body)) == (403, "permission_denied")
    with platform_scope("test"):
        TeamMemberFactory(team=town.team, user=town.people["admin"])
    assert town.api("lead").post("keys", body).status_code == 201


def test_a_clone_is_for_an_owner_who_may_still_have_one(town: Town) -> None:
    with platform_scope("test"):
        Membership.objects.filter(pk=town.members["developer"].pk).update(status="disabled")

    answer = town.api("owner").post(f"keys/key_{town.key.public_id}/clone", {})

    assert refused(answer) == (404, "not_found")


def test_a_clone_is_for_a_team_one_is_still_in(town: Town) -> None:
    developer = town.people["developer"].id
    assert town.api("owner").delete(f"teams/{town.team.id}/members/{developer}").status_code == 204

    answer = town.api("developer").post(f"keys/key_{town.key.public_id}/clone", {})

    assert refused(answer) == (403, "permission_denied")


def test_a_key_of_someone_gone_reads_not_even_what_every_member_may(town: Town) -> None:
    api = Api().with_key(management_key(town, "admin", "member.write").value)  # type: ignore[attr-defined]
    assert api.get("tenant").status_code == 200

    town.api("owner").patch(f"members/{town.members['admin'].id}", {"status": "disabled"})

    assert refused(api.get("tenant")) == (403, "permission_denied")


def test_a_superadmins_name_on_a_key_does_not_open_a_suspended_tenant(town: Town) -> None:
    superadmin = make_superadmin()
    with platform_scope("test"):
        MembershipFactory(tenant=town.tenant, user=superadmin)
    made = town.api("admin").post(
        "keys",
        {
            "name": "m",
            "kind": "management",
            "scopes": ["member.write"],
            "owner": str(superadmin.id),
        },
    )
    api = Api().with_key(made.json()["key"])
    invitation = {"email": "accomplice@example.test", "role": "admin"}
    assert Api().as_user(superadmin).post(f"tenants/{town.tenant.id}/suspend").status_code == 200

    assert refused(api.post("invites", invitation)) == (403, "tenant_suspended")
    assert api.get("members").status_code == 200


def test_a_suspended_tenant_takes_nobody_in(town: Town) -> None:
    sent = town.api("owner").post("invites", {"email": "new@example.test", "role": "developer"})
    token = sent.json()["link"].partition("token=")[2]
    with platform_scope("test"):
        Tenant.objects.filter(pk=town.tenant.pk).update(status=Tenant.Status.SUSPENDED)

    answer = Api().post(
        "/api/console/accept-invite", {"token": token, "password": "correct-horse-battery-9"}
    )

    assert refused(answer) == (403, "tenant_suspended")
