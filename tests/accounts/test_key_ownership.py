"""Whose keys one may make and touch, and what a management key may ever do."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connections

from accounts import keys
from accounts.models import ApiKey, Membership, User
from accounts.tenancy import platform_scope
from tests.accounts.api import Api
from tests.accounts.world import Town, make_superadmin, make_town
from tests.factories.accounts import ApiKeyFactory, TeamMemberFactory

MASTER = "master-key-of-the-tests-0123456789abcdef"


def names(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.content
    return {row["name"] for row in answer.json()["data"]}


def managed(town: Town, owner: User, *scopes: str) -> Api:
    """A caller with a management key of that owner."""
    with platform_scope("test"):
        key = ApiKeyFactory(
            tenant=town.tenant, owner=owner, kind=ApiKey.Kind.MANAGEMENT, scopes=list(scopes)
        )
    return Api().with_key(key.value)


def test_developers_see_and_make_their_own_keys_only(town: Town) -> None:
    api = town.api("developer")
    town.api("admin").post("keys", {"name": "admins"})

    assert names(api.get("keys")) == {town.key.name}
    assert api.post("keys", {"name": "mine"}).json()["owner"]["email"] == (
        town.people["developer"].email
    )
    for owner in (None, str(town.people["admin"].id)):
        answer = api.post("keys", {"name": "not mine", "owner": owner})
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_lead_manages_the_keys_of_the_team(town: Town) -> None:
    api = town.api("lead")
    developer = str(town.people["developer"].id)

    assert names(api.get("keys")) == {town.key.name}
    made = api.post("keys", {"name": "theirs", "owner": developer, "team": str(town.team.id)})
    assert made.status_code == 201, made.content
    outside = api.post("keys", {"name": "theirs", "owner": developer})
    assert outside.status_code == 403


def test_an_owner_that_is_no_member_is_not_found(town: Town) -> None:
    stranger = make_town()

    for field, value in (
        ("owner", stranger.people["developer"].id),
        ("team", stranger.team.id),
    ):
        answer = town.api("owner").post("keys", {"name": "x", field: str(value)})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_key_cannot_be_given_to_a_team_one_is_not_in(town: Town) -> None:
    with platform_scope("test"):
        other = TeamMemberFactory(team__tenant=town.tenant, user=town.people["admin"]).team

    answer = town.api("developer").post("keys", {"name": "x", "team": str(other.id)})

    assert answer.status_code == 403


def test_an_unowned_key_is_made_by_those_who_manage_all_keys(town: Town) -> None:
    assert (
        town.api("admin").post("keys", {"name": "service", "owner": None}).json()["owner"] is None
    )


def test_a_management_key_names_scopes_and_an_owner(town: Town) -> None:
    api = town.api("admin")

    assert api.post("keys", {"name": "m", "kind": "management"}).json()["errors"][0]["field"] == (
        "scopes"
    )
    ownerless = api.post(
        "keys", {"name": "m", "kind": "management", "scopes": ["audit.read_all"], "owner": None}
    )
    assert ownerless.json()["errors"][0]["field"] == "owner"


def test_nobody_makes_a_management_key_that_holds_more_than_themselves(town: Town) -> None:
    answer = town.api("admin").post(
        "keys", {"name": "m", "kind": "management", "scopes": ["member.write", "tenant.delete"]}
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_too_wide")
    assert "tenant.delete" in answer.json()["detail"]


@pytest.mark.parametrize("verb", ["rotate", "clone", "enable", "patch"])
def test_an_admin_cannot_take_over_an_owners_management_key(town: Town, verb: str) -> None:
    owners = town.api("owner").post(
        "keys", {"name": "m", "kind": "management", "scopes": ["member.write_owner"]}
    )
    path = f"keys/{owners.json()['id']}"
    api = town.api("admin")

    answer = api.patch(path, {"name": "z"}) if verb == "patch" else api.post(f"{path}/{verb}", {})

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_too_wide")
    assert api.delete(path).status_code == 200  # stopping a key is always allowed


def test_a_management_key_works_within_its_scopes(town: Town) -> None:
    api = managed(town, town.people["owner"], "member.write")

    assert api.get("members").status_code == 200
    refused = api.get("audit")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert refused.json()["capability"] == "audit.read_all"


def test_the_use_of_a_management_key_is_noted_without_a_new_version(town: Town) -> None:
    api = managed(town, town.people["owner"], "member.write", "key.create_any")
    for _ in range(2):
        api.get("members")

    (row,) = api.get("keys?kind=management").json()["data"]

    assert row["last_used_at"] is not None
    assert row["version"] == 1


def test_a_management_key_loses_what_its_owner_loses_at_once(town: Town) -> None:
    api = managed(town, town.people["admin"], "member.write")
    assert api.get("members").status_code == 200

    town.api("owner").patch(f"members/{town.members['admin'].id}", {"role": "developer"})

    assert api.get("members").json()["code"] == "permission_denied"


@pytest.mark.parametrize("change", ["removed", "disabled", "inactive"])
def test_a_management_key_of_someone_gone_can_do_nothing(town: Town, change: str) -> None:
    api = managed(town, town.people["admin"], "member.write")
    member = f"members/{town.members['admin'].id}"
    if change == "removed":
        assert town.api("owner").delete(member).json() == {"keys_disabled": 1}
    elif change == "disabled":
        town.api("owner").patch(member, {"status": "disabled"})
    else:
        User.objects.filter(pk=town.people["admin"].pk).update(is_active=False)

    answer = api.get("members")

    assert answer.status_code == (401 if change == "removed" else 403), answer.content


def test_a_management_key_needs_no_step_up(town: Town) -> None:
    api = managed(town, town.people["owner"], "key.create_any", "key.create_own")

    assert api.post("keys", {"name": "from a script"}).status_code == 201


def test_a_key_makes_no_key_with_wider_scopes_than_its_own(town: Town) -> None:
    api = managed(town, town.people["owner"], "key.create_any")

    answer = api.post("keys", {"name": "m", "kind": "management", "scopes": ["member.write"]})

    assert answer.json()["code"] == "scope_too_wide"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"status": "disabled"}, 401, "key_disabled"),
        ({"status": "revoked"}, 401, "key_revoked"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 401, "key_expired"),
        ({"kind": "client"}, 403, "management_key_required"),
        ({"allowed_ips": ["192.0.2.0/24"]}, 403, "ip_not_allowed"),
        ({"denied_ips": ["198.51.100.0/24"]}, 403, "ip_not_allowed"),
    ],
)
def test_after_proof_of_possession_the_refusal_is_precise(
    town: Town, changes: dict[str, Any], status: int, code: str
) -> None:
    api = managed(town, town.people["owner"], "member.write")
    with platform_scope("test"):
        ApiKey.objects.filter(kind="management").update(**changes)

    answer = api.get("members")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_allowed_networks_let_the_key_in(town: Town) -> None:
    api = managed(town, town.people["owner"], "member.write")
    with platform_scope("test"):
        ApiKey.objects.filter(kind="management").update(allowed_ips=["198.51.100.0/24"])

    assert api.get("members").status_code == 200


def test_a_key_stays_in_its_tenant(town: Town) -> None:
    api = managed(town, town.people["owner"], "member.write")
    api.headers["X-Switchyard-Tenant"] = make_town().tenant.slug

    assert api.get("members").json()["code"] == "tenant_not_found"


def test_a_key_has_no_sessions(town: Town) -> None:
    api = managed(town, town.people["owner"], "member.write")

    assert api.get("sessions").json()["code"] == "session_required"


def test_a_superadmins_key_reaches_the_platform(town: Town) -> None:
    api = managed(town, make_superadmin(), "platform.tenants")

    assert api.get("tenants").status_code == 200
    assert api.get("users").json()["code"] == "permission_denied"


@pytest.mark.parametrize("header", ["Authorization", "x-api-key"])
def test_the_master_key_is_a_superadmin_everywhere(town: Town, header: str, settings: Any) -> None:
    settings.MASTER_API_KEY = MASTER
    api = Api(tenant=town.tenant)
    api.headers[header] = f"Bearer {MASTER}" if header == "Authorization" else MASTER

    assert api.get("tenants").status_code == 200
    made = api.post("/admin/api-keys", {"name": "by the master"})
    assert made.status_code == 201
    assert made.json()["created_by"] is None
    row = api.get("audit?action=key.create").json()["data"][0]
    assert row["actor"] == {"type": "master", "id": "master", "label": "master key"}


def test_the_master_key_needs_no_tenant_where_there_is_one_only(db: None, settings: Any) -> None:
    settings.MASTER_API_KEY = MASTER

    assert Api().with_key(MASTER).get("members").status_code == 200
    make_town()
    assert Api().with_key(MASTER).get("members").json()["code"] == "tenant_required"


def test_without_a_master_key_none_is_accepted(db: None, settings: Any) -> None:
    settings.MASTER_API_KEY = ""

    assert Api().with_key("").get("members").json()["code"] == "not_authenticated"
    assert Api().with_key(MASTER).get("members").json()["code"] == "invalid_api_key"


def test_a_wrong_key_beside_a_right_one_does_not_matter(town: Town) -> None:
    api = managed(town, town.people["owner"], "member.write")
    right = api.headers["Authorization"].removeprefix("Bearer ")
    api.headers |= {"Authorization": "Bearer wrong", "x-api-key": right}

    assert api.get("members").status_code == 200


def test_a_key_that_was_sent_decides_even_beside_a_session(town: Town) -> None:
    api = town.api("owner").with_key("sy-live-nonsense")

    answer = api.get("members")

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_api_key")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_guessing_gets_slow_while_a_valid_key_from_there_never_notices(town: Town) -> None:
    good = managed(town, town.people["owner"], "member.write")
    codes = [Api().with_key("sy-live-nonsense").get("members").json()["code"] for _ in range(32)]

    assert codes == ["invalid_api_key"] * 30 + ["rate_limited"] * 2
    assert good.get("members").status_code == 200


def test_a_session_needs_a_recent_proof_to_make_a_key(town: Town) -> None:
    stale = town.api("owner", proof_age=timedelta(minutes=11))

    answer = stale.post("keys", {"name": "x"})

    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    assert stale.get("keys").status_code == 200


def test_a_key_changes_owner_and_team_by_who_may(town: Town) -> None:
    path = f"keys/key_{town.key.public_id}"
    lead = str(town.people["lead"].id)

    refused = town.api("developer").patch(path, {"owner": lead})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert town.api("lead").patch(path, {"team": None}).status_code == 403
    given = town.api("admin").patch(path, {"owner": lead, "team": None}).json()
    assert (given["owner"]["id"], given["team"]) == (lead, None)


def test_scopes_of_a_key_are_checked_when_they_change(town: Town) -> None:
    api = town.api("admin")
    made = api.post("keys", {"name": "m", "kind": "management", "scopes": ["audit.read_all"]})
    path = f"keys/{made.json()['id']}"

    assert api.patch(path, {"scopes": ["member.write"]}).json()["scopes"] == ["member.write"]
    assert api.patch(path, {"scopes": ["sso.write"]}).json()["code"] == "scope_too_wide"
    assert api.patch(path, {"scopes": []}).json()["errors"][0]["field"] == "scopes"


def test_owners_of_disabled_memberships_get_no_new_keys(town: Town) -> None:
    with platform_scope("test"):
        Membership.objects.filter(pk=town.members["developer"].pk).update(status="disabled")

    answer = town.api("owner").post(
        "keys", {"name": "x", "owner": str(town.people["developer"].id)}
    )

    assert answer.status_code == 404


def test_who_leaves_meanwhile_keeps_no_key(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, gone, mint = make_town(), Event(), keys.mint
    developer, member = town.people["developer"], f"members/{town.members['developer'].id}"
    leaving = ThreadPoolExecutor(1)

    def leave() -> Any:
        try:
            return town.api("owner").delete(member).json()
        finally:
            gone.set()
            connections.close_all()

    def slow_mint(**wanted: Any) -> keys.MintedKey:
        # The owner was found a member; now the member leaves, or waits for this key.
        answers.append(leaving.submit(leave))
        gone.wait(timeout=1)
        return mint(**wanted)

    answers: list[Future[Any]] = []
    monkeypatch.setattr(keys, "mint", slow_mint)

    made = town.api("owner").post("keys", {"name": "ghost", "owner": str(developer.id)})

    assert made.status_code == 201
    assert answers[0].result() == {"keys_disabled": 2}
    leaving.shutdown()
