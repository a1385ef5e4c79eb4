"""Members, teams and invitations through the API."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connections
from django.utils import timezone

from accounts.access import superadmin_access
from accounts.actors import CLI
from accounts.errors import Invalid, Refused
from accounts.models import AuditEntry, Invite, Membership, TeamMember, User
from accounts.services.invites import accept_invite
from accounts.services.members import update_member
from accounts.tenancy import platform_scope, tenant_scope
from tests.accounts.world import Town, make_superadmin, make_town
from tests.factories.accounts import (
    PASSWORD,
    ApiKeyFactory,
    InviteFactory,
    MembershipFactory,
    UserFactory,
)

# --- members --------------------------------------------------------------------------------------


def test_members_are_listed_with_what_they_hold(town: Town) -> None:
    rows = town.api("admin").get("members").json()["data"]

    developer = next(row for row in rows if row["role"] == "developer" and row["key_count"])
    assert developer["key_count"] == 1
    assert developer["teams"] == [{"id": str(town.team.id), "name": town.team.name}]
    assert developer["user"] == {
        "id": str(town.people["developer"].id),
        "email": town.people["developer"].email,
        "display_name": town.people["developer"].display_name,
        "last_seen_at": None,
        "mfa_enabled": False,
    }


def test_members_are_found_by_name_role_and_status(town: Town) -> None:
    api, email = town.api("admin"), town.people["lead"].email

    assert [row["user"]["email"] for row in api.get(f"members?q={email}").json()["data"]] == [email]
    assert len(api.get("members?role=developer").json()["data"]) == 2
    assert api.get("members?status=disabled").json()["data"] == []


def test_an_admin_cannot_give_or_take_the_owner_role(town: Town) -> None:
    api = town.api("admin")

    for answer in (
        api.patch(f"members/{town.members['developer'].id}", {"role": "owner"}),
        api.patch(f"members/{town.members['owner'].id}", {"role": "developer"}),
        api.delete(f"members/{town.members['owner'].id}"),
        api.post("invites", {"email": "boss@example.test", "role": "owner"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "role_too_high")


def test_the_last_owner_stays(town: Town) -> None:
    api, path = town.api("owner"), f"members/{town.members['owner'].id}"

    for answer in (
        api.patch(path, {"role": "admin"}),
        api.patch(path, {"status": "disabled"}),
        api.delete(path),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_owner")


def test_an_owner_whose_account_is_off_does_not_count(town: Town) -> None:
    with platform_scope("test"):
        MembershipFactory(tenant=town.tenant, role="owner", user__is_active=False)

    answer = town.api("owner").delete(f"members/{town.members['owner'].id}")

    assert answer.json()["code"] == "last_owner"


def test_removing_a_member_disables_their_keys_in_one_audit_row(town: Town) -> None:
    town.api("developer").post("keys", {"name": "second"})
    api = town.api("owner")

    answer = api.delete(f"members/{town.members['developer'].id}")

    assert answer.json() == {"keys_disabled": 2}
    assert {row["status"] for row in api.get("keys").json()["data"]} == {"disabled"}
    (row,) = api.get("audit?object_type=member").json()["data"]
    assert row["action"] == "member.remove"
    assert len(row["after"]["keys_disabled"]) == 2


def test_keys_of_the_same_person_in_another_tenant_stay(town: Town) -> None:
    other = make_town()
    with platform_scope("test"):
        MembershipFactory(tenant=other.tenant, user=town.people["developer"])
        kept = ApiKeyFactory(tenant=other.tenant, owner=town.people["developer"])

    town.api("owner").delete(f"members/{town.members['developer'].id}")

    assert other.api("owner").get(f"keys/key_{kept.public_id}").json()["status"] == "active"


def test_two_owners_who_demote_each_other_leave_one(committed_db: None) -> None:
    town = make_town()
    with platform_scope("test"):
        second = MembershipFactory(tenant=town.tenant, role="owner")
    first = town.members["owner"]
    access = superadmin_access(tenant=town.tenant)

    def demote(member: Membership) -> str:
        with tenant_scope(tenant_id=town.tenant.id):
            try:
                update_member(
                    actor=CLI, access=access, member_id=member.id, changes={"role": "admin"}
                )
            except Refused as refused:
                return refused.code
        return "done"

    found = at_once([lambda: demote(first), lambda: demote(second)])

    assert sorted(found) == ["done", "last_owner"]


def at_once(calls: list[Callable[[], str]]) -> list[str]:
    """Every call in a thread and a connection of its own."""
    gate, found = threading.Barrier(len(calls)), []

    def run(call: Callable[[], str]) -> None:
        gate.wait()
        found.append(call())
        connections.close_all()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


# --- teams ----------------------------------------------------------------------------------------


def test_a_team_is_made_renamed_and_deleted(town: Town) -> None:
    api = town.api("admin")
    team = api.post("teams", {"name": "Core", "allowed_models": ["gpt-*"]}).json()

    renamed = api.patch(f"teams/{team['id']}", {"name": "Kernel", "parent": str(town.team.id)})

    assert renamed.json()["parent"] == {"id": str(town.team.id), "name": town.team.name}
    taken = api.patch(f"teams/{team['id']}", {"name": town.team.name})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    assert api.post("teams", {"name": "Kernel"}).json()["code"] == "name_taken"
    not_empty = api.delete(f"teams/{town.team.id}")
    assert (not_empty.status_code, not_empty.json()["code"]) == (409, "team_not_empty")
    assert api.delete(f"teams/{team['id']}").status_code == 204
    assert api.delete(f"teams/{town.team.id}").status_code == 204


def test_an_invitation_outlives_its_team(town: Town) -> None:
    api = town.api("admin")
    body = {"email": "x@example.test", "role": "developer", "team": str(town.team.id)}
    sent = api.post("invites", body).json()

    assert api.delete(f"teams/{town.team.id}").status_code == 204

    row = api.get(f"invites/{sent['id']}").json()
    assert (row["status"], row["team"]) == ("pending", None)


def test_a_team_does_not_stand_below_itself(town: Town) -> None:
    api = town.api("admin")
    below = api.post("teams", {"name": "Below", "parent": str(town.team.id)}).json()

    answer = api.patch(f"teams/{town.team.id}", {"parent": below["id"]})

    assert answer.json()["errors"][0]["field"] == "parent"
    nowhere = api.post("teams", {"name": "x", "parent": str(make_town().team.id)})
    assert nowhere.status_code == 404


def test_members_join_lead_and_leave_a_team(town: Town) -> None:
    api, path = town.api("admin"), f"teams/{town.team.id}/members"
    admin = str(town.people["admin"].id)

    assert api.post(path, {"user": admin}).json()["lead"] is False
    assert api.post(path, {"user": admin, "lead": True}).json()["lead"] is True
    assert api.post(path, {"user": admin, "lead": True}).status_code == 201
    assert len(api.get(path).json()["data"]) == 4
    assert api.delete(f"{path}/{admin}").status_code == 204
    assert api.delete(f"{path}/{admin}").status_code == 404
    assert api.post(path, {"user": str(make_superadmin().id)}).status_code == 404
    actions = [row["action"] for row in api.get("audit?action=team_member").json()["data"]]
    assert actions == ["team_member.delete", "team_member.update", "team_member.create"]


def test_people_see_the_teams_they_are_in(town: Town) -> None:
    town.api("admin").post("teams", {"name": "Elsewhere"})

    assert len(town.api("admin").get("teams?q=e").json()["data"]) == 2
    assert [row["name"] for row in town.api("developer").get("teams").json()["data"]] == [
        town.team.name
    ]


# --- invitations ----------------------------------------------------------------------------------


def invited(town: Town, **fields: Any) -> Any:
    answer = town.api("owner").post(
        "invites", {"email": "New@Example.test", "role": "developer", **fields}
    )
    assert answer.status_code == 201, answer.content
    return answer.json()


def token_of(invite: Any) -> str:
    token: str = invite["link"].partition("token=")[2]
    return token


def test_without_mail_the_link_is_shown_once(town: Town) -> None:
    invite = invited(town, team=str(town.team.id))

    assert invite["email_sent"] is False
    assert invite["link"].startswith("/accept-invite?token=")
    assert invite["team"] == {"id": str(town.team.id), "name": town.team.name}
    assert invite["invited_by"]["label"] == town.people["owner"].email
    assert "link" not in town.api("owner").get("invites?status=pending").json()["data"][0]
    assert token_of(invite) not in town.api("owner").get("audit").content.decode()


def test_with_mail_the_link_is_sent_and_not_shown(
    town: Town, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_URL = "smtp://mail.example.test"

    with django_capture_on_commit_callbacks(execute=True):
        invite = invited(town)

    assert (invite["email_sent"], invite["link"]) == (True, None)
    (letter,) = mail.outbox
    assert letter.to == ["new@example.test"]
    assert f"{settings.BASE_URL}/accept-invite?token=" in letter.body


def test_a_chinese_tenant_invites_in_chinese(
    town: Town, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_URL = "smtp://mail.example.test"
    town.api("owner").patch("tenant", {"locale": "zh-CN"})

    with django_capture_on_commit_callbacks(execute=True):
        invited(town)

    assert "邀请" in mail.outbox[0].subject


def test_one_address_has_one_open_invitation(town: Town) -> None:
    invited(town)
    api = town.api("owner")

    again = api.post("invites", {"email": "new@example.test", "role": "admin"})
    assert (again.status_code, again.json()["code"]) == (409, "invite_pending")
    member = api.post("invites", {"email": town.people["lead"].email, "role": "admin"})
    assert (member.status_code, member.json()["code"]) == (409, "already_member")
    elsewhere = api.post(
        "invites", {"email": "b@example.test", "role": "admin", "team": str(make_town().team.id)}
    )
    assert elsewhere.status_code == 404


def test_an_expired_invitation_makes_room(town: Town) -> None:
    invited(town)
    with platform_scope("test"):
        Invite.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    api = town.api("owner")
    assert len(api.get("invites?status=expired").json()["data"]) == 2
    assert api.get("invites?status=pending").json()["data"] == []
    invited(town)
    assert len(api.get("invites?status=revoked").json()["data"]) == 1


def test_resending_ends_the_link_before(town: Town) -> None:
    first = invited(town)
    api = town.api("owner")

    second = api.post(f"invites/{first['id']}/resend").json()

    with pytest.raises(Refused, match="names no invitation"):
        accept_invite(actor=CLI, token=token_of(first), user=None, password=PASSWORD)
    assert accept_invite(
        actor=CLI, token=token_of(second), user=None, password=PASSWORD
    ).user_created
    closed = api.post(f"invites/{first['id']}/resend")
    assert (closed.status_code, closed.json()["code"]) == (409, "invite_closed")


def test_a_revoked_invitation_cannot_be_accepted(town: Town) -> None:
    invite = invited(town)
    assert town.api("owner").post(f"invites/{invite['id']}/revoke").json()["status"] == "revoked"

    with pytest.raises(Refused) as refused:
        accept_invite(actor=CLI, token=token_of(invite), user=None, password=PASSWORD)

    assert refused.value.code == "invite_revoked"


def test_accepting_makes_account_membership_and_team_with_one_audit_row(town: Town) -> None:
    invite = invited(town, team=str(town.team.id))

    accepted = accept_invite(
        actor=CLI, token=token_of(invite), user=None, password=PASSWORD, display_name="New"
    )

    assert accepted.user.check_password(PASSWORD)
    assert accepted.tenant == town.tenant
    with platform_scope("test"):
        member = Membership.objects.get(user=accepted.user)
        assert (member.role, member.tenant) == ("developer", town.tenant)
        assert TeamMember.objects.filter(user=accepted.user, team=town.team).exists()
        row = AuditEntry.objects.get(action="invite.accept")
    assert (row.actor_type, row.actor_label) == ("user", "new@example.test")
    with pytest.raises(Refused) as refused:
        accept_invite(actor=CLI, token=token_of(invite), user=None, password=PASSWORD)
    assert refused.value.code == "invite_used"


def test_an_expired_link_says_so(town: Town) -> None:
    with platform_scope("test"):
        InviteFactory(tenant=town.tenant, token="late", expires_at=timezone.now())

    with pytest.raises(Refused) as refused:
        accept_invite(actor=CLI, token="late", user=None, password=PASSWORD)

    assert refused.value.code == "invite_expired"


def test_an_invitation_is_for_its_address_only(town: Town) -> None:
    invite = invited(town)
    someone = UserFactory()

    with pytest.raises(Refused) as other_person:
        accept_invite(actor=CLI, token=token_of(invite), user=someone)
    known = UserFactory(email="new@example.test")
    with pytest.raises(Refused) as signed_out:
        accept_invite(actor=CLI, token=token_of(invite), user=None, password=PASSWORD)

    assert {other_person.value.code, signed_out.value.code} == {"sign_in_required"}
    assert accept_invite(actor=CLI, token=token_of(invite), user=known).user == known


def test_a_weak_password_leaves_the_invitation_open(town: Town) -> None:
    invite = invited(town)

    with pytest.raises(Invalid) as refused:
        accept_invite(actor=CLI, token=token_of(invite), user=None, password="password1")

    assert {problem.field for problem in refused.value.problems} == {"password"}
    assert not User.objects.filter(email="new@example.test").exists()
    accepted = accept_invite(actor=CLI, token=token_of(invite), user=None, password=PASSWORD)
    assert accepted.user_created


def test_fifty_accepts_at_once_make_one_membership(committed_db: None) -> None:
    town = make_town()
    with platform_scope("test"):
        InviteFactory(tenant=town.tenant, token="popular", email="one@example.test")

    def accept() -> str:
        try:
            accept_invite(actor=CLI, token="popular", user=None, password=PASSWORD)
        except Refused as refused:
            return refused.code
        return "joined"

    found = at_once([accept] * 50)

    assert sorted(found) == ["invite_used"] * 49 + ["joined"]
    with platform_scope("test"):
        assert Membership.objects.filter(user__email="one@example.test").count() == 1
